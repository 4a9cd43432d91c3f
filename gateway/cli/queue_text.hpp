#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "gateway/spool/envelope.hpp"

namespace gateway::cli {

/// Appends `text` as a JSON string; octets that are not UTF-8 become U+FFFD.
void append_json(std::string& into, std::string_view text);

/// Appends `text` so that a terminal takes no orders from it: control characters become "?".
void append_printable(std::string& into, std::string_view text);

/// "2026-11-21T22:08:11Z".
std::string utc_text(SystemTime time);

/// "Sat Nov 21 22:08:11", local time.
std::string local_text(SystemTime time);

/// The message as mailq shows it, with an empty line behind it; appended.
/// `active`: it is being delivered now. The ID is marked with "*" then, "!" when held, "#" when expired by an operator.
void append_mailq(std::string& into, const Envelope& envelope, bool active = false);
std::string_view mailq_header();
std::string mailq_total(std::uint64_t messages, std::uint64_t bytes);

/// The message as one line of JSON; appended.
void append_json_line(std::string& into, const Envelope& envelope);

/// Standard output behind a large buffer. A reader that went away (head) is not an error to speak of.
class Output {
 public:
  ~Output() { flush(); }
  std::string& text() { return text_; }
  /// Writes when much has gathered. False when nobody reads any more.
  bool step() { return text_.size() < 262144 || flush(); }
  bool flush();

 private:
  std::string text_;
  bool open_ = true;
};

}  // namespace gateway::cli
