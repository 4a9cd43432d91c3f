#pragma once

#include <optional>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/resolve/address_rules.hpp"
#include "gateway/resolve/resolution.hpp"
#include "gateway/smtp/services.hpp"

namespace gateway {

using ExpansionResult = tl::expected<Services::Expansion, Refusal>;

/// Replaces aliases, groups and forwards by the recipients they stand for, adds bcc recipients, removes duplicates.
///
/// `known` is parallel to the envelope's recipients: what RCPT found out. An alias loop ends at an address that is
/// already there; an address that leads only to itself is undeliverable (5.4.6). More than aliases.expansion_limit
/// recipients from one, or a map that cannot be asked, refuses the message for now. nullopt: pending; all questions of
/// a level are open at once, so that a group of thousands costs few rounds.
enum class Copies : std::uint8_t { no, yes };  // are bcc recipients added?
std::optional<ExpansionResult> expand_recipients(Resolution& resolution, const AddressRules& rules,
                                                 const Envelope& envelope, const std::vector<RecipientAnswer>& known,
                                                 Copies copies = Copies::yes);

}  // namespace gateway
