// What Session tells the postmaster of a dialogue that went wrong.
#include <fmt/core.h>

#include <atomic>
#include <ctime>

#include "gateway/net/awaited.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds storage_limit{60};
constexpr std::chrono::milliseconds between_notices{1000};

/// While a directory is away, every session fails alike: one notice a second tells it, the log tells all.
bool is_one_too_many() {
  static std::atomic<std::int64_t> next{0};
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::int64_t allowed = next.load();
  return now < allowed || !next.compare_exchange_strong(allowed, now + between_notices.count());
}

std::string mail_date(SystemTime when) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(when));
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S %z (%Z)", &local)};
}

}  // namespace

Session::Done Session::tell_postmaster(std::string reason) {
  if (is_one_too_many()) co_return;
  const config::Config& config = parts_->config();
  Envelope envelope;
  envelope.id = next_message_id();
  envelope.arrival = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  // A notice that cannot be delivered is dropped: this sender makes no bounces.
  envelope.sender = {"double-bounce", config.myorigin};
  EnvelopeRecipient to;
  to.address = lookup::split_address(config.notify.error);
  if (to.address.domain.empty()) to.address.domain = config.myorigin;
  const std::string id = to_string(envelope.id), date = mail_date(envelope.arrival);
  const std::string content = fmt::format(
      "Received: by {0} (Gatepost)\r\n\tid {1}; {2}\r\nDate: {2}\r\nFrom: MAILER-DAEMON@{3} (Mail Delivery System)\r\n"
      "To: {4}\r\nSubject: Gatepost SMTP server: errors from {5}\r\nAuto-Submitted: auto-generated\r\n"
      "Message-Id: <{1}@{0}>\r\n\r\n{6}",
      config.hostname, id, date, config.myorigin, to.address.to_string(), client_, transcript_.text(reason));
  envelope.recipients.push_back(std::move(to));
  envelope.size = content.size();
  auto writer = parts_->spool.new_content(envelope.id);
  if (!writer || !writer->append(content)) co_return;
  Awaited<tl::expected<StoredMessage, SpoolError>> storing(parts_->shard.loop());
  parts_->spool.store(std::move(envelope), std::move(writer), storing.callback_from_any_thread());
  auto stored = co_await storing.wait(storage_limit);
  if (!stored || !*stored) co_return;
  parts_->log.write(Program::smtpd, Level::info, "notification", id,
                    fmt::format("postmaster notification: errors from {}", client_), {{"client", client_}});
  parts_->queue.accept(std::move(**stored), {});
}

}  // namespace gateway
