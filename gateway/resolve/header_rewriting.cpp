#include "gateway/resolve/header_rewriting.hpp"

#include "gateway/resolve/header_addresses.hpp"
#include "gateway/resolve/rewriting.hpp"

namespace gateway {

namespace {

using One = std::function<RewrittenAddress(const lookup::Address&, HeaderClass)>;

/// Applies `one` to each address. The first map that cannot be asked decides; nothing is half rewritten.
RewrittenHeader rewrite_with(std::string_view section, const One& one) {
  bool pending = false;
  std::optional<lookup::Answer> failure;
  auto changed = change_header(
      section, [&](const lookup::Address& address, HeaderClass header_class) -> std::optional<lookup::Address> {
        auto result = one(address, header_class);
        if (!result) {
          pending = true;
          return std::nullopt;
        }
        if (*result) return std::move(**result);
        if (!failure) failure = result->error();
        return std::nullopt;
      });
  if (failure) return tl::expected<std::string, lookup::Answer>(tl::unexpect, std::move(*failure));
  if (pending) return std::nullopt;
  return changed;
}

void complete_foreign(lookup::Address& address, const config::Rewrite& settings) {
  const auto& domain = settings.remote_header_rewrite_domain;
  if (address.domain.empty()) {
    if (settings.append_at_myorigin) address.domain = domain;
  } else if (settings.append_dot_mydomain && address.domain.find_first_of(".[") == std::string::npos) {
    address.domain += "." + domain;
  }
}

bool has_header_class(const std::vector<std::string>& classes) {
  for (const auto& each : classes)
    if (each.starts_with("header_")) return true;
  return false;
}

}  // namespace

bool rewrites_header(const config::Config& config, Services::HeaderOrigin origin) {
  const auto& rewrite = config.rewrite;
  if (origin == Services::HeaderOrigin::foreign && rewrite.remote_header_rewrite_domain.empty()) return false;
  if (rewrite.append_at_myorigin || rewrite.append_dot_mydomain) return true;
  return (!rewrite.canonical.empty() && has_header_class(rewrite.canonical_classes)) ||
         (!rewrite.sender_canonical.empty() && has_header_class(rewrite.sender_canonical_classes)) ||
         (!rewrite.recipient_canonical.empty() && has_header_class(rewrite.recipient_canonical_classes)) ||
         (!rewrite.masquerade.domains.empty() && has_header_class(rewrite.masquerade.classes));
}

RewrittenHeader rewrite_header(Resolution& resolution, const AddressRules& rules, std::string_view section,
                               Services::HeaderOrigin origin) {
  return rewrite_with(section, [&](lookup::Address address, HeaderClass header_class) {
    if (origin == Services::HeaderOrigin::ours)
      complete_domain(address, *rules.config);
    else
      complete_foreign(address, rules.config->rewrite);
    return rewrite_address(
        resolution, rules, std::move(address),
        header_class == HeaderClass::sender ? AddressClass::header_sender : AddressClass::header_recipient);
  });
}

RewrittenHeader rewrite_header_generic(Resolution& resolution, const AddressRules& rules, std::string_view section) {
  return rewrite_with(section, [&](const lookup::Address& address, HeaderClass) {
    return rewrite_generic(resolution, rules, address);
  });
}

}  // namespace gateway
