#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "gateway/log.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/sasl/dovecot_protocol.hpp"

namespace gateway {

/// Where a Dovecot auth service listens: a path, or a host with its port.
struct DovecotAddress {
  std::string path, host;
  std::uint16_t port = 0;
};

/// One connection to a Dovecot auth service, shared by all logins of a loop. Belongs to the loop, which must outlive
/// it.
class DovecotClient : public std::enable_shared_from_this<DovecotClient> {
 public:
  DovecotClient(DovecotAddress address, asio::io_context& loop, Log& log);

  /// Connects unless that is done or under way.
  void connect();
  void close();

  /// Empty while nothing was heard yet.
  const std::set<std::string, std::less<>>& mechanisms() const { return mechanisms_; }

  using Done = LoginDialogue::Done;
  /// Returns the request's number, which forget() and go_on() name.
  std::uint32_t begin(const std::string& mechanism, const LoginPeer& peer, std::optional<std::string> initial,
                      Done done);
  void go_on(std::uint32_t id, const std::string& octets, Done done);
  /// Nobody waits for this request any more.
  void forget(std::uint32_t id);

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { closed, connecting, greeting, ready };

  asio::awaitable<void> converse(std::uint64_t connection);
  asio::awaitable<std::string> open(std::uint64_t connection);
  asio::awaitable<void> write_out(std::uint64_t connection);
  void write_soon();
  bool is_current(std::uint64_t connection) const { return connection == connection_ && state_ != State::closed; }
  bool take(std::string_view line, std::string& problem);
  void answer(DovecotLine line);
  void send(const std::string& text);
  void lose(const std::string& problem);
  void report(std::exception_ptr error);

  DovecotAddress address_;
  asio::io_context& loop_;
  Log& log_;
  StreamSocket socket_;
  asio::steady_timer deadline_;
  State state_ = State::closed;
  std::uint64_t connection_ = 0;  // counts them, so that what is left of an old one leaves the new one alone
  bool writing_ = false, abandoned_ = false;
  std::string out_, early_;  // early_: requests made before the greeting was over
  std::set<std::string, std::less<>> mechanisms_;
  std::map<std::uint32_t, Done> waiting_;
  std::uint32_t last_id_ = 0;
  Clock::time_point heard_{};
};

}  // namespace gateway
