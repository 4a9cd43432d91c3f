#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/filter/filter_metrics.hpp"
#include "gateway/filter/filter_verdict.hpp"
#include "gateway/filter/filtered_message.hpp"
#include "gateway/filter/milter_protocol.hpp"
#include "gateway/log.hpp"
#include "gateway/net/connection.hpp"

namespace gateway {

/// A command of the session as a filter is told of it. Both parts are encoded packets, made once for all filters.
struct MilterEvent {
  milter::Command command{};
  std::string macros, packet;
};
MilterEvent make_event(milter::Command command, const milter::Macros& macros, std::string_view payload);

/// One filter's part in one session: its connection, what it wants to be told, and its verdicts.
///
/// A filter that fails gets the configured default action until the session's next message, for which it is tried
/// again. Every wait has its configured limit. Belongs to the shard's loop; the session owns it and outlives every
/// call.
class MilterClient {
 public:
  MilterClient(Shard& shard, const config::Filter& filter, Log& log, const FilterMetrics& metrics)
      : shard_(shard), filter_(filter), log_(log), metrics_(metrics) {}
  ~MilterClient();
  MilterClient(const MilterClient&) = delete;
  MilterClient& operator=(const MilterClient&) = delete;

  /// The start of the session.
  asio::awaitable<FilterVerdict> connect(const MilterEvent& connect);

  /// The start of a message. Tries again what failed long enough ago, with the earlier events told once more; an
  /// abort is told first when the message before it came to no end.
  asio::awaitable<FilterVerdict> mail(const MilterEvent& connect, const MilterEvent& helo, const MilterEvent& mail);
  /// HELO, RCPT and DATA.
  asio::awaitable<FilterVerdict> tell(const MilterEvent& event);
  /// The whole message; `message` is changed as the filter wants it.
  asio::awaitable<FilterVerdict> show(FilteredMessage& message, const milter::Macros& macros);

  /// Does it have a say on the message that begins or goes on?
  bool is_concerned() const;
  void interrupt();

 private:
  using Failure = tl::unexpected<std::string>;
  using Said = tl::expected<milter::Response, std::string>;  // views stay valid until the next listen()
  using Done = tl::expected<void, std::string>;
  enum class State : std::uint8_t { closed, open, failed };

  asio::awaitable<Done> open();
  asio::awaitable<std::vector<StreamEndpoint>> find_endpoints();
  asio::awaitable<Done> send(std::chrono::seconds limit);
  asio::awaitable<Said> listen(std::chrono::seconds limit);
  asio::awaitable<FilterVerdict> ask(const MilterEvent& event, std::chrono::seconds limit);
  asio::awaitable<FilterVerdict> show_content(FilteredMessage& message, const milter::Macros& macros);
  asio::awaitable<FilterVerdict> show_body(const FilteredMessage& message);
  asio::awaitable<FilterVerdict> hear_changes(FilteredMessage& message, const MilterEvent& end);

  bool is_listening() const { return state_ == State::open && !session_over_ && !message_over_; }
  FilterVerdict judge(milter::Command command, const milter::Response& response);
  bool apply(FilteredMessage& message, const milter::Response& response);
  FilterVerdict fail(std::string_view why);
  FilterVerdict default_action() const;

  Shard& shard_;
  const config::Filter& filter_;
  Log& log_;
  const FilterMetrics& metrics_;
  std::unique_ptr<Connection> connection_;
  milter::PacketReader reader_;
  std::string out_;  // packets that wait for the next send()
  State state_ = State::closed;
  std::chrono::steady_clock::time_point failed_at_{};
  std::uint32_t steps_ = 0;
  std::uint32_t changes_ = 0;
  std::optional<FilterVerdict> standing_;  // a refusal of the client itself: holds for the session
  bool session_over_ = false;              // it accepted the client: nothing more is asked
  bool message_over_ = false;
  bool message_open_ = false;  // told of MAIL, not yet of the end
  bool body_over_ = false;
};

}  // namespace gateway
