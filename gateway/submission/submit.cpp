#include "gateway/submission/submit.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

constexpr std::size_t recipients_at_once = 100;
constexpr std::size_t reply_limit = 65536;

struct Answered {
  int code = 0;           // 0: the connection is gone
  std::string text, all;  // the last line; every line
};

int connect_socket(const Door& door, int seconds) {
  const auto ip = lookup::parse_ip(door.address);
  if (!ip) return -1;
  const int socket = ::socket(ip->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const timeval limit{seconds, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(door.port);
  std::memcpy(&six.sin6_addr, ip->bytes.data(), 16);
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(door.port);
  std::memcpy(&four.sin_addr, ip->bytes.data(), 4);
  const int failed = ip->is_v6 ? ::connect(socket, reinterpret_cast<const sockaddr*>(&six), sizeof six)
                               : ::connect(socket, reinterpret_cast<const sockaddr*>(&four), sizeof four);
  if (failed == 0) return socket;
  const int why = errno;
  ::close(socket);
  errno = why;
  return -1;
}

/// A conversation with one server over a blocking socket.
class Conversation {
 public:
  ~Conversation() {
    if (socket_ >= 0) ::close(socket_);
  }
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  bool connect(const Door& door, int seconds) {
    socket_ = connect_socket(door, seconds);
    return socket_ >= 0;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Answered read() {
    Answered answered;
    while (answered.all.size() < reply_limit) {
      std::string line;
      if (!read_line(line) || line.size() < 3) return {};
      answered.all += line + "\n";
      if (line.size() > 3 && line[3] == '-') continue;
      answered.code = std::atoi(line.substr(0, 3).c_str());
      answered.text = std::move(line);
      return answered;
    }
    return {};
  }

  Answered ask(const std::string& command) {
    if (!send(command + "\r\n")) return {};
    return read();
  }

 private:
  bool read_line(std::string& line) {
    while (true) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) {
        line = buffer_.substr(0, end > 0 && buffer_[end - 1] == '\r' ? end - 1 : end);
        buffer_.erase(0, end + 1);
        return true;
      }
      char piece[4096];
      const auto size = ::recv(socket_, piece, sizeof piece, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0 || buffer_.size() > reply_limit) return false;
      buffer_.append(piece, static_cast<std::size_t>(size));
    }
  }

  int socket_ = -1;
  std::string buffer_;
};

bool has_high_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

std::string dot_stuffed(std::string_view content) {
  std::string result;
  result.reserve(content.size() + 64);
  bool at_start = true;
  for (const char c : content) {
    if (at_start && c == '.') result += '.';
    result += c;
    at_start = c == '\n';
  }
  return result + ".\r\n";
}

std::string queue_id_of(const std::string& text) {
  const auto at = text.rfind("queued as ");
  return at == std::string::npos ? std::string("?") : text.substr(at + 10);
}

enum class Extent : std::uint8_t { message, recipients };

class Transactions {
 public:
  Transactions(const Submission& submission, Conversation& conversation, Submitted& result, Extent extent)
      : submission_(submission), conversation_(conversation), result_(result), extent_(extent) {}

  void run() {
    char name[256] = "localhost";
    ::gethostname(name, sizeof name - 1);
    const auto ehlo = conversation_.ask(fmt::format("EHLO {}", name));
    if (ehlo.code != 250) return fail_from(0, ehlo, "EHLO");
    offers_ = ehlo.all;
    for (std::size_t first = 0; first < submission_.recipients.size(); first += recipients_at_once)
      if (!transaction(first, std::min(submission_.recipients.size(), first + recipients_at_once))) return;
    conversation_.ask("QUIT");
  }

 private:
  bool offers(const char* extension) const { return offers_.find(extension) != std::string::npos; }

  std::string mail_command() const {
    std::string command = fmt::format("MAIL FROM:<{}>", submission_.sender);
    bool utf8 = has_high_bit(submission_.sender);
    for (const auto& recipient : submission_.recipients) utf8 = utf8 || has_high_bit(recipient);
    if (utf8 && offers("SMTPUTF8")) command += " SMTPUTF8";
    if (has_high_bit(submission_.content) && offers("8BITMIME")) command += " BODY=8BITMIME";
    if (offers("SIZE")) command += fmt::format(" SIZE={}", submission_.content.size());
    if (offers("DSN") && !submission_.ret.empty()) command += " RET=" + submission_.ret;
    if (offers("DSN") && !submission_.envid.empty()) command += " ENVID=" + submission_.envid;
    return command;
  }

  bool transaction(std::size_t first, std::size_t last) {
    const auto mail = conversation_.ask(mail_command());
    if (mail.code != 250) return fail_from(first, mail, "MAIL"), false;
    std::vector<std::string> taken;
    for (std::size_t at = first; at < last; ++at) {
      const auto& recipient = submission_.recipients[at];
      std::string command = fmt::format("RCPT TO:<{}>", recipient);
      if (offers("DSN") && !submission_.notify.empty()) command += " NOTIFY=" + submission_.notify;
      const auto rcpt = conversation_.ask(command);
      if (rcpt.code == 0) return lose(taken, at, "RCPT"), false;
      if (rcpt.code / 100 == 2)
        taken.push_back(recipient);
      else
        refuse(recipient, rcpt);
    }
    if (taken.empty() || extent_ == Extent::recipients) return conversation_.ask("RSET").code == 250;
    const auto data = conversation_.ask("DATA");
    if (data.code != 354) {
      for (const auto& recipient : taken) refuse(recipient, data);
      return data.code != 0 && conversation_.ask("RSET").code == 250;
    }
    const bool sent = conversation_.send(dot_stuffed(submission_.content));
    const auto end = sent ? conversation_.read() : Answered{};
    if (end.code / 100 == 2) {
      result_.queue_ids.push_back(queue_id_of(end.text));
      return true;
    }
    for (const auto& recipient : taken) refuse(recipient, end);
    return end.code != 0;
  }

  void refuse(const std::string& recipient, const Answered& answered) {
    const bool for_good = answered.code / 100 == 5;
    std::string reply = answered.code == 0 ? "the connection was lost" : answered.text;
    (for_good ? result_.refused : result_.deferred).push_back({recipient, answered.code, std::move(reply)});
  }

  void fail_from(std::size_t first, const Answered& answered, const char* stage) {
    result_.problem = answered.code == 0 ? fmt::format("the connection was lost at {}", stage) : answered.text;
    for (std::size_t at = first; at < submission_.recipients.size(); ++at) refuse(submission_.recipients[at], answered);
  }

  void lose(const std::vector<std::string>& taken, std::size_t from, const char* stage) {
    for (const auto& recipient : taken) refuse(recipient, {});
    fail_from(from, {}, stage);
  }

  const Submission& submission_;
  Conversation& conversation_;
  Submitted& result_;
  Extent extent_;
  std::string offers_;
};

Submitted converse(const Submission& submission, const std::vector<Door>& doors, int seconds, Extent extent) {
  Submitted result;
  result.problem = "no listener is open to programs on this machine";
  for (const auto& door : doors) {
    Conversation conversation;
    if (!conversation.connect(door, seconds)) {
      result.problem = fmt::format("{} port {}: {}", door.address, door.port, std::strerror(errno));
      continue;
    }
    const auto greeting = conversation.read();
    if (greeting.code != 220) {
      result.problem = greeting.code == 0 ? "the server does not greet" : greeting.text;
      continue;
    }
    result.is_reached = true;
    result.problem.clear();
    Transactions(submission, conversation, result, extent).run();
    return result;
  }
  for (const auto& recipient : submission.recipients) result.deferred.push_back({recipient, 0, result.problem});
  return result;
}

}  // namespace

Submitted submit(const Submission& submission, const std::vector<Door>& doors, int seconds) {
  return converse(submission, doors, seconds, Extent::message);
}

Submitted verify(const Submission& submission, const std::vector<Door>& doors, int seconds) {
  return converse(submission, doors, seconds, Extent::recipients);
}

int connect_to_door(const std::vector<Door>& doors, int seconds) {
  for (const auto& door : doors)
    if (const int socket = connect_socket(door, seconds); socket >= 0) return socket;
  return -1;
}

}  // namespace gateway
