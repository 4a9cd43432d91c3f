#include "gateway/cli/queue_filter.hpp"

#include <algorithm>
#include <charconv>

namespace gateway::cli {

namespace {

bool address_matches(const lookup::Address& address, const std::string& pattern) {
  if (pattern == "<>") return address.is_null();
  const std::string wanted = lookup::ascii_lower(pattern);
  if (wanted.starts_with('@')) return lookup::ascii_lower(address.domain) == std::string_view(wanted).substr(1);
  return lookup::ascii_lower(address.to_string()) == wanted;
}

template <typename Condition>
bool any_waiting(const Envelope& envelope, Condition condition) {
  return std::any_of(envelope.recipients.begin(), envelope.recipients.end(), [&](const EnvelopeRecipient& recipient) {
    return recipient.state == RecipientState::pending && condition(recipient);
  });
}

bool state_matches(const Envelope& envelope, std::string_view wanted) {
  return state_of(envelope) == wanted || (wanted == "queued" && envelope.state == MessageState::queued);
}

}  // namespace

std::string_view state_of(const Envelope& envelope) {
  if (envelope.state == MessageState::hold) return "hold";
  if (envelope.state == MessageState::corrupt) return "corrupt";
  return envelope.attempts > 0 ? "deferred" : "queued";
}

bool QueueFilter::is_empty() const {
  return ids.empty() && sender.empty() && recipient.empty() && domain.empty() && route.empty() && reason.empty() &&
         state.empty() && !older_than;
}

bool QueueFilter::matches(const Envelope& envelope, SystemTime now) const {
  if (!ids.empty() && std::find(ids.begin(), ids.end(), envelope.id) == ids.end()) return false;
  if (!state.empty() && !state_matches(envelope, state)) return false;
  if (older_than && now - envelope.arrival < *older_than) return false;
  if (!sender.empty() && !address_matches(envelope.sender, sender)) return false;
  if (!recipient.empty() &&
      !any_waiting(envelope, [&](const auto& waiting) { return address_matches(waiting.address, recipient); }))
    return false;
  if (!domain.empty()) {
    const std::string wanted = lookup::ascii_lower(domain);
    if (!any_waiting(envelope,
                     [&](const auto& waiting) { return lookup::ascii_lower(waiting.address.domain) == wanted; }))
      return false;
  }
  if (!reason.empty()) {
    const std::string wanted = lookup::ascii_lower(reason);
    if (!any_waiting(envelope, [&](const auto& waiting) {
          return lookup::ascii_lower(waiting.last_reply).find(wanted) != std::string::npos;
        }))
      return false;
  }
  return route.empty() ||
         any_waiting(envelope, [&](const auto& waiting) { return route_of(waiting.address.domain) == route; });
}

std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || count > 100'000'000) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty() || unit == "s") return std::chrono::seconds{count};
  if (unit == "m") return std::chrono::minutes{count};
  if (unit == "h") return std::chrono::hours{count};
  if (unit == "d") return std::chrono::hours{24 * count};
  if (unit == "w") return std::chrono::hours{7 * 24 * count};
  return std::nullopt;
}

}  // namespace gateway::cli
