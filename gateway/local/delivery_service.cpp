#include "gateway/local/delivery_service.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "gateway/local/jail.hpp"
#include "gateway/local/order_worker.hpp"

namespace gateway {

namespace {

constexpr int service_socket = 3;
constexpr int most_workers = 100;
constexpr int reap_period = 200;  // milliseconds

void reap(int& running, int options) {
  while (running > 0) {
    const pid_t ended = ::waitpid(-1, nullptr, options);
    if (ended < 0 && errno == EINTR) continue;
    if (ended <= 0) return;
    --running;
    if (options == 0) return;
  }
}

/// Takes orders until the gateway is gone; then the last workers finish.
int take_orders(int socket, const ServiceSettings& settings) {
  int running = 0;
  OrderPacket packet;
  for (;;) {
    reap(running, WNOHANG);
    if (running >= most_workers) reap(running, 0);
    pollfd polled{socket, POLLIN, 0};
    if (::poll(&polled, 1, running > 0 ? reap_period : -1) <= 0) continue;
    const int received = receive_packet(socket, packet);
    if (received == 0) break;
    if (received < 0) continue;
    const pid_t worker = ::fork();
    if (worker == 0) {
      ::close(socket);
      carry_out(std::move(packet), settings);
      ::_exit(0);
    }
    if (worker > 0) ++running;
    packet.descriptors.clear();  // without a worker, the closed pipe is the answer
  }
  while (running > 0) reap(running, 0);
  return 0;
}

}  // namespace

int run_delivery_service(int socket, const ServiceSettings& settings) {
  // It ends with the gateway's socket, not with a signal that is meant for the gateway.
  for (const int each : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1}) std::signal(each, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  ::umask(077);
  if (::chdir("/") != 0) return 1;
  // Users are looked up for class local, and that may need a socket of the name service.
  const bool needs_more = settings.runs_programs() || settings.local.has_mailboxes();
  if (!enter_service_jail(needs_more ? Programs::may_run : Programs::never)) {
    std::fprintf(stderr, "gatepost: fatal: delivery service: cannot give up rights: %s\n", std::strerror(errno));
    return 1;
  }
  for (;;) {
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) ::_exit(take_orders(socket, settings));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    std::fprintf(stderr, "gatepost: warning: delivery service: ended unexpectedly; started anew\n");
    pollfd gone{socket, 0, 0};
    ::poll(&gone, 1, 100);
  }
}

tl::expected<FolderFd, std::string> start_delivery_service(const ServiceSettings& settings) {
  const auto failure = [] { return tl::unexpected("delivery service: " + std::string(std::strerror(errno))); };
  FolderFd ours, theirs;
  if (!make_order_sockets(ours, theirs)) return failure();
  std::vector<std::string> words{"gatepost", std::string(delivery_service_verb)};
  for (auto& word : to_words(settings)) words.push_back(std::move(word));
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const char* zone = ::getenv("TZ");
  const std::string time_zone = "TZ=" + std::string(zone == nullptr ? "" : zone);
  char* environment[] = {zone == nullptr ? nullptr : const_cast<char*>(time_zone.c_str()), nullptr};
  const pid_t child = ::fork();
  if (child < 0) return failure();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    // Away from 3 first, so that dup2 always makes a descriptor that survives execve.
    const int moved = ::fcntl(theirs.get(), F_DUPFD, 10);
    if (nothing < 0 || moved < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0 ||
        ::dup2(moved, service_socket) < 0)
      ::_exit(71);
    ::syscall(SYS_close_range, service_socket + 1, ~0U, 0);
    ::execve("/proc/self/exe", arguments.data(), environment);
    ::_exit(71);
  }
  return ours;
}

}  // namespace gateway
