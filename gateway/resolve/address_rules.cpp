#include "gateway/resolve/address_rules.hpp"

#include <algorithm>

namespace gateway {

namespace {

bool is_our_literal(const config::Config& config, std::string_view domain) {
  if (domain.size() < 2 || domain.front() != '[') return false;
  auto text = domain.substr(1, domain.size() - 2);
  if (lookup::ascii_lower(text.substr(0, 5)) == "ipv6:") text.remove_prefix(5);
  const auto address = lookup::parse_ip(text);
  if (!address) return false;
  if (address->is_loopback()) return true;
  if (std::find(config.proxy_interfaces.begin(), config.proxy_interfaces.end(), *address) !=
      config.proxy_interfaces.end())
    return true;
  for (const auto& listener : config.listeners)
    for (const auto& own : listener.address)
      if (const auto ip = lookup::parse_ip(own); ip && *ip == *address) return true;
  return false;
}

}  // namespace

const AddressRules::Domain* AddressRules::find_domain(std::string_view name) const {
  const auto found = domains.find(lookup::ascii_lower(name));
  if (found != domains.end()) return &found->second;
  if (!name.empty() && name.front() == '[' && is_our_literal(*config, name)) {
    for (const auto& domain : config->domains)
      if (domain.domain_class == config::DomainClass::local)
        return &domains.find(lookup::ascii_lower(domain.name))->second;
  }
  return nullptr;
}

policy::DomainClass AddressRules::class_of(const lookup::Address& address) const {
  const auto* domain = find_domain(address.domain);
  if (domain == nullptr) return policy::DomainClass::unserved;
  switch (domain->settings->domain_class) {
    case config::DomainClass::local:
      return policy::DomainClass::local;
    case config::DomainClass::virtual_alias:
      return policy::DomainClass::virtual_alias;
    case config::DomainClass::virtual_mailbox:
      return policy::DomainClass::virtual_mailbox;
    case config::DomainClass::relay:
      return policy::DomainClass::relay;
  }
  return policy::DomainClass::unserved;
}

bool AddressRules::has_local_names(std::string_view domain) const {
  const std::string folded = lookup::ascii_lower(domain);
  if (folded == lookup::ascii_lower(config->myorigin)) return true;
  const auto* served = find_domain(folded);
  return served != nullptr && served->settings->domain_class == config::DomainClass::local;
}

const config::Route* AddressRules::find_route(std::string_view name) const {
  for (const auto& route : config->routes)
    if (route.name == name) return &route;
  return nullptr;
}

std::shared_ptr<const AddressRules> make_address_rules(std::shared_ptr<const config::Config> config,
                                                       const MapOpener& open) {
  auto rules = std::make_shared<AddressRules>();
  for (const auto& domain : config->domains)
    rules->domains[lookup::ascii_lower(domain.name)] = {&domain, open(domain.recipients), open(domain.mailboxes),
                                                        open(domain.aliases)};
  rules->virtual_aliases = open(config->aliases.virtual_maps);
  rules->local_aliases = open(config->aliases.local);
  rules->local_users = open({{"unix:passwd.byname", {}}});
  rules->canonical = open(config->rewrite.canonical);
  rules->sender_canonical = open(config->rewrite.sender_canonical);
  rules->recipient_canonical = open(config->rewrite.recipient_canonical);
  rules->generic = open(config->rewrite.generic);
  rules->sender_relayhost = open(config->sender_dependent_relayhost);
  rules->alias_senders = open(config->aliases.senders);
  rules->relocated = open(config->relocated);
  rules->transport = open(config->transport);
  rules->sender_bcc = open(config->bcc.sender);
  rules->recipient_bcc = open(config->bcc.recipient);
  rules->config = std::move(config);
  return rules;
}

}  // namespace gateway
