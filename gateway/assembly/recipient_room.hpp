#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gateway/delivery/mailbox_room.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/resolve/delivery.hpp"

namespace gateway {

/// The quota questions that one recipient leads to: empty when one of its deliveries is no mailbox with a quota, so
/// that not all of its mail can be known to fail.
std::vector<MailboxRoom::Mailbox> mailboxes_of(const std::vector<Delivery>& deliveries, const std::string& base);

/// Asks for the room in all of them and calls `done` once, on the loop, with the largest: mail for an alias is taken as
/// long as one mailbox has room. Unknown after two seconds, and for an empty list.
void ask_room(asio::io_context& loop, MailboxRoom& room, std::vector<MailboxRoom::Mailbox> mailboxes,
              std::function<void(std::uint64_t)> done);

}  // namespace gateway
