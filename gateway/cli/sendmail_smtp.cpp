#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/sendmail_options.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/submission/submit.hpp"

/// `sendmail -bs` and `-bv`: what sendmail does in words of SMTP.
namespace gateway::cli {

namespace {

bool write_all(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const auto written = ::write(to, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/// Moves what there is; false at the end or when the other side is gone.
bool move_octets(int from, int to) {
  char buffer[65536];
  const auto size = ::read(from, buffer, sizeof buffer);
  if (size < 0 && errno == EINTR) return true;
  return size > 0 && write_all(to, buffer, static_cast<std::size_t>(size));
}

}  // namespace

int relay_smtp(const config::Config& config) {
  const int server = connect_to_door(local_doors(config), 300);
  if (server < 0) {
    std::fprintf(stderr, "sendmail: the daemon cannot be reached: %s\n", std::strerror(errno));
    return exit_temporary;
  }
  // The server speaks first; input that is piped in is there before.
  bool is_open = move_octets(server, STDOUT_FILENO);
  if (!is_open) return ::close(server), exit_temporary;
  pollfd places[2] = {{STDIN_FILENO, POLLIN, 0}, {server, POLLIN, 0}};
  while (::poll(places + (is_open ? 0 : 1), is_open ? 2 : 1, 600000) > 0) {
    if (is_open && (places[0].revents & (POLLIN | POLLHUP)) != 0 && !move_octets(STDIN_FILENO, server)) {
      is_open = false;
      ::shutdown(server, SHUT_WR);
    }
    if ((places[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !move_octets(server, STDOUT_FILENO)) break;
  }
  ::close(server);
  return exit_done;
}

int verify_recipients(const SendmailOptions& options, const config::Config& config) {
  Submission submission;
  submission.sender = options.sender.value_or("");
  submission.recipients = options.recipients;
  if (submission.recipients.empty()) {
    std::fputs("sendmail: no recipient is named\n", stderr);
    return exit_usage;
  }
  const auto result = verify(submission, local_doors(config));
  for (const auto& recipient : submission.recipients) {
    const RefusedRecipient* found = nullptr;
    for (const auto* list : {&result.refused, &result.deferred})
      for (const auto& each : *list)
        if (each.address == recipient) found = &each;
    std::printf("%s... %s\n", recipient.c_str(), found == nullptr ? "deliverable" : found->reply.c_str());
  }
  if (!result.refused.empty()) return exit_no_user;
  return result.deferred.empty() ? exit_done : exit_temporary;
}

}  // namespace gateway::cli
