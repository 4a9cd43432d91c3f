#include "gateway/assembly/recipient_room.hpp"

#include <algorithm>
#include <memory>

namespace gateway {

namespace {

constexpr std::size_t most_mailboxes = 10;
constexpr std::chrono::seconds limit{2};

/// What is still open of one recipient's question. Belongs to the loop.
struct Inquiry {
  explicit Inquiry(asio::io_context& on) : loop(on), timer(on) {}

  void finish(std::uint64_t room) {
    if (!done) return;
    timer.cancel();
    std::exchange(done, nullptr)(room);
  }

  asio::io_context& loop;
  asio::steady_timer timer;
  std::size_t open = 0;
  std::uint64_t most = 0;
  std::function<void(std::uint64_t)> done;
};

}  // namespace

std::vector<MailboxRoom::Mailbox> mailboxes_of(const std::vector<Delivery>& deliveries, const std::string& base) {
  std::vector<MailboxRoom::Mailbox> mailboxes;
  if (deliveries.size() > most_mailboxes) return mailboxes;
  for (const auto& delivery : deliveries) {
    if (delivery.kind != Delivery::Kind::maildir || delivery.quota == 0) return {};
    mailboxes.push_back({base, delivery.path, delivery.quota});
  }
  return mailboxes;
}

void ask_room(asio::io_context& loop, MailboxRoom& room, std::vector<MailboxRoom::Mailbox> mailboxes,
              std::function<void(std::uint64_t)> done) {
  if (mailboxes.empty()) {
    done(MailboxRoom::unknown);
    return;
  }
  auto inquiry = std::make_shared<Inquiry>(loop);
  inquiry->open = mailboxes.size();
  inquiry->done = std::move(done);
  inquiry->timer.expires_after(limit);
  inquiry->timer.async_wait([inquiry](std::error_code error) {
    if (!error) inquiry->finish(MailboxRoom::unknown);
  });
  for (auto& mailbox : mailboxes) {
    room.ask(std::move(mailbox), [inquiry](std::uint64_t octets) {
      asio::post(inquiry->loop, [inquiry, octets] {
        inquiry->most = std::max(inquiry->most, octets);
        if (--inquiry->open == 0) inquiry->finish(inquiry->most);
      });
    });
  }
}

}  // namespace gateway
