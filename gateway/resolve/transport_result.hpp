#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/delivery.hpp"

namespace gateway {

/// What transport(5) says for a recipient: "ROUTE", "ROUTE:nexthop", "smtp:[host]:25", ":nexthop", "discard:",
/// "error:5.7.1 text", "retry:text". nullopt for an empty result ("no change").
std::optional<Delivery> delivery_of_transport(const AddressRules& rules, const lookup::Address& recipient,
                                              std::string_view result);

/// FILTER transport:nexthop of an access table: what would be delivered or relayed goes through the filter instead.
void apply_filter(const AddressRules& rules, const std::string& filter, const lookup::Address& recipient,
                  Delivery& delivery);

/// Splits the right-hand side of an alias at commas and blanks outside quotes and comments.
std::vector<std::string> split_address_list(std::string_view text);

/// "|command" and "/file" in an alias, also in quotes.
bool is_command_or_file(std::string_view target);

/// How such a target is reached: a failure (5.7.1) unless mailboxes.local allows it.
Delivery delivery_of_target(const config::Config& config, std::string_view target);

/// What a passwd(5) line says of its user; uid and gid are unset when the line holds no numbers.
struct PasswdLine {
  std::string home;
  std::optional<std::uint32_t> uid, gid;
};
PasswdLine parse_passwd_line(std::string_view line);

/// luser_relay with $user, $domain, $local, $recipient filled in; a bare name gets the recipient's domain.
std::string expand_luser_relay(const std::string& luser_relay, const lookup::Address& recipient);

}  // namespace gateway
