#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "gateway/spool/envelope.hpp"

namespace gateway {

/// What a journal keeps of a message: the envelope in words and the message itself as an attachment, in the form that
/// archives know from Exchange. Written around the content: head, content, tail.
struct JournalReport {
  std::string hostname, myorigin, journal;
  std::string message_id;  // of the message, with <>
  const Envelope* envelope = nullptr;
  std::vector<const EnvelopeRecipient*> recipients;  // after expansion
  std::time_t time = 0;
};

/// CRLF line ends. Nothing that a sender wrote can add a line.
std::string journal_head(const JournalReport& report);
std::string journal_tail(const JournalReport& report);

}  // namespace gateway
