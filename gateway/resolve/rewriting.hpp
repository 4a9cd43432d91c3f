#pragma once

#include <optional>
#include <tl/expected.hpp>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/inquiry.hpp"
#include "gateway/smtp/services.hpp"

namespace gateway {

/// user -> user@myorigin (append_at_myorigin), host -> host.mydomain (append_dot_mydomain). The null sender stays.
void complete_domain(lookup::Address& address, const config::Config& config);

/// Hides the hosts below a masqueraded domain: user@host.example.com -> user@example.com. The first domain of the list
/// that fits decides; "!domain" keeps; exceptions are user names.
void masquerade(lookup::Address& address, const config::Masquerade& masquerade);

/// The envelope address after canonical maps (sender_canonical or recipient_canonical first, then canonical), with the
/// domain completed, masqueraded when its class is configured. The error is the answer of the map that cannot be asked.
/// nullopt: pending.
std::optional<tl::expected<lookup::Address, lookup::Answer>> rewrite_envelope_address(Inquiry& inquiry,
                                                                                      const AddressRules& rules,
                                                                                      lookup::Address address,
                                                                                      Services::Role role);

}  // namespace gateway
