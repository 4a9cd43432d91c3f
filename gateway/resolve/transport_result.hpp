#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/delivery.hpp"
#include "gateway/resolve/resolution.hpp"

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

/// The home directory of a passwd(5) line.
std::string home_of_passwd_line(std::string_view line);

/// luser_relay with $user, $extension, $local, $domain, $recipient and $recipient_delimiter filled in, also written
/// ${user} or $(user); other names are empty. "@domain" keeps the user.
std::string expand_luser_relay(std::string_view luser_relay, const lookup::Address& recipient,
                               std::string_view delimiters);

/// sender_dependent_relayhost: mail that would take the route "default" goes where its sender's entry says, a route by
/// its name or servers as in routes.*.relay. False: pending.
[[nodiscard]] bool apply_sender_relayhost(Resolution& resolution, const AddressRules& rules,
                                          const lookup::Address& sender, Delivery& delivery);

}  // namespace gateway
