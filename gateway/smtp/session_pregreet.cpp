#include <fmt/core.h>

#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

constexpr std::chrono::milliseconds look_again{50};
constexpr std::chrono::seconds read_limit{1};

}  // namespace

/// postscreen's test: a real server waits for the banner, bulk senders often do not. Who has spoken at the end of this
/// is refused by greet(); who has not is remembered and need not wait again.
Session::Done Session::hold_banner() {
  const auto& test = parts_->listener_config().pregreet;
  if (test.wait.count() == 0 || !limited_) co_return;
  const config::Rate memory{1, test.remember};
  const auto client = ClientCounters::client(facts_.client_address);
  const auto began = std::chrono::steady_clock::now();
  const bool is_known =
      test.remember.count() > 0 && parts_->counters.rate(client, ClientCounters::Event::patience, memory, began) > 0;
  if (is_known) co_return;
  if (!test.banner.empty()) {
    out_ += "220-" + test.banner + "\r\n";
    const bool flushed = co_await flush();
    if (!flushed) co_return;
  }
  asio::steady_timer timer(parts_->shard.loop());
  while (!stopping_ && reader_.empty() && !connection_.has_unread_input() &&
         std::chrono::steady_clock::now() - began < test.wait) {
    timer.expires_after(look_again);
    [[maybe_unused]] auto [error] = co_await timer.async_wait(token);
  }
  const auto waited = std::chrono::steady_clock::now() - began;
  if (connection_.has_unread_input()) {
    connection_.expire_after(read_limit);
    const Received received = co_await connection_.receive();
    connection_.never_expire();
    if (!received.error) reader_.feed(received.octets);
  }
  if (!reader_.empty()) {
    log_pregreet(waited);
  } else if (test.remember.count() > 0) {
    parts_->counters.count(client, ClientCounters::Event::patience, memory, std::chrono::steady_clock::now());
  }
}

void Session::log_pregreet(std::chrono::steady_clock::duration after) {
  const auto said = reader_.rest();
  parts_->log.write(Program::smtpd, Level::info, "pregreet", {},
                    fmt::format("PREGREET {} after {:.2f} from [{}]:{}: {}", said.size(),
                                std::chrono::duration<double>(after).count(), facts_.client_address.to_string(),
                                facts_.client_port, said.substr(0, 100)),
                    {{"client", client_}});
}

}  // namespace gateway
