#pragma once

#include <optional>
#include <tl/expected.hpp>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/resolution.hpp"
#include "gateway/smtp/services.hpp"

namespace gateway {

/// The four kinds of addresses that maps and masquerading tell apart; the words of rewrite.*_classes.
enum class AddressClass : std::uint8_t { envelope_sender, envelope_recipient, header_sender, header_recipient };
std::string_view to_string(AddressClass address_class);

/// user -> user@myorigin (append_at_myorigin), host -> host.mydomain (append_dot_mydomain). The null sender stays.
void complete_domain(lookup::Address& address, const config::Config& config);

/// Hides the hosts below a masqueraded domain: user@host.example.com -> user@example.com. The first domain of the list
/// that fits decides; "!domain" keeps; exceptions are user names.
void masquerade(lookup::Address& address, const config::Masquerade& masquerade);

/// The new address, or the answer of the map that cannot be asked. nullopt: pending.
using RewrittenAddress = std::optional<tl::expected<lookup::Address, lookup::Answer>>;

/// A complete address after canonical maps (sender_canonical or recipient_canonical first, then canonical, each again
/// until it knows no more) and masquerading, as far as they are meant for its class.
RewrittenAddress rewrite_address(Resolution& resolution, const AddressRules& rules, lookup::Address address,
                                 AddressClass address_class);

/// The same for an address as MAIL or RCPT gave it: its domain is completed first.
RewrittenAddress rewrite_envelope_address(Resolution& resolution, const AddressRules& rules, lookup::Address address,
                                          Services::Role role);

/// An address of mail that leaves by SMTP, after rewrite.generic: one look-up, as generic(5) says.
RewrittenAddress rewrite_generic(Resolution& resolution, const AddressRules& rules, lookup::Address address);

}  // namespace gateway
