#pragma once

#include <string>
#include <vector>

#include "tests/gateway/smtp_world.hpp"

namespace gateway::testing {

/// One file of a dialogue. The first line says in a sentence what it shows; `# key: value` sets up the world.
///   C: text     the client sends text CRLF; neighbouring C: lines go out in one write
///               \r \n \t \0 \\ \xNN are escapes; \c at the end: no CRLF
///   S: text     the server's next line; "S: <closed>" means that it hung up
///   L: text     a line of the log, in order, others may stand between them
///   M: text     a line that the one accepted message contains, in order
/// Queue IDs, dates and ports are compared as ID, DATE and PORT.
struct Transcript {
  struct Step {
    char who = '#';
    std::string text;
  };
  Wishes wishes;
  std::vector<Step> steps;
};

Transcript read_transcript(const std::string& path);
void write_transcript(const std::string& path, const Transcript& transcript);

/// Plays it against a new server. Returns it with what really came; equal to the original when all is well.
Transcript play(const Transcript& transcript);

}  // namespace gateway::testing
