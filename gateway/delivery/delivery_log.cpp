#include "gateway/delivery/delivery_log.hpp"

#include <fmt/format.h>

#include <iterator>

namespace gateway {

namespace {

std::string_view status_of(Outcome::Result result) {
  switch (result) {
    case Outcome::Result::sent:
      return "sent";
    case Outcome::Result::failed:
      return "bounced";
    default:
      return "deferred";
  }
}

void append_delay(fmt::memory_buffer& out, double seconds) {
  if (seconds < 0.01) {
    out.push_back('0');
    return;
  }
  if (seconds >= 9.95) {
    fmt::format_to(std::back_inserter(out), "{:.0f}", seconds);
    return;
  }
  const int digits = seconds < 0.995 ? 2 : 1;
  fmt::format_to(std::back_inserter(out), "{:.{}f}", seconds, digits);
  while (out[out.size() - 1] == '0') out.resize(out.size() - 1);
  if (out[out.size() - 1] == '.') out.resize(out.size() - 1);
}

}  // namespace

std::string format_delay(double seconds) {
  fmt::memory_buffer out;
  append_delay(out, seconds);
  return fmt::to_string(out);
}

void log_active(Log& log, const ActiveMessage& message) {
  const Envelope& envelope = message.stored.envelope;
  const std::string sender = envelope.sender.to_string();
  const std::string size = std::to_string(envelope.size), count = std::to_string(envelope.recipients.size());
  const std::string text = fmt::format("from=<{}>, size={}, nrcpt={} (queue active)", sender, size, count);
  log.write(Program::qmgr, Level::info, "active", message.queue_id, text,
            {{"from", sender}, {"size", size, true}, {"nrcpt", count, true}});
}

void log_outcome(Log& log, Program program, const ActiveMessage& message, std::uint32_t recipient,
                 std::string_view relay, const Delays& delays) {
  const EnvelopeRecipient& to = message.stored.envelope.recipients[recipient];
  const Outcome& outcome = message.outcomes[recipient];
  const std::string address = to.address.to_string();
  fmt::memory_buffer parts;
  append_delay(parts, delays.before_queue);
  for (const double part : {delays.queue, delays.connect, delays.transmit}) {
    parts.push_back('/');
    append_delay(parts, part);
  }
  const std::string_view detail(parts.data(), parts.size());
  const std::string total = format_delay(delays.total());
  const std::string_view status = status_of(outcome.result);
  fmt::memory_buffer text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "to=<{}>, ", address);
  if (!to.original.empty()) fmt::format_to(out, "orig_to=<{}>, ", to.original);
  fmt::format_to(out, "relay={}, delay={}, delays={}, dsn={}, status={} ({})", relay, total, detail, outcome.dsn,
                 status, outcome.text);
  log.write(program, Level::info, status, message.queue_id, {text.data(), text.size()},
            {{"to", address},
             {"orig_to", to.original},
             {"relay", relay},
             {"delay", total, true},
             {"delays", detail},
             {"dsn", outcome.dsn},
             {"status", status},
             {"reply", outcome.text}});
}

void log_removed(Log& log, const ActiveMessage& message) {
  log.write(Program::qmgr, Level::info, "removed", message.queue_id, "removed");
}

void log_expired(Log& log, const ActiveMessage& message) {
  const std::string sender = message.stored.envelope.sender.to_string();
  log.write(Program::qmgr, Level::info, "expired", message.queue_id,
            "from=<" + sender + ">, status=expired, returned to sender", {{"from", sender}});
}

}  // namespace gateway
