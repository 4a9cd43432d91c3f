#include "gateway/cli/queue_text.hpp"

#include <fmt/core.h>

#include <ctime>
#include <iterator>

#include "gateway/cli/queue_filter.hpp"

namespace gateway::cli {

namespace {

constexpr std::size_t reason_column = 76;
constexpr std::size_t address_column = 42;

// The length of the well-formed UTF-8 sequence at the front, 0 when there is none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto octet = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (octet(i) & 0xc0U) == 0x80U; };
  const unsigned first = octet(0), second = octet(1);
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::time_t seconds_of(SystemTime time) {
  return static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

void append_reason(std::string& into, std::string_view reason) {
  if (reason.size() + 2 < reason_column) into.append(reason_column - reason.size() - 2, ' ');
  into += '(';
  append_printable(into, reason);
  into += ")\n";
}

std::string name_of(const lookup::Address& address) {
  return address.is_null() ? "MAILER-DAEMON" : address.to_string();
}

}  // namespace

void append_json(std::string& into, std::string_view text) {
  into += '"';
  while (!text.empty()) {
    const auto first = static_cast<std::uint8_t>(text.front());
    std::size_t length = 1;
    if (first == '"' || first == '\\') {
      into += '\\';
      into += text.front();
    } else if (first < 0x20 || first == 0x7f) {
      fmt::format_to(std::back_inserter(into), "\\u{:04x}", first);
    } else if (first < 0x80) {
      into += text.front();
    } else if (length = utf8_length(text); length != 0) {
      into += text.substr(0, length);
    } else {
      into += "\xef\xbf\xbd";
      length = 1;
    }
    text.remove_prefix(length);
  }
  into += '"';
}

void append_printable(std::string& into, std::string_view text) {
  for (const char octet : text) into += static_cast<std::uint8_t>(octet) < 0x20 || octet == 0x7f ? '?' : octet;
}

std::string utc_text(SystemTime time) {
  const std::time_t seconds = seconds_of(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string local_text(SystemTime time) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = seconds_of(time);
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return "?";
  return fmt::format("{} {} {:>2} {:02}:{:02}:{:02}", days[parts.tm_wday], months[parts.tm_mon], parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string_view mailq_header() {
  return "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n";
}

void append_mailq(std::string& into, const Envelope& envelope, bool active) {
  std::string id = to_string(envelope.id);
  if (envelope.state == MessageState::hold)
    id += '!';
  else if (active)
    id += '*';
  else if (envelope.expired)
    id += '#';
  // Our IDs are longer than the header's column: the size gives them its padding, so that the rest stays in line.
  const std::size_t width = id.size() < 19 ? 20 - id.size() : 2;
  fmt::format_to(std::back_inserter(into), "{}{:>{}} {:<20} ", id, envelope.size, width, local_text(envelope.arrival));
  if (envelope.state == MessageState::corrupt) {
    into += "(record damaged)\n\n";
    return;
  }
  append_printable(into, name_of(envelope.sender));
  into += '\n';
  std::string_view reason;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.state != RecipientState::pending) continue;
    if (!recipient.last_reply.empty() && recipient.last_reply != reason)
      append_reason(into, reason = recipient.last_reply);
    into.append(address_column, ' ');
    append_printable(into, recipient.address.to_string());
    into += '\n';
  }
  if (envelope.state == MessageState::queued && envelope.attempts > 0)
    append_reason(into, fmt::format("next try {}", local_text(envelope.next_try)));
  into += '\n';
}

std::string mailq_total(std::uint64_t messages, std::uint64_t bytes) {
  if (messages == 0) return "Mail queue is empty\n";
  return fmt::format("-- {} Kbytes in {} Request{}.\n", bytes / 1024, messages, messages == 1 ? "" : "s");
}

void append_json_line(std::string& into, const Envelope& envelope) {
  fmt::format_to(std::back_inserter(into), R"({{"id":"{}","state":"{}","size":{},"arrival":"{}","sender":)",
                 to_string(envelope.id), state_of(envelope), envelope.size, utc_text(envelope.arrival));
  append_json(into, envelope.sender.to_string());
  into += R"(,"recipients":[)";
  bool first = true;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.state != RecipientState::pending) continue;
    into += first ? R"({"address":)" : R"(,{"address":)";
    first = false;
    append_json(into, recipient.address.to_string());
    into += R"(,"reason":)";
    append_json(into, recipient.last_reply);
    into += '}';
  }
  into += R"(],"next_try":)";
  into += envelope.state == MessageState::queued ? '"' + utc_text(envelope.next_try) + '"' : "null";
  fmt::format_to(std::back_inserter(into), R"(,"attempts":{}}})", envelope.attempts);
  into += '\n';
}

bool Output::flush() {
  if (open_ && !text_.empty()) open_ = std::fwrite(text_.data(), 1, text_.size(), stdout) == text_.size();
  if (open_) open_ = std::fflush(stdout) == 0;
  text_.clear();
  return open_;
}

}  // namespace gateway::cli
