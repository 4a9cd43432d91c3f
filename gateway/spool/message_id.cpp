#include "gateway/spool/message_id.hpp"

#include <atomic>
#include <charconv>
#include <chrono>

namespace gateway {

namespace {

std::atomic<std::uint64_t> last_given{0};

}  // namespace

std::string to_string(MessageId id) {
  char text[17];
  auto [end, error] = std::to_chars(text, text + sizeof text, id.value, 16);
  std::string result(text, end);
  for (char& digit : result)
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
  return result;
}

std::optional<MessageId> parse_message_id(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return MessageId{value};
}

MessageId next_message_id() {
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  std::uint64_t last = last_given.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = now > last ? now : last + 1;
  } while (!last_given.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return {next};
}

void raise_message_id_floor(MessageId highest) {
  std::uint64_t last = last_given.load(std::memory_order_relaxed);
  while (last < highest.value && !last_given.compare_exchange_weak(last, highest.value, std::memory_order_relaxed)) {
  }
}

}  // namespace gateway
