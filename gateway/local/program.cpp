#include "gateway/local/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/delivery/storage_outcome.hpp"
#include "gateway/local/message_text.hpp"
#include "gateway/local/program_status.hpp"

namespace gateway {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_output = 1000;
constexpr std::string_view path = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890";

std::string harmless(std::string_view value) {
  std::string text(value);
  for (char& c : text)
    if (letters.find(c) == std::string_view::npos && std::strchr("!@%-_=+:,./", c) == nullptr) c = '_';
  return text;
}

struct Pipe {
  FolderFd reading, writing;
};

bool make_pipe(Pipe& into) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  into.reading = FolderFd(ends[0]);
  into.writing = FolderFd(ends[1]);
  return true;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// The child's side: never returns.
[[noreturn]] void become_program(const std::string& command, const std::vector<std::string>& environment,
                                 const std::string& folder, int input, int output) {
  ::setsid();
  ::alarm(0);
  for (const int each : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) std::signal(each, SIG_DFL);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(71);
  if ((folder.empty() || ::chdir(folder.c_str()) != 0) && ::chdir("/") != 0) ::_exit(71);
  auto variables = pointers(environment);
  ::environ = variables.data();  // so that PATH is the new one
  const auto words = plain_words(command);
  if (!words.empty()) {
    const auto arguments = pointers(words);
    ::execvp(arguments[0], arguments.data());
    // What has no slash may be a word of the shell.
    if ((errno != ENOENT && errno != EACCES) || words[0].find('/') != std::string::npos) {
      const std::string reason = words[0] + ": " + std::strerror(errno) + "\n";
      const bool passing = errno == EAGAIN || errno == ENOMEM || errno == EMFILE || errno == ENFILE;
      if (::write(2, reason.data(), reason.size()) < 0) ::_exit(71);
      ::_exit(passing ? 75 : 69);
    }
  }
  const std::vector<std::string> shell{"sh", "-c", command};
  ::execve("/bin/sh", pointers(shell).data(), variables.data());
  ::_exit(71);
}

}  // namespace

std::vector<std::string> program_environment(const DeliveryOrder& order, const OrderedMail& mail,
                                             const Account& account) {
  std::vector<std::string> environment{std::string(path)};
  const auto add = [&environment](std::string_view name, const std::string& value) {
    if (!value.empty()) environment.push_back(std::string(name) + "=" + value);
  };
  const std::size_t at = mail.address.rfind('@');
  const std::string local = mail.address.substr(0, at);
  std::string extension;
  if (!order.recipient_delimiter.empty()) {
    const std::size_t delimiter = local.find_first_of(order.recipient_delimiter, 1);
    if (delimiter != std::string::npos) extension = local.substr(delimiter + 1);
  }
  add("HOME", account.home);
  add("USER", account.name);
  add("LOGNAME", account.name);
  add("SHELL", account.name.empty() ? "" : account.shell.empty() ? "/bin/sh" : account.shell);
  add("SENDER", mail.sender.empty() ? "MAILER-DAEMON" : harmless(mail.sender));
  add("RECIPIENT", harmless(mail.address));
  add("ORIGINAL_RECIPIENT", harmless(mail.original.empty() ? mail.address : mail.original));
  add("LOCAL", harmless(local));
  add("EXTENSION", harmless(extension));
  if (at != std::string::npos) add("DOMAIN", harmless(mail.address.substr(at + 1)));
  add("CLIENT_HOSTNAME", harmless(mail.client_name));
  add("CLIENT_ADDRESS", harmless(mail.client_address));
  add("CLIENT_HELO", harmless(mail.helo));
  add("CLIENT_PROTOCOL", harmless(mail.protocol));
  add("SASL_USERNAME", harmless(mail.login));
  if (const char* zone = std::getenv("TZ")) add("TZ", zone);
  return environment;
}

std::vector<std::string> plain_words(std::string_view command) {
  std::vector<std::string> words;
  while (!command.empty()) {
    const std::size_t start = command.find_first_not_of(" \t");
    if (start == std::string_view::npos) break;
    command.remove_prefix(start);
    const std::string_view word = command.substr(0, command.find_first_of(" \t"));
    for (const char c : word)
      if (letters.find(c) == std::string_view::npos && std::strchr("!@%-_=+:,./", c) == nullptr) return {};
    words.emplace_back(word);
    command.remove_prefix(word.size());
  }
  // A leading assignment or "!" is for the shell.
  if (!words.empty() && words.front().find_first_of("=!") != std::string::npos) return {};
  return words;
}

Outcome run_program(const std::string& command, const std::vector<std::string>& environment, const std::string& folder,
                    const OrderedMail& mail, const Content& content, std::chrono::seconds limit) {
  const Outcome no_start = deferred("4.3.0", "command delivery failed: the program cannot be started now");
  Pipe input, output;
  if (!make_pipe(input) || !make_pipe(output)) return no_start;
  const pid_t child = ::fork();
  if (child < 0) return no_start;
  if (child == 0) become_program(command, environment, folder, input.reading.get(), output.writing.get());
  input.reading = FolderFd();
  output.writing = FolderFd();
  ::fcntl(input.writing.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(output.reading.get(), F_SETFL, O_NONBLOCK);

  const auto end = steady_clock::now() + limit;
  MessageText text(mail, content,
                   std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()),
                   MessageText::FromQuoting::no);
  std::string piece, said;
  std::size_t sent = 0;
  bool unreadable = false;
  int status = 0;
  bool ended = false;
  // Its end counts, not that of its output: what it left in the background may keep that open.
  while (!ended && steady_clock::now() < end) {
    if (input.writing && sent == piece.size()) {
      unreadable = unreadable || !text.next(piece);
      sent = 0;
      if (piece.empty() || unreadable) input.writing = FolderFd();
    }
    if (unreadable) break;
    pollfd polled[2] = {{input.writing.get(), POLLOUT, 0}, {output.reading.get(), POLLIN, 0}};
    ::poll(polled, 2, 20);
    if ((polled[0].revents & (POLLOUT | POLLERR | POLLHUP)) != 0 && input.writing) {
      const ssize_t wrote = ::write(input.writing.get(), piece.data() + sent, piece.size() - sent);
      if (wrote > 0) sent += static_cast<std::size_t>(wrote);
      // A program need not read all of it.
      if (wrote < 0 && errno != EAGAIN && errno != EINTR) input.writing = FolderFd();
    }
    const auto listen = [&] {
      char buffer[4096];
      const ssize_t got = ::read(output.reading.get(), buffer, sizeof buffer);
      if (got > 0 && said.size() < most_output)
        said.append(buffer, std::min(static_cast<std::size_t>(got), most_output - said.size()));
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) output.reading = FolderFd();
      return got > 0;
    };
    if (output.reading && (polled[1].revents & (POLLIN | POLLHUP)) != 0) listen();
    if (::waitpid(child, &status, WNOHANG) == child) {
      ended = true;
      while (output.reading && listen() && said.size() < most_output) {
      }
    }
  }
  if (!ended) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    if (unreadable) return deferred("4.3.0", "command delivery failed: message content cannot be read");
    return outcome_of_overdue_program(command, said);
  }
  return outcome_of_program(status, command, said);
}

}  // namespace gateway
