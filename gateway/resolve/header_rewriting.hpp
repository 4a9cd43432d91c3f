#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/resolution.hpp"
#include "gateway/smtp/services.hpp"

namespace gateway {

/// The new header section, or the answer of the map that cannot be asked. nullopt: pending.
using RewrittenHeader = std::optional<tl::expected<std::string, lookup::Answer>>;

/// Would rewrite_header() change anything in mail of this origin? No: the header need not be held back.
bool rewrites_header(const config::Config& config, Services::HeaderOrigin origin);

/// The header section of a message that is being accepted. Addresses of our own clients are completed (myorigin,
/// mydomain), those of others get remote_header_rewrite_domain; then canonical maps and masquerading by the classes
/// header_sender and header_recipient. All questions of one header are open at once.
RewrittenHeader rewrite_header(Resolution& resolution, const AddressRules& rules, std::string_view section,
                               Services::HeaderOrigin origin);

/// The header section of a message on its way out: rewrite.generic for all its addresses.
RewrittenHeader rewrite_header_generic(Resolution& resolution, const AddressRules& rules, std::string_view section);

}  // namespace gateway
