// The mail transaction of PeerSession: MAIL, RCPT, DATA, content and verdicts.
#include <algorithm>

#include "gateway/delivery/outbound_content.hpp"
#include "gateway/delivery/peer_commands.hpp"
#include "gateway/delivery/peer_session.hpp"

namespace gateway {

namespace {

constexpr std::size_t pipelined_octets = 16384;  // fits in any socket buffer: nobody waits for the other to read
constexpr std::size_t joined_content = 65536;    // content below this is copied into one write with its final dot
constexpr std::size_t block = 65536;

}  // namespace

struct PeerSession::Transaction {
  const ActiveMessage& message;
  const std::vector<std::uint32_t>& recipients;
  std::vector<Outcome>& outcomes;
  std::vector<std::size_t> accepted = {};  // places in `recipients`
  bool mail_refused = false;
  bool data_accepted = false;
  bool heard = false;  // at least one reply came
  bool closing = false;

  bool all_decided() const {
    return std::all_of(outcomes.begin(), outcomes.end(),
                       [](const Outcome& each) { return each.result != Outcome::Result::undecided; });
  }
  void decide_rest(const Outcome& outcome) const {
    for (Outcome& each : outcomes)
      if (each.result == Outcome::Result::undecided) each = outcome;
  }
};

asio::awaitable<bool> PeerSession::send(const ActiveMessage& message, const std::vector<std::uint32_t>& recipients,
                                        std::vector<Outcome>& outcomes) {
  const bool reused = std::exchange(used_before_, true);
  outcomes.assign(recipients.size(), {});
  Transaction transaction{message, recipients, outcomes};
  if (auto unsuited = refuse_unsuited(message.stored.envelope)) {
    transaction.decide_rest(*unsuited);
    co_return true;
  }
  const bool complete = co_await converse(transaction);
  if (!complete) {
    if (reused && !transaction.heard) co_return false;
    transaction.decide_rest(broken());
    co_return true;
  }
  if (transaction.closing && reused && transaction.mail_refused && !is_open()) {
    // "421 idle too long" said to the first command of a kept connection is no verdict on this message.
    co_return false;
  }
  if (transaction.data_accepted) {
    needs_reset_ = false;
    const bool sent = co_await send_content(message);
    if (sent) {
      co_await read_verdicts(transaction);
    } else {
      transaction.decide_rest(broken());
    }
  }
  if (transaction.closing) quit();
  // The deadline of the last phase must not fire while the session waits for more mail.
  if (is_open()) connection_.never_expire();
  co_return true;
}

std::optional<Outcome> PeerSession::refuse_unsuited(const Envelope& envelope) const {
  if (envelope.smtputf8 && !offers_.smtputf8)
    return Outcome{Outcome::Result::failed,
                   "5.6.7",
                   "SMTPUTF8 is required, but was not offered by host " + name_,
                   peer_.host,
                   {},
                   false};
  if (offers_.size && *offers_.size > 0 && envelope.size > *offers_.size)
    return Outcome{Outcome::Result::failed,
                   "5.3.4",
                   "message size " + std::to_string(envelope.size) + " exceeds size limit " +
                       std::to_string(*offers_.size) + " of server " + name_,
                   peer_.host,
                   {},
                   false};
  return std::nullopt;
}

asio::awaitable<bool> PeerSession::converse(Transaction& transaction) {
  const Envelope& envelope = transaction.message.stored.envelope;
  const OutboundForm* const form = outbound_form(transaction.message);
  const auto name_recipient = [&](std::uint32_t at) {
    const auto& recipient = envelope.recipients[at];
    append_rcpt_command(recipient, form != nullptr ? form->recipients[at] : recipient.address, offers_, wire_);
  };
  const std::size_t count = transaction.recipients.size();
  std::vector<Step> asked;  // of the group on its way
  std::size_t next = 0, replied = 0;
  wire_.clear();
  asked.reserve(count + 3);
  if (needs_reset_) {
    wire_ += "RSET\r\n";
    asked.push_back(Step::rset);
  }
  append_mail_command(envelope, form != nullptr ? form->sender : envelope.sender, offers_, wire_);
  asked.push_back(Step::mail);
  needs_reset_ = true;
  for (bool data_asked = false;;) {
    if (offers_.pipelining) {
      for (; next < count && wire_.size() < pipelined_octets; ++next) {
        name_recipient(transaction.recipients[next]);
        asked.push_back(Step::rcpt);
      }
      if (next == count && wire_.size() < pipelined_octets && !data_asked) {
        wire_ += "DATA\r\n";
        asked.push_back(Step::data);
        data_asked = true;
      }
    }
    enter(asked.front() == Step::rcpt ? Phase::rcpt : asked.front() == Step::data ? Phase::data : Phase::mail);
    const std::error_code error = co_await connection_.write(wire_);
    if (error) {
      fail(error);
      co_return false;
    }
    wire_.clear();
    for (std::size_t at = 0; at < asked.size(); ++at) {
      const Step step = asked[at];
      enter(step == Step::rcpt ? Phase::rcpt : step == Step::data ? Phase::data : Phase::mail);
      PeerReply reply;
      if (!take_buffered(reply)) {
        const bool read = co_await read_reply(reply);
        if (!read) co_return false;
      }
      transaction.heard = true;
      note(transaction, step, replied, std::move(reply));
      if (step == Step::rcpt) ++replied;
      if (!is_open()) co_return true;
    }
    asked.clear();
    const bool hopeless = transaction.mail_refused || (replied == count && transaction.accepted.empty());
    if (hopeless || data_asked) break;
    if (!offers_.pipelining) {
      if (next < count) {
        name_recipient(transaction.recipients[next++]);
        asked.push_back(Step::rcpt);
      } else {
        wire_ += "DATA\r\n";
        asked.push_back(Step::data);
        data_asked = true;
      }
    }
  }
  if (transaction.data_accepted && transaction.accepted.empty()) {
    // DATA was pipelined and the server waits for content although it took no recipient: give it none.
    transaction.data_accepted = false;
    PeerReply ignored;
    const bool answered = co_await ask(".\r\n", ignored);
    if (!answered) connection_.close();
  }
  co_return true;
}

void PeerSession::note(Transaction& transaction, Step step, std::size_t recipient, PeerReply reply) {
  const bool leaving = reply.code == 421;
  switch (step) {
    case Step::rset:
      break;
    case Step::mail:
      if (reply.code / 100 != 2) {
        transaction.mail_refused = true;
        transaction.decide_rest(outcome_of(reply, Phase::mail));
      }
      break;
    case Step::rcpt: {
      Outcome& outcome = transaction.outcomes[recipient];
      if (outcome.result != Outcome::Result::undecided) break;
      if (reply.code / 100 == 2) {
        transaction.accepted.push_back(recipient);
      } else {
        outcome = outcome_of(reply, Phase::rcpt);
        // RFC 5321 4.5.3.1.10: 552 for too many recipients means 452.
        if (reply.code == 552 && !transaction.accepted.empty()) {
          outcome.result = Outcome::Result::deferred;
          outcome.dsn[0] = '4';
        }
      }
      break;
    }
    case Step::data:
      if (reply.code == 354) {
        transaction.data_accepted = true;
      } else if (reply.code / 100 != 2) {
        transaction.decide_rest(outcome_of(reply, Phase::data));
      } else {
        Outcome strange = outcome_of(reply, Phase::data);
        strange.result = Outcome::Result::deferred;
        strange.dsn = "4.5.0";
        strange.text = "host " + name_ + " said: " + strange.reply + " (in reply to DATA command)";
        transaction.decide_rest(strange);
        connection_.close();
      }
      break;
  }
  if (!leaving) return;
  transaction.closing = true;
  Outcome outcome = outcome_of(reply, step == Step::rcpt   ? Phase::rcpt
                                      : step == Step::data ? Phase::data
                                                           : Phase::mail);
  transaction.decide_rest(outcome);
  transaction.data_accepted = false;
  connection_.close();
}

const OutboundForm* PeerSession::outbound_form(const ActiveMessage& message) const {
  // generic(5) is for SMTP; a mailbox server reached by LMTP belongs to us.
  return wishes_->route.protocol == config::Protocol::smtp ? message.outbound.get() : nullptr;
}

asio::awaitable<bool> PeerSession::send_content(const ActiveMessage& message) {
  enter(Phase::content);
  const Content& content = *message.stored.content;
  const OutboundForm* const form = outbound_form(message);
  const std::string_view whole = content.in_memory();
  std::error_code error;
  wire_.clear();
  if (form == nullptr && !whole.empty() && is_clean_for_wire(whole)) {
    if (whole.size() <= joined_content) {
      wire_.reserve(whole.size() + 3);
      wire_ = whole;
    } else {
      error = co_await connection_.write(whole);
    }
    wire_ += ".\r\n";
  } else {
    OutboundContent encoder;
    std::string piece(block, '\0');
    if (form != nullptr) encoder.append(form->header, wire_);
    for (std::uint64_t offset = form != nullptr ? form->header_size : 0; !error;) {
      const std::int64_t got = content.read(offset, piece.data(), piece.size());
      if (got == 0) break;
      if (got < 0) {
        // Closing without the final dot makes the server forget what it has.
        connection_.close();
        problem_ = "the message content cannot be read";
        problem_dsn_ = "4.3.0";
        co_return false;
      }
      offset += static_cast<std::uint64_t>(got);
      encoder.append(std::string_view(piece.data(), static_cast<std::size_t>(got)), wire_);
      enter(Phase::content);
      error = co_await connection_.write(wire_);
      wire_.clear();
    }
    encoder.end(wire_);
  }
  if (!error) {
    enter(Phase::end_of_data);
    error = co_await connection_.write(wire_);
  }
  if (wire_.capacity() > 2 * block) wire_ = {};
  if (error) fail(error);
  co_return !error;
}

asio::awaitable<void> PeerSession::read_verdicts(Transaction& transaction) {
  const bool lmtp = wishes_->route.protocol == config::Protocol::lmtp;
  std::size_t replies = lmtp ? transaction.accepted.size() : 1;
  for (std::size_t at = 0; at < replies; ++at) {
    enter(Phase::end_of_data);
    PeerReply reply;
    const bool read = co_await read_reply(reply);
    if (!read) {
      transaction.decide_rest(broken());
      co_return;
    }
    const Outcome outcome = outcome_of(reply, Phase::end_of_data);
    if (reply.code == 421) transaction.closing = true;
    if (lmtp) {
      transaction.outcomes[transaction.accepted[at]] = outcome;
    } else {
      for (const std::size_t place : transaction.accepted) transaction.outcomes[place] = outcome;
    }
  }
}

}  // namespace gateway
