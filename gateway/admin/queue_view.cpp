#include "gateway/admin/queue_view.hpp"

#include <algorithm>
#include <map>

namespace gateway {

namespace {

constexpr std::size_t most_domains = 20, most_messages = 50;

std::size_t age_column(std::chrono::microseconds age) {
  using std::chrono::hours;
  using std::chrono::minutes;
  return age < minutes(10) ? 0 : age < hours(1) ? 1 : age < hours(4) ? 2 : 3;
}

std::string_view state_word(MessageState state) {
  return state == MessageState::queued ? "queued" : state == MessageState::hold ? "hold" : "corrupt";
}

void count(QueuedDomain& domain, const Envelope& envelope, const EnvelopeRecipient& recipient, SystemTime now) {
  ++domain.recipients;
  ++domain.by_age[age_column(now - envelope.arrival)];
  if (domain.oldest == SystemTime{} || envelope.arrival < domain.oldest) domain.oldest = envelope.arrival;
  if (envelope.state == MessageState::queued &&
      (domain.next_try == SystemTime{} || envelope.next_try < domain.next_try))
    domain.next_try = envelope.next_try;
  if (!recipient.last_reply.empty()) domain.last_reply = recipient.last_reply;
}

QueuedMessage show(const Envelope& envelope) {
  QueuedMessage message;
  message.id = to_string(envelope.id);
  message.sender = envelope.sender.to_string();
  message.state = state_word(envelope.state);
  message.size = envelope.size;
  message.attempts = envelope.attempts;
  message.arrival = envelope.arrival;
  message.next_try = envelope.next_try;
  for (const auto& recipient : envelope.recipients) {
    if (recipient.state != RecipientState::pending) continue;
    if (++message.recipients > 1) continue;
    message.recipient = recipient.address.to_string();
    message.last_reply = recipient.last_reply;
  }
  return message;
}

}  // namespace

QueueView view_queue(Spool& spool, SystemTime now, std::uint64_t most_looked_at) {
  QueueView view;
  std::map<std::string, QueuedDomain> domains;
  spool.for_each([&](const Envelope& envelope) {
    if (view.looked_at == most_looked_at) {
      view.is_whole = false;
      return false;
    }
    ++view.looked_at;
    for (const auto& recipient : envelope.recipients)
      if (recipient.state == RecipientState::pending)
        count(domains[lookup::ascii_lower(recipient.address.domain)], envelope, recipient, now);
    if (view.messages.size() < most_messages) view.messages.push_back(show(envelope));
    return true;
  });
  for (auto& [name, domain] : domains) {
    domain.domain = name;
    view.domains.push_back(std::move(domain));
  }
  std::stable_sort(view.domains.begin(), view.domains.end(),
                   [](const auto& a, const auto& b) { return a.recipients > b.recipients; });
  if (view.domains.size() > most_domains) view.domains.resize(most_domains);
  return view;
}

}  // namespace gateway
