#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"

namespace gateway {

/// One message for one mailbox, and what became of it.
struct MailboxJob {
  std::shared_ptr<ActiveMessage> message;  // only handed through: the writer reads nothing of it
  std::uint32_t recipient = 0;
  MessageId id;
  SystemTime arrival{};
  std::string sender, address, original;
  Delivery delivery;
  std::shared_ptr<const Content> content;
  std::shared_ptr<const config::Config> config;
  bool may_exist = false;  // an earlier attempt may have written it before a crash
  bool made_mailbox = false, failed_to_open = false;
  std::chrono::steady_clock::time_point started{};
  Outcome outcome;
};

}  // namespace gateway
