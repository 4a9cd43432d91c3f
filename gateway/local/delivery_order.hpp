#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"

namespace gateway {

/// One message of an order. Its content travels as a file descriptor.
struct OrderedMail {
  MessageId id;
  std::uint32_t recipient = 0;
  SystemTime arrival{};
  bool may_exist = false;
  std::uint64_t quota = 0;  // 0 = that of the configuration
  std::uint64_t size = 0;   // of the content
  std::string sender, address, original;
  std::string client_name, client_address, helo, protocol, login;  // for the environment of programs
};

/// What the delivery service reads while it still has privileges: plain numbers and a path, nothing that a client of
/// the gateway wrote.
struct OrderHead {
  enum class Kind : std::uint8_t { maildir, local, command, file };

  Kind kind = Kind::maildir;
  std::uint32_t uid = 0, gid = 0;  // meaningless for commands and files: they have default_privs
  bool create = true;              // whether a missing mailbox is made
  std::string base, path;          // a Maildir below the base; a command line or file for the other kinds
  std::string user;                // login name, for kind local
};

/// Messages for one mailbox, file or program, as the gateway hands them to the delivery service.
struct DeliveryOrder {
  OrderHead head;
  std::string hostname, recipient_delimiter;
  std::uint64_t quota_default = 0, mailbox_size_limit = 0;
  config::FullAction full_action = config::FullAction::defer;
  std::vector<OrderedMail> mails;
};

constexpr std::size_t largest_order = 131072;
constexpr std::size_t most_mails = 32;

std::string encode_order(const DeliveryOrder& order);

/// nullopt for anything that encode_order() does not make. The head alone can be read first.
std::optional<OrderHead> decode_order_head(std::string_view record);
std::optional<DeliveryOrder> decode_order(std::string_view record);

/// The service's answer: one outcome for each message, or a single one that is for all of them.
std::string encode_outcomes(const std::vector<Outcome>& outcomes);
std::optional<std::vector<Outcome>> decode_outcomes(std::string_view record, std::size_t mails);

}  // namespace gateway
