#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/sendmail_options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/smtp/trace_header.hpp"
#include "gateway/submission/maildrop.hpp"
#include "gateway/submission/message_text.hpp"
#include "gateway/submission/submit.hpp"

/// `sendmail`: takes a message from a program and hands it to the daemon, or leaves it in the maildrop folder.
namespace gateway::cli {

int run_mailq(std::span<const std::string> arguments);
int run_newaliases(std::span<const std::string> arguments);
int run_postqueue(std::span<const std::string> arguments);

namespace {

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "sendmail: %s\n", text.c_str());
  return code;
}

struct Caller {
  std::string login, full_name;
};

Caller caller() {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr)
    return {fmt::format("{}", ::getuid()), ""};
  const std::string_view gecos = found->pw_gecos == nullptr ? "" : found->pw_gecos;
  return {found->pw_name, std::string(gecos.substr(0, gecos.find(',')))};
}

/// Standard input up to its end, or up to a line with a single dot. nullopt when reading fails or it grows past
/// `limit`.
std::optional<std::string> read_message(bool dot_ends, std::uint64_t limit) {
  std::string text;
  char buffer[65536];
  std::size_t size = 0;
  while ((size = std::fread(buffer, 1, sizeof buffer, stdin)) > 0) {
    text.append(buffer, size);
    if (limit != 0 && text.size() > limit) return std::nullopt;
  }
  if (std::ferror(stdin) != 0) return std::nullopt;
  if (!dot_ends) return text;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = std::string_view(text).substr(at, end - at);
    if (line == "." || line == ".\r") {
      text.resize(at);
      break;
    }
    at = end + 1;
  }
  return text;
}

/// "Full Name" <user@domain>; the name is quoted, so that it cannot be more than a name.
std::string from_of(const std::string& full_name, const std::string& address) {
  std::string quoted;
  for (const char c : full_name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted.empty() ? address : fmt::format("\"{}\" <{}>", quoted, address);
}

std::string qualified(const std::string& address, const config::Config& config) {
  return address.empty() || address.find('@') != std::string::npos ? address : address + "@" + config.myorigin;
}

int tell(const Submitted& result) {
  for (const auto& each : result.refused) complain(fmt::format("{}: {}", each.address, each.reply), 0);
  const auto& first = result.refused.front();
  const bool is_unknown = first.reply.find(" 5.1.1 ") != std::string::npos;
  return is_unknown ? exit_no_user : exit_unavailable;
}

/// The daemon takes it now, or it waits for the daemon.
int hand_over(Submission submission, const config::Config& config) {
  const auto result = submit(submission, local_doors(config));
  if (!result.deferred.empty()) {
    submission.recipients.clear();
    for (const auto& each : result.deferred) submission.recipients.push_back(each.address);
    const auto left = leave_in_maildrop(maildrop_folder(config.queue.directory), to_maildrop_text(submission));
    if (!left)
      return complain(
          fmt::format("the message is not sent: {}; nor can it wait: {}",
                      result.problem.empty() ? result.deferred.front().reply : result.problem, left.error()),
          exit_temporary);
  }
  return result.refused.empty() ? exit_done : tell(result);
}

int send_message(const SendmailOptions& options, const config::Config& config) {
  const auto text = read_message(options.dot_ends, config.limits.message_size_limit);
  if (!text) return complain("the message cannot be read, or it is larger than message_size_limit", exit_unavailable);
  Submission submission;
  submission.content = with_crlf(*text);
  submission.recipients = options.recipients;
  if (options.from_header) {
    const auto named = take_header_recipients(submission.content);
    submission.recipients.insert(submission.recipients.end(), named.begin(), named.end());
  }
  if (submission.recipients.empty()) return complain("no recipient is named", exit_usage);
  const auto user = caller();
  submission.sender = options.sender.value_or(qualified(user.login, config));
  submission.notify = options.notify;
  submission.ret = options.ret;
  submission.envid = options.envid;
  if (!is_sayable(submission.sender)) return complain("the sender is not an address", exit_usage);
  for (const auto& recipient : submission.recipients)
    if (!is_sayable(recipient)) return complain(fmt::format("<{}> is not an address", recipient), exit_usage);
  const auto now = std::time(nullptr);
  const auto ticks = std::chrono::system_clock::now().time_since_epoch().count();
  HeaderFill fill;
  const auto sender =
      submission.sender.empty() ? qualified("MAILER-DAEMON", config) : qualified(submission.sender, config);
  const bool is_own = !options.sender || !options.sender->empty();
  fill.from = from_of(options.full_name.empty() && is_own ? user.full_name : options.full_name, sender);
  fill.date = mail_date(now);
  fill.message_id = fmt::format("<{:x}.{}@{}>", ticks, ::getpid(), config.hostname);
  fill_header(submission.content, fill);
  return hand_over(std::move(submission), config);
}

}  // namespace

int run_sendmail(std::span<const std::string> arguments) {
  const auto options = parse_sendmail_options(arguments);
  if (!options) return complain(options.error(), exit_usage);
  std::vector<std::string> place;
  if (!options->config_path.empty()) place = {"-c", options->config_path};
  switch (options->mode) {
    case SendmailMode::list_queue:
      return run_mailq(place);
    case SendmailMode::build_aliases:
      return run_newaliases(place);
    case SendmailMode::flush_queue:
      place.emplace_back("-f");
      return run_postqueue(place);
    case SendmailMode::refused:
      return complain(options->refusal, exit_usage);
    case SendmailMode::send:
    case SendmailMode::verify:
    case SendmailMode::speak_smtp:
      break;
  }
  std::vector<config::Finding> warnings;
  const auto config =
      config::read_config(options->config_path.empty() ? config::default_config_path() : options->config_path, warnings,
                          config::Secrets::unread);
  if (!config) {
    for (const auto& finding : config.error()) complain(to_string(finding), 0);
    return exit_temporary;
  }
  if (options->mode == SendmailMode::speak_smtp) return relay_smtp(**config);
  if (options->mode == SendmailMode::verify) return verify_recipients(*options, **config);
  return send_message(*options, **config);
}

}  // namespace gateway::cli
