#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// Wrong passwords, counted by login and by client: guessing must end before a directory locks the person out, whoever
/// guesses and over however many connections.
///
/// An attempt counts as a failure from its beginning, so that many at once cannot slip through together; a success, or
/// an answer that never came, takes that back. Safe from any thread. Bounded: the oldest windows are forgotten first.
class LoginFailures {
 public:
  using Clock = std::chrono::steady_clock;

  /// Counts one attempt against `key` ("login:NAME", "client:ADDRESS"). False, without counting, when its failures have
  /// reached the rate already.
  [[nodiscard]] bool admit(const std::string& key, const config::Rate& rate, Clock::time_point now);

  /// The attempt was no failure.
  void take_back(const std::string& key);

  std::size_t size() const;

 private:
  struct Window {
    Clock::time_point start{};
    std::chrono::seconds per{0};
    std::uint32_t current = 0, previous = 0;
  };
  static std::uint32_t advance(Window& window, const config::Rate& rate, Clock::time_point now);
  void make_room(Clock::time_point now);

  static constexpr std::size_t most_keys = 65536;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Window> windows_;
};

/// One attempt to log in: counted when it is admitted, taken back at its end unless it failed.
class LoginAttempt {
 public:
  explicit LoginAttempt(LoginFailures& failures) : failures_(failures) {}
  ~LoginAttempt();
  LoginAttempt(const LoginAttempt&) = delete;
  LoginAttempt& operator=(const LoginAttempt&) = delete;

  [[nodiscard]] bool admit(std::string key, const config::Rate& rate);
  bool is_admitted() const { return admitted_; }
  /// It was a failure: it stays counted.
  void fail() { keys_.clear(); }

  std::string login;  // as the client claims; "" until it said so

 private:
  LoginFailures& failures_;
  std::vector<std::string> keys_;
  bool admitted_ = false;
};

/// The name that failures of a login are counted under: spellings with and without a domain are one person to a
/// directory ("lea", "LEA@example.com", "EXAMPLE\\lea").
std::string counted_login(std::string_view login);

}  // namespace gateway
