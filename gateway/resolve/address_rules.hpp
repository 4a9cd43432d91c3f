#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/config/config.hpp"
#include "gateway/resolve/address_maps.hpp"
#include "policy/facts.hpp"

namespace gateway {

/// The address side of the configuration with its maps opened: what resolution reads. One for each loop, because maps
/// that ask servers belong to a loop; immutable once built.
struct AddressRules {
  struct Domain {
    const config::Domain* settings = nullptr;
    AddressMaps recipients, mailboxes, aliases;
  };

  std::shared_ptr<const config::Config> config;
  std::unordered_map<std::string, Domain> domains;  // by lower-case name
  AddressMaps virtual_aliases, local_aliases, local_users;
  AddressMaps canonical, sender_canonical, recipient_canonical, generic;
  AddressMaps relocated, transport, sender_relayhost, sender_bcc, recipient_bcc, alias_senders;

  /// nullptr when the domain is not served here. A literal of one of our addresses is the first domain of class local.
  const Domain* find_domain(std::string_view name) const;
  policy::DomainClass class_of(const lookup::Address& address) const;

  /// A domain of class local, or myorigin: their users are also looked up by local part alone.
  bool has_local_names(std::string_view domain) const;

  /// The route by its configured name, or nullptr.
  const config::Route* find_route(std::string_view name) const;
};

/// Opens a list of map references; those that cannot be opened are reported by `check` before and skipped here.
using MapOpener = std::function<AddressMaps(const config::MapRefs&)>;

std::shared_ptr<const AddressRules> make_address_rules(std::shared_ptr<const config::Config> config,
                                                       const MapOpener& open);

}  // namespace gateway
