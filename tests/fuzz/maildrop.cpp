#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gateway/submission/message_text.hpp"
#include "gateway/submission/submission.hpp"

// What programs of this machine hand in: files of the maildrop folder and message headers, from any octets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 65536) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto submission = gateway::parse_maildrop_text(text)) {
    if (submission->recipients.empty() || !gateway::is_sayable(submission->sender)) std::abort();
    const auto again = gateway::parse_maildrop_text(gateway::to_maildrop_text(*submission));
    if (!again || again->recipients != submission->recipients || again->content != submission->content) std::abort();
  }
  auto content = gateway::with_crlf(text);
  if (content.find("\n\n") != std::string::npos || content.find("\r\r") != std::string::npos) std::abort();
  gateway::take_header_recipients(content);
  gateway::fill_header(content, {"a@example.com", "today", "<1@example.com>"});
  if (content.find("\r\n\r\n") == std::string::npos && !content.starts_with("\r\n")) std::abort();
  for (const auto& address : gateway::addresses_of_header(text))
    if (address.empty()) std::abort();
  return 0;
}
