#include "gateway/resolve/rewriting.hpp"

#include <algorithm>

namespace gateway {

void complete_domain(lookup::Address& address, const config::Config& config) {
  if (address.is_null()) return;
  if (address.domain.empty()) {
    if (config.rewrite.append_at_myorigin) address.domain = config.myorigin;
    return;
  }
  if (config.rewrite.append_dot_mydomain && address.domain.front() != '[' &&
      address.domain.find('.') == std::string::npos && !config.mydomain.empty())
    address.domain += "." + config.mydomain;
}

void masquerade(lookup::Address& address, const config::Masquerade& masquerade) {
  const std::string user = lookup::ascii_lower(address.local);
  if (std::find(masquerade.exceptions.begin(), masquerade.exceptions.end(), user) != masquerade.exceptions.end())
    return;
  const std::string domain = lookup::ascii_lower(address.domain);
  for (std::string_view parent : masquerade.domains) {
    const bool keep = parent.starts_with('!');
    if (keep) parent.remove_prefix(1);
    if (domain != parent && !domain.ends_with("." + std::string(parent))) continue;
    if (!keep) address.domain = std::string(parent);
    return;
  }
}

namespace {

/// A canonical map that leads from address to address without end is left here.
constexpr int most_rounds = 100;

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Found without change ends the search, as absent does.
enum class Mapped : std::uint8_t { no, yes };
using MapResult = std::optional<tl::expected<Mapped, lookup::Answer>>;

/// One look-up. An "@domain" result keeps the user; an unqualified one is completed. nullopt: pending.
MapResult map_once(Resolution& resolution, const AddressRules& rules, const AddressMaps& maps, lookup::Address& address,
                   std::string_view kind) {
  const auto& delimiters = rules.config->recipient_delimiter;
  const auto keys = virtual_keys(address, delimiters, rules.has_local_names(address.domain));
  const auto hit = search_maps(resolution, maps, keys);
  if (!hit) return std::nullopt;
  if (hit->answer.is_unavailable()) return tl::expected<Mapped, lookup::Answer>(tl::unexpect, hit->answer);
  if (hit->answer.is_absent()) return Mapped::no;
  std::string text;
  if (hit->entry != nullptr)
    text = hit->entry->entry.addresses.empty() ? "" : hit->entry->entry.addresses.front();
  else if (!hit->answer.values.empty())
    text = hit->answer.values.front();
  if (text.empty()) return Mapped::no;
  lookup::Address mapped;
  if (text.starts_with('@')) {
    mapped = {address.local, text.substr(1)};
  } else {
    mapped = lookup::split_address(text);
    if (!hit->key->extension.empty() && !delimiters.empty() &&
        has_word(rules.config->rewrite.propagate_unmatched_extensions, kind))
      mapped.local += delimiters.substr(0, 1) + hit->key->extension;
    complete_domain(mapped, *rules.config);
  }
  const bool same = mapped.folded() == address.folded();
  address = std::move(mapped);
  return same ? Mapped::no : Mapped::yes;
}

/// As canonical(5): the result is looked up again until nothing changes.
std::optional<tl::expected<void, lookup::Answer>> map_canonical(Resolution& resolution, const AddressRules& rules,
                                                                const AddressMaps& maps, lookup::Address& address) {
  using Result = tl::expected<void, lookup::Answer>;
  if (maps.empty() || address.is_null()) return Result();
  for (int round = 0; round < most_rounds; ++round) {
    const auto mapped = map_once(resolution, rules, maps, address, "canonical");
    if (!mapped) return std::nullopt;
    if (!*mapped) return Result(tl::unexpect, mapped->error());
    if (**mapped == Mapped::no) return Result();
  }
  return Result(tl::unexpect, lookup::Answer::unavailable(lookup::Unavailable::misconfigured,
                                                          "canonical maps lead in a circle at " + address.to_string()));
}

}  // namespace

std::string_view to_string(AddressClass address_class) {
  static constexpr std::string_view names[] = {"envelope_sender", "envelope_recipient", "header_sender",
                                               "header_recipient"};
  return names[static_cast<std::size_t>(address_class)];
}

RewrittenAddress rewrite_address(Resolution& resolution, const AddressRules& rules, lookup::Address address,
                                 AddressClass address_class) {
  using Result = tl::expected<lookup::Address, lookup::Answer>;
  const auto& settings = rules.config->rewrite;
  const auto name = to_string(address_class);
  const std::pair<const AddressMaps*, const std::vector<std::string>*> steps[] = {
      {&rules.sender_canonical, &settings.sender_canonical_classes},
      {&rules.recipient_canonical, &settings.recipient_canonical_classes},
      {&rules.canonical, &settings.canonical_classes}};
  for (const auto& [maps, classes] : steps) {
    if (maps->empty() || !has_word(*classes, name)) continue;
    const auto mapped = map_canonical(resolution, rules, *maps, address);
    if (!mapped) return std::nullopt;
    if (!*mapped) return Result(tl::unexpect, mapped->error());
  }
  if (!settings.masquerade.domains.empty() && has_word(settings.masquerade.classes, name))
    masquerade(address, settings.masquerade);
  return Result(std::move(address));
}

RewrittenAddress rewrite_envelope_address(Resolution& resolution, const AddressRules& rules, lookup::Address address,
                                          Services::Role role) {
  complete_domain(address, *rules.config);
  return rewrite_address(
      resolution, rules, std::move(address),
      role == Services::Role::sender ? AddressClass::envelope_sender : AddressClass::envelope_recipient);
}

RewrittenAddress rewrite_generic(Resolution& resolution, const AddressRules& rules, lookup::Address address) {
  using Result = tl::expected<lookup::Address, lookup::Answer>;
  if (rules.generic.empty() || address.is_null()) return Result(std::move(address));
  const auto mapped = map_once(resolution, rules, rules.generic, address, "generic");
  if (!mapped) return std::nullopt;
  if (!*mapped) return Result(tl::unexpect, mapped->error());
  return Result(std::move(address));
}

}  // namespace gateway
