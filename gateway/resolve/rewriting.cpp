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

/// One canonical map. An "@domain" result keeps the user; an unqualified one is completed. nullopt: pending.
std::optional<tl::expected<void, lookup::Answer>> map_address(Inquiry& inquiry, const AddressRules& rules,
                                                              const AddressMaps& maps, lookup::Address& address) {
  if (maps.empty() || address.is_null()) return tl::expected<void, lookup::Answer>();
  const auto& delimiters = rules.config->recipient_delimiter;
  const auto keys = virtual_keys(address, delimiters, rules.has_local_names(address.domain));
  const auto hit = search_maps(inquiry, maps, keys);
  if (!hit) return std::nullopt;
  if (hit->answer.is_unavailable()) return tl::expected<void, lookup::Answer>(tl::unexpect, hit->answer);
  if (hit->answer.is_absent()) return tl::expected<void, lookup::Answer>();
  std::string text;
  if (hit->entry != nullptr)
    text = hit->entry->entry.addresses.empty() ? "" : hit->entry->entry.addresses.front();
  else if (!hit->answer.values.empty())
    text = hit->answer.values.front();
  if (text.empty()) return tl::expected<void, lookup::Answer>();
  if (text.starts_with('@')) {
    address.domain = text.substr(1);
    return tl::expected<void, lookup::Answer>();
  }
  address = lookup::split_address(text);
  if (!hit->key->extension.empty() && !delimiters.empty())
    address.local += delimiters.substr(0, 1) + hit->key->extension;
  complete_domain(address, *rules.config);
  return tl::expected<void, lookup::Answer>();
}

}  // namespace

std::optional<tl::expected<lookup::Address, lookup::Answer>> rewrite_envelope_address(Inquiry& inquiry,
                                                                                      const AddressRules& rules,
                                                                                      lookup::Address address,
                                                                                      Services::Role role) {
  using Result = tl::expected<lookup::Address, lookup::Answer>;
  complete_domain(address, *rules.config);
  const auto& own = role == Services::Role::sender ? rules.sender_canonical : rules.recipient_canonical;
  for (const auto* maps : {&own, &rules.canonical}) {
    const auto mapped = map_address(inquiry, rules, *maps, address);
    if (!mapped) return std::nullopt;
    if (!*mapped) return Result(tl::unexpect, mapped->error());
  }
  const auto& settings = rules.config->rewrite.masquerade;
  const char* name = role == Services::Role::sender ? "envelope_sender" : "envelope_recipient";
  if (!settings.domains.empty() &&
      std::find(settings.classes.begin(), settings.classes.end(), name) != settings.classes.end())
    masquerade(address, settings);
  return Result(std::move(address));
}

}  // namespace gateway
