#include "gateway/submission/maildrop_pickup.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/delivery/bounce.hpp"
#include "gateway/spool/content.hpp"
#include "gateway/submission/door.hpp"
#include "gateway/submission/maildrop.hpp"
#include "gateway/submission/submit.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds longest_wait{600};
constexpr std::size_t file_limit = std::size_t{1} << 30;

tl::expected<std::string, std::string> read_file(const std::string& path) {
  // A link could name any file that the daemon may read.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const auto fail = [&](std::string why) {
    if (file >= 0) ::close(file);
    return tl::unexpected(std::move(why));
  };
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0) return fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1) return fail("it is not a plain file of its own");
  if (static_cast<std::uint64_t>(status.st_size) > file_limit) return fail("it is too large");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t at = 0;
  while (at < text.size()) {
    const auto size = ::read(file, text.data() + at, text.size() - at);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return fail("it cannot be read");
    at += static_cast<std::size_t>(size);
  }
  ::close(file);
  return text;
}

/// The report about recipients that were refused, as a submission from the null sender.
Submission report_of(const Submission& submission, const std::vector<RefusedRecipient>& refused,
                     const config::Config& config) {
  Envelope envelope;
  envelope.id = next_message_id();
  envelope.arrival = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  envelope.sender = lookup::split_address(submission.sender);
  if (envelope.sender.domain.empty()) envelope.sender.domain = config.myorigin;
  envelope.size = submission.content.size();
  std::vector<Outcome> outcomes;
  std::vector<std::uint32_t> all;
  for (const auto& each : refused) {
    EnvelopeRecipient recipient;
    recipient.address = lookup::split_address(each.address);
    all.push_back(static_cast<std::uint32_t>(envelope.recipients.size()));
    envelope.recipients.push_back(std::move(recipient));
    Outcome outcome;
    outcome.result = Outcome::Result::failed;
    const auto word = each.reply.size() > 9 && each.reply[4] == '5' && each.reply[5] == '.'
                          ? each.reply.substr(4, each.reply.find(' ', 4) - 4)
                          : std::string("5.0.0");
    outcome.dsn = word;
    outcome.text = each.reply;
    outcome.reply = each.reply;
    outcomes.push_back(std::move(outcome));
  }
  const MemoryContent content(submission.content);
  const auto report = compose_report({ReportKind::failure, envelope, content, all, outcomes, config, envelope.arrival});
  return {"", {submission.sender}, report.content, "", "", ""};
}

}  // namespace

MaildropPickup::MaildropPickup(std::shared_ptr<const config::Config> config, Log& log)
    : log_(log), config_(std::move(config)), thread_([this] { run(); }) {}

MaildropPickup::~MaildropPickup() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void MaildropPickup::wake() {
  {
    const std::lock_guard lock(mutex_);
    due_ = true;
  }
  woken_.notify_one();
}

void MaildropPickup::reload(std::shared_ptr<const config::Config> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}

void MaildropPickup::run() {
  while (true) {
    std::shared_ptr<const config::Config> config;
    {
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return due_ || stopping_; });
      if (stopping_) return;
      due_ = false;
      config = config_;
    }
    look(*config);
  }
}

void MaildropPickup::look(const config::Config& config) {
  std::map<std::string, Delay> still;
  for (const auto& path : maildrop_files(maildrop_folder(config.queue.directory))) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const auto now = std::chrono::steady_clock::now();
    const auto known = delays_.find(path);
    Delay delay = known == delays_.end() ? Delay{} : known->second;
    if (known != delays_.end() && now < delay.next) {
      still.emplace(path, delay);
    } else if (!take(config, path)) {
      delay.next = now + delay.wait;
      delay.wait = std::min(longest_wait, delay.wait * 2);
      still.emplace(path, delay);
    }
  }
  delays_ = std::move(still);
}

bool MaildropPickup::take(const config::Config& config, const std::string& path) {
  const auto text = read_file(path);
  if (!text) return put_aside(path, text.error()), false;
  auto submission = parse_maildrop_text(*text);
  if (!submission) return put_aside(path, submission.error()), false;
  const auto result = submit(*submission, local_doors(config), 300);
  if (!result.is_reached) {
    log_.warning(Program::cleanup, fmt::format("maildrop: {}", result.problem));
    return false;
  }
  if (!result.refused.empty() && !submission->sender.empty()) {
    const auto reported = submit(report_of(*submission, result.refused, config), local_doors(config), 300);
    if (!reported.is_accepted())
      log_.warning(Program::bounce,
                   fmt::format("maildrop: the report to <{}> is refused: {}", submission->sender,
                               reported.problem.empty() ? result.refused.front().reply : reported.problem));
  }
  for (const auto& each : result.refused)
    log_.warning(Program::cleanup, fmt::format("maildrop: to=<{}> refused: {}", each.address, each.reply));
  if (!result.deferred.empty()) {
    if (result.deferred.size() == submission->recipients.size()) return false;
    // Only those that are still to be sent stay behind.
    submission->recipients.clear();
    for (const auto& each : result.deferred) submission->recipients.push_back(each.address);
    const auto left = leave_in_maildrop(maildrop_folder(config.queue.directory), to_maildrop_text(*submission));
    if (!left) {
      log_.warning(Program::cleanup, "maildrop: " + left.error());
      return false;
    }
  }
  ::unlink(path.c_str());
  return true;
}

void MaildropPickup::put_aside(const std::string& path, const std::string& why) {
  const auto slash = path.rfind('/');
  const std::string aside = path.substr(0, slash + 1) + "bad-" + path.substr(slash + 1);
  log_.warning(Program::cleanup, fmt::format("{}: {}; put aside as {}", path, why, aside));
  if (::rename(path.c_str(), aside.c_str()) != 0) ::unlink(path.c_str());
}

}  // namespace gateway
