#include "gateway/smtp/transaction.hpp"

#include <iterator>

namespace gateway {

void merge(policy::Effects& into, policy::Effects&& from) {
  const auto append = [](std::vector<std::string>& to, std::vector<std::string>& more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  if (from.hold && !into.hold) into.hold_reason = std::move(from.hold_reason);
  if (from.discard && !into.discard) into.discard_reason = std::move(from.discard_reason);
  into.hold |= from.hold;
  into.discard |= from.discard;
  append(into.prepend, from.prepend);
  append(into.bcc, from.bcc);
  // As in Postfix, the last one wins.
  if (!from.filter.empty()) into.filter = std::move(from.filter);
  if (!from.redirect.empty()) into.redirect = std::move(from.redirect);
}

Envelope build_envelope(const Transaction& transaction, const policy::Facts& facts) {
  Envelope envelope;
  envelope.id = transaction.id;
  envelope.arrival = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  envelope.next_try = envelope.arrival;
  envelope.sender = transaction.sender;
  envelope.recipients = transaction.recipients;
  envelope.state = transaction.effects.hold ? MessageState::hold : MessageState::queued;
  envelope.smtputf8 = transaction.mail.smtputf8;
  envelope.eight_bit = transaction.mail.eight_bit;
  envelope.require_tls = transaction.mail.require_tls;
  envelope.envid = transaction.mail.envid;
  envelope.ret = transaction.mail.ret;
  envelope.client_name = facts.client_name;
  envelope.client_address = facts.client_address.to_string();
  envelope.helo = facts.helo;
  envelope.protocol = facts.protocol;
  envelope.login = facts.login;
  envelope.filter = transaction.effects.filter;
  envelope.redirect = transaction.effects.redirect;
  return envelope;
}

}  // namespace gateway
