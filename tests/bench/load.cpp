// Drives an SMTP server with N sessions from one thread and prints one JSON line about it.
//
// Every message has a connection of its own and no command is pipelined, as most mail on the Internet arrives.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

enum class Mode { deliver, reject, idle };

struct Options {
  std::uint16_t port = 2525;
  int messages = 1000;
  int sessions = 20;
  int size = 4096;
  int recipients = 1;  // spread over this many people
  int sources = 1;     // client addresses, counted up from source_base
  std::string source_base = "127.0.0.1";
  std::string domain = "example.test";
  Mode mode = Mode::deliver;
  int limit_seconds = 120;
};

struct Outcome {
  int done = 0, failed = 0;
  std::vector<double> milliseconds;
  std::string first_failure;
};

/// One connection: what it waits for and what it will say next.
struct Session {
  enum class Step { greeting, ehlo, mail, rcpt, data, content };

  int socket = -1;
  int number = 0;
  Step step = Step::greeting;
  std::string input, output;
  Clock::time_point began;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    content_ = "From: <load@client.test>\r\nTo: <someone@" + options_.domain + ">\r\nSubject: load\r\n\r\n";
    while (static_cast<int>(content_.size()) < options_.size) content_ += std::string(76, 'x') + "\r\n";
    content_ += ".\r\n";
  }

  Outcome run() {
    const auto end = Clock::now() + std::chrono::seconds(options_.limit_seconds);
    const int at_once = options_.mode == Mode::idle ? options_.messages : options_.sessions;
    while (started_ < std::min(at_once, options_.messages)) start();
    epoll_event events[64];
    while (!is_over() && Clock::now() < end) {
      const int count = epoll_wait(epoll_, events, 64, 500);
      for (int i = 0; i < count; ++i) advance(*static_cast<Session*>(events[i].data.ptr));
    }
    return std::move(outcome_);
  }

 private:
  bool is_over() const { return outcome_.done + outcome_.failed >= options_.messages; }

  void start() {
    auto* session = new Session;
    session->number = started_++;
    session->began = Clock::now();
    session->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(session->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    inet_pton(AF_INET, options_.source_base.c_str(), &source.sin_addr);
    source.sin_addr.s_addr =
        htonl(ntohl(source.sin_addr.s_addr) + static_cast<std::uint32_t>(session->number % options_.sources));
    setsockopt(session->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    bind(session->socket, reinterpret_cast<sockaddr*>(&source), sizeof source);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(options_.port);
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    if (connect(session->socket, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS) {
      finish(*session, "connect: " + std::string(std::strerror(errno)));
      return;
    }
    epoll_event event{.events = EPOLLIN, .data = {.ptr = session}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, session->socket, &event);
  }

  void advance(Session& session) {
    if (!session.output.empty()) return flush(session);
    char buffer[4096];
    const ssize_t got = recv(session.socket, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return finish(session, "connection lost");
    session.input.append(buffer, static_cast<std::size_t>(got));
    // A reply is whole when its last line has a space behind the code.
    const std::size_t last = session.input.rfind('\n', session.input.size() - 2);
    const std::size_t line = last == std::string::npos ? 0 : last + 1;
    if (session.input.back() != '\n' || session.input.size() < line + 4 || session.input[line + 3] == '-') return;
    int code = 0;
    std::from_chars(session.input.data() + line, session.input.data() + line + 3, code);
    const std::string reply = session.input.substr(line);
    session.input.clear();
    answer(session, code, reply);
  }

  void answer(Session& session, int code, const std::string& reply) {
    using Step = Session::Step;
    const bool positive = code >= 200 && code < 400;
    const bool refusal_wanted = options_.mode == Mode::reject && session.step == Step::rcpt;
    if (positive == refusal_wanted) return finish(session, reply);
    switch (session.step) {
      case Step::greeting:
        return say(session, Step::ehlo, "EHLO client.test\r\n");
      case Step::ehlo:
        if (options_.mode == Mode::idle) {
          ++outcome_.done;  // stays open until the program ends
          return;
        }
        return say(session, Step::mail, "MAIL FROM:<load@client.test>\r\n");
      case Step::mail: {
        const int person = session.number % options_.recipients;
        return say(session, Step::rcpt,
                   fmt::format("RCPT TO:<{}{:05}@{}>\r\n", options_.mode == Mode::reject ? "x" : "u", person,
                               options_.domain));
      }
      case Step::rcpt:
        if (options_.mode == Mode::reject) return finish(session, "");
        return say(session, Step::data, "DATA\r\n");
      case Step::data:
        return say(session, Step::content, content_);
      case Step::content:
        return finish(session, "");
    }
  }

  void say(Session& session, Session::Step next, std::string_view text) {
    session.step = next;
    session.output = text;
    flush(session);
  }

  void flush(Session& session) {
    const ssize_t sent = send(session.socket, session.output.data(), session.output.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return finish(session, "connection lost");
    if (sent > 0) session.output.erase(0, static_cast<std::size_t>(sent));
    epoll_event event{.events = session.output.empty() ? EPOLLIN : EPOLLOUT, .data = {.ptr = &session}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, session.socket, &event);
  }

  /// Ends a session, well when `failure` is empty, and starts the next one.
  void finish(Session& session, const std::string& failure) {
    if (failure.empty()) {
      ++outcome_.done;
      outcome_.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - session.began).count());
      send(session.socket, "QUIT\r\n", 6, MSG_NOSIGNAL);
    } else {
      ++outcome_.failed;
      if (outcome_.first_failure.empty()) outcome_.first_failure = failure.substr(0, 100);
    }
    close(session.socket);
    delete &session;
    if (started_ < options_.messages && options_.mode != Mode::idle) start();
  }

  Options options_;
  int epoll_;
  int started_ = 0;
  std::string content_;
  Outcome outcome_;
};

double percentile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

/// "--name value" pairs; anything else ends the program.
Options read_options(int count, char** values) {
  Options options;
  const std::map<std::string, int*> numbers{{"--messages", &options.messages}, {"--sessions", &options.sessions},
                                            {"--size", &options.size},         {"--recipients", &options.recipients},
                                            {"--sources", &options.sources},   {"--limit", &options.limit_seconds}};
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i];
    const std::string value = values[i + 1];
    if (const auto found = numbers.find(name); found != numbers.end())
      *found->second = std::atoi(value.c_str());
    else if (name == "--port")
      options.port = static_cast<std::uint16_t>(std::atoi(value.c_str()));
    else if (name == "--domain")
      options.domain = value;
    else if (name == "--source-base")
      options.source_base = value;
    else if (name == "--mode")
      options.mode = value == "idle" ? Mode::idle : value == "reject" ? Mode::reject : Mode::deliver;
    else {
      fmt::print(stderr, "load: unknown option {}\n", name);
      std::exit(64);
    }
  }
  return options;
}

}  // namespace

int main(int count, char** values) {
  const Options options = read_options(count, values);
  const auto began = Clock::now();
  Load load(options);
  Outcome outcome = load.run();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::sort(outcome.milliseconds.begin(), outcome.milliseconds.end());
  std::string failure = outcome.first_failure;
  std::replace_if(
      failure.begin(), failure.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, ' ');
  fmt::print(
      "{{\"done\": {}, \"failed\": {}, \"seconds\": {:.3f}, \"per_second\": {:.1f}, \"p50_ms\": {:.2f}, \"p99_ms\": "
      "{:.2f}, "
      "\"began\": {:.6f}, \"first_failure\": \"{}\"}}\n",
      outcome.done, outcome.failed, seconds, outcome.done / seconds, percentile(outcome.milliseconds, .5),
      percentile(outcome.milliseconds, .99), std::chrono::duration<double>(began.time_since_epoch()).count(), failure);
  std::fflush(stdout);
  if (options.mode == Mode::idle) pause();  // the harness measures memory, then ends this process
  return outcome.failed == 0 ? 0 : 1;
}
