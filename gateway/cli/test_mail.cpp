#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <thread>

#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/smtp/trace_header.hpp"
#include "gateway/spool/spool.hpp"
#include "gateway/submission/message_text.hpp"
#include "gateway/submission/submit.hpp"

/// `gatepost test-mail ADDRESS`: one message, followed to its delivery line.
namespace gateway::cli {

namespace {

constexpr auto look_interval = std::chrono::milliseconds(200);

int usage() {
  std::fputs("usage: gatepost test-mail [-c FILE] [--from ADDRESS] [--timeout SECONDS] ADDRESS\n", stderr);
  return exit_usage;
}

int tell(const std::string& text, int code) {
  std::fprintf(code == exit_done ? stdout : stderr, "%s\n", text.c_str());
  return code;
}

Submission test_message(const config::Config& config, const std::string& sender, const std::string& recipient) {
  Submission submission;
  submission.sender = sender;
  submission.recipients = {recipient};
  submission.content = fmt::format(
      "To: <{}>\r\nSubject: Test message of Gatepost\r\nAuto-Submitted: auto-generated\r\n\r\n"
      "This message was sent by \"gatepost test-mail\" on {}.\r\n",
      recipient, config.hostname);
  HeaderFill fill;
  fill.from = fmt::format("<{}>", sender);
  fill.date = mail_date(std::time(nullptr));
  fill.message_id = fmt::format("<test.{:x}.{}@{}>", std::chrono::system_clock::now().time_since_epoch().count(),
                                ::getpid(), config.hostname);
  fill_header(submission.content, fill);
  return submission;
}

/// The log as far as it is a file: delivery lines of one message, which stay when the message has left the queue.
class LogFile {
 public:
  explicit LogFile(const config::Logging& logging) {
    if (!logging.to.starts_with("file:")) return;
    file_.open(logging.to.substr(5), std::ios::binary);
    file_.seekg(0, std::ios::end);
  }
  bool is_open() const { return file_.is_open(); }

  /// Lines that tell how a recipient of the message fared, since the last call.
  std::vector<std::string> delivery_lines(const std::string& id) {
    std::vector<std::string> lines;
    if (!file_.is_open()) return lines;
    file_.clear();
    std::string piece;
    while (std::getline(file_, piece)) {
      rest_ += piece;
      if (file_.eof()) break;  // the line is not whole yet
      if (rest_.find(id) != std::string::npos && rest_.find("status=") != std::string::npos) lines.push_back(rest_);
      rest_.clear();
    }
    return lines;
  }

 private:
  std::ifstream file_;
  std::string rest_;
};

std::optional<int> code_of_line(const std::string& line) {
  if (line.find("status=sent") != std::string::npos) return exit_done;
  if (line.find("status=deferred") != std::string::npos) return exit_temporary;
  if (line.find("status=bounced") != std::string::npos) return exit_failed;
  return std::nullopt;
}

/// The record in the queue; nullopt when it has gone.
std::optional<Envelope> find_in_queue(const config::Config& config, MessageId id) {
  SpoolOptions options;
  options.directory = config.queue.directory;
  options.map_size = config.queue.map_size;
  const auto spool = open_spool_read_only(options);
  return spool ? (*spool)->find(id) : std::nullopt;
}

int follow(const config::Config& config, LogFile& log, const std::string& id, std::chrono::seconds limit) {
  const auto number = parse_message_id(id);
  const auto end = std::chrono::steady_clock::now() + limit;
  int quiet_looks = 0;
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& line : log.delivery_lines(id))
      if (const auto code = code_of_line(line)) return tell(line, *code);
    const auto envelope = number ? find_in_queue(config, *number) : std::nullopt;
    if (envelope && envelope->state == MessageState::hold)
      return tell(fmt::format("{}: on hold; gatepost queue release {}", id, id), exit_temporary);
    if (!log.is_open() && envelope && envelope->attempts > 0) {
      for (const auto& recipient : envelope->recipients)
        if (!recipient.last_reply.empty())
          return tell(
              fmt::format("{}: to=<{}>, dsn={}, status={} ({})", id, recipient.address.to_string(), recipient.last_dsn,
                          recipient.state == RecipientState::failed ? "bounced" : "deferred", recipient.last_reply),
              recipient.state == RecipientState::failed ? exit_failed : exit_temporary);
    }
    // Without a log a message that left the queue was delivered, or went back to its sender.
    if (!envelope && !log.is_open() && ++quiet_looks > 2)
      return tell(
          fmt::format("{}: has left the queue; set logging.to: file:PATH, or read the log for its delivery line", id),
          exit_done);
    std::this_thread::sleep_for(look_interval);
  }
  return tell(fmt::format("{}: still in the queue after {} seconds", id, limit.count()), exit_temporary);
}

}  // namespace

int run_test_mail(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments, {"from", "timeout"}, {});
  if (!options || options->rest.size() != 1 || !is_sayable(options->rest.front())) return usage();
  std::vector<config::Finding> warnings;
  const auto read = config::read_config(options->config_path, warnings, config::Secrets::unread);
  if (!read) {
    for (const auto& finding : read.error()) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
    return exit_failed;
  }
  const auto& config = **read;
  const int seconds = std::atoi(options->value("timeout", "60").c_str());
  if (seconds < 1) return usage();
  const auto sender = options->value("from", "postmaster@" + config.myorigin);
  if (!is_sayable(sender)) return usage();
  LogFile log(config.logging);
  const auto result = submit(test_message(config, sender, options->rest.front()), local_doors(config));
  if (!result.is_reached) return tell("gatepost: the daemon cannot be reached: " + result.problem, exit_temporary);
  if (!result.refused.empty()) return tell("refused: " + result.refused.front().reply, exit_failed);
  if (!result.deferred.empty()) return tell("not now: " + result.deferred.front().reply, exit_temporary);
  const auto& id = result.queue_ids.front();
  std::printf("queued as %s\n", id.c_str());
  std::fflush(stdout);
  return follow(config, log, id, std::chrono::seconds(seconds));
}

}  // namespace gateway::cli
