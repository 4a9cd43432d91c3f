#include "gateway/resolve/recipient_search.hpp"

#include <algorithm>

#include "gateway/resolve/mailbox_path.hpp"
#include "gateway/resolve/transport_result.hpp"

namespace gateway {

namespace {

using lookup::Answer;

RecipientSearch absent(std::string table) {
  RecipientSearch search;
  search.answer.answer.detail = table;
  search.answer.table = std::move(table);
  return search;
}

RecipientSearch unavailable(std::string table, lookup::Unavailable reason, std::string detail) {
  RecipientSearch search;
  search.answer.answer = Answer::unavailable(reason, std::move(detail));
  search.answer.table = std::move(table);
  return search;
}

RecipientSearch found(std::string table, Delivery delivery) {
  RecipientSearch search;
  search.answer.answer = Answer::found(std::string("OK"));
  search.answer.table = std::move(table);
  search.answer.delivery = std::move(delivery);
  return search;
}

RecipientSearch expands(std::string table, std::vector<std::string> targets) {
  RecipientSearch search;
  search.answer.answer = Answer::found(std::string("OK"));
  search.answer.table = std::move(table);
  search.answer.expands = true;
  search.targets = std::move(targets);
  return search;
}

bool propagates(const AddressRules& rules, std::string_view kind) {
  const auto& kinds = rules.config->rewrite.propagate_unmatched_extensions;
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

/// The values of an alias as single addresses; "@domain" keeps the user.
std::vector<std::string> alias_targets(const MapHit& hit, const lookup::Address& recipient, std::string_view delimiters,
                                       bool propagate) {
  std::vector<std::string> targets;
  for (const auto& value : hit.answer.values) {
    for (auto& target : split_address_list(value)) {
      if (target.starts_with('@') && target.size() > 1)
        targets.push_back(lookup::Address{recipient.local, target.substr(1)}.to_string());
      else
        targets.push_back(propagate ? with_extension(target, hit.key->extension, delimiters) : std::move(target));
    }
  }
  return targets;
}

std::optional<RecipientSearch> search_aliases(Resolution& resolution, const AddressRules& rules,
                                              const lookup::Address& recipient, const AddressMaps& maps,
                                              const std::vector<AddressKey>& keys, const std::string& table,
                                              bool& known) {
  known = false;
  if (maps.empty()) return RecipientSearch{};
  const auto hit = search_maps(resolution, maps, keys);
  if (!hit) return std::nullopt;
  if (hit->answer.is_absent()) return RecipientSearch{};
  known = true;
  if (hit->answer.is_unavailable()) return unavailable(table, hit->answer.reason, hit->map + ": " + hit->answer.detail);
  if (hit->entry != nullptr) {
    const auto& entry = hit->entry->entry;
    auto targets = entry.is_group ? entry.members : !entry.forward.empty() ? entry.forward : entry.addresses;
    auto search = expands(table, std::move(targets));
    search.is_group = entry.is_group;
    if (entry.is_group) search.list = hit->key->address.local;
    return search;
  }
  // A key without domain comes from a file in the form of aliases(5), whose lists have owners.
  const bool is_local = &maps != &rules.virtual_aliases && table == "local recipient";
  auto search = expands(table, alias_targets(*hit, recipient, rules.config->recipient_delimiter,
                                             propagates(rules, is_local ? "alias" : "virtual")));
  if (is_local) search.list = hit->key->text;
  search.extension = hit->key->extension;
  return search;
}

bool is_our_host(const config::Config& config, std::string_view host) {
  const std::string folded = lookup::ascii_lower(host);
  return folded == lookup::ascii_lower(config.hostname) || folded == "localhost";
}

tl::expected<Delivery, std::string> maildir_of_entry(const AddressRules& rules, const lookup::Address& recipient,
                                                     const lookup::DirectoryEntry& entry) {
  auto path = mailbox_path(rules.config->mailboxes, recipient, entry.home);
  if (!path) return tl::unexpected(entry.dn + ": " + path.error());
  Delivery delivery;
  delivery.kind = Delivery::Kind::maildir;
  delivery.path = std::move(*path);
  delivery.uid = entry.uid;
  delivery.gid = entry.gid;
  delivery.quota = entry.quota.value_or(rules.config->mailboxes.quota_default);
  return delivery;
}

/// What the directory entry of a mailbox says: group, forward, another server, or a Maildir here. The decisions for
/// mailHost x mailRoutingAddress are those of sendmail's LDAP routing: a remote host gets the routing address when
/// there is one, else the address as it came; without a remote host the routing address is followed.
std::optional<RecipientSearch> mailbox_of_entry(Resolution& resolution, const AddressRules& rules,
                                                const lookup::Address& recipient, const lookup::DirectoryEntry& entry,
                                                const std::string& table, FollowAliases forwards) {
  if (!entry.may_receive) return absent(table);
  if (entry.is_group) {
    auto search = expands(table, entry.members);
    search.is_group = true;
    search.list = recipient.local;
    return search;
  }
  if (!entry.mail_host.empty() && !is_our_host(*rules.config, entry.mail_host)) {
    const auto delivery = route_for(resolution, rules, recipient, &entry);
    if (!delivery) return std::nullopt;
    auto search = entry.forward.empty() ? found(table, *delivery) : expands(table, entry.forward);
    search.answer.delivery = *delivery;
    return search;
  }
  if (entry.forward.empty() || forwards == FollowAliases::no) {
    auto delivery = maildir_of_entry(rules, recipient, entry);
    if (!delivery) return unavailable(table, lookup::Unavailable::malformed, delivery.error());
    return found(table, std::move(*delivery));
  }
  auto search = expands(table, entry.forward);
  if (entry.keep_copy) {
    auto copy = maildir_of_entry(rules, recipient, entry);
    if (!copy) return unavailable(table, lookup::Unavailable::malformed, copy.error());
    search.answer.delivery = std::move(*copy);
  }
  return search;
}

std::optional<RecipientSearch> mailbox_of_hit(Resolution& resolution, const AddressRules& rules,
                                              const lookup::Address& recipient, const MapHit& hit,
                                              const std::string& table, FollowAliases forwards) {
  if (hit.answer.is_absent()) return absent(table);
  if (hit.answer.is_unavailable()) return unavailable(table, hit.answer.reason, hit.map + ": " + hit.answer.detail);
  // The address without its extension names the mailbox.
  const auto& addressed =
      hit.key->address.domain.empty() || hit.key->address.local.empty() ? recipient : hit.key->address;
  if (hit.entry != nullptr) {
    auto search = mailbox_of_entry(resolution, rules, addressed, hit.entry->entry, table, forwards);
    if (search && search->answer.expands && search->list.empty() && propagates(rules, "forward"))
      for (auto& target : search->targets)
        target = with_extension(target, hit.key->extension, rules.config->recipient_delimiter);
    return search;
  }
  // A table says where the mailbox lies, as virtual_mailbox_maps do.
  config::Mailboxes mailboxes = rules.config->mailboxes;
  mailboxes.path = "%{home}";
  const auto path = mailbox_path(mailboxes, addressed, hit.answer.values.front());
  if (!path) return unavailable(table, lookup::Unavailable::malformed, hit.map + ": " + path.error());
  Delivery delivery;
  delivery.kind = Delivery::Kind::maildir;
  delivery.path = *path;
  delivery.quota = mailboxes.quota_default;
  return found(table, std::move(delivery));
}

std::optional<RecipientSearch> search_local(Resolution& resolution, const AddressRules& rules,
                                            const AddressRules::Domain& domain, const lookup::Address& recipient,
                                            FollowAliases forwards) {
  static const std::string table = "local recipient";
  const auto& config = *rules.config;
  const auto keys = alias_keys(recipient, config.recipient_delimiter);
  for (const auto* maps : {&domain.aliases, &rules.local_aliases}) {
    if (forwards == FollowAliases::no) break;
    bool known = false;
    auto search = search_aliases(resolution, rules, recipient, *maps, keys, table, known);
    if (!search || known) return search;
  }
  for (const auto* maps : {&domain.mailboxes, &domain.recipients}) {
    if (maps->empty()) continue;
    const auto full = virtual_keys(recipient, config.recipient_delimiter, true);
    const auto hit = search_maps(resolution, *maps, full);
    if (!hit) return std::nullopt;
    if (!hit->answer.is_absent()) return mailbox_of_hit(resolution, rules, recipient, *hit, table, forwards);
  }
  if (domain.mailboxes.empty() && domain.recipients.empty()) {
    const auto hit = search_maps(resolution, rules.local_users, keys);
    if (!hit) return std::nullopt;
    if (hit->answer.is_unavailable()) return unavailable(table, hit->answer.reason, hit->answer.detail);
    if (hit->answer.is_found()) {
      lookup::DirectoryEntry user;
      user.dn = "unix user " + hit->key->text;
      user.home = home_of_passwd_line(hit->answer.values.front());
      return mailbox_of_entry(resolution, rules, {hit->key->text, recipient.domain}, user, table, forwards);
    }
  }
  if (!config.luser_relay.empty())
    return expands(table, {expand_luser_relay(config.luser_relay, recipient, config.recipient_delimiter)});
  return absent(table);
}

std::optional<RecipientSearch> search_relay(Resolution& resolution, const AddressRules& rules,
                                            const AddressRules::Domain& domain, const lookup::Address& recipient) {
  static const std::string table = "relay recipient";
  const lookup::DirectoryEntry* entry = nullptr;
  if (!domain.recipients.empty()) {
    const auto keys = virtual_keys(recipient, rules.config->recipient_delimiter, false);
    const auto hit = search_maps(resolution, domain.recipients, keys);
    if (!hit) return std::nullopt;
    if (hit->answer.is_absent()) return absent(table);
    if (hit->answer.is_unavailable())
      return unavailable(table, hit->answer.reason, hit->map + ": " + hit->answer.detail);
    if (hit->entry != nullptr) {
      entry = &hit->entry->entry;
      if (!entry->may_receive) return absent(table);
    }
  }
  const auto delivery = route_for(resolution, rules, recipient, entry);
  if (!delivery) return std::nullopt;
  return found(table, *delivery);
}

std::optional<RecipientSearch> search_existing(Resolution& resolution, const AddressRules& rules,
                                               const lookup::Address& recipient, FollowAliases aliases);

}  // namespace

std::optional<Delivery> route_for(Resolution& resolution, const AddressRules& rules, const lookup::Address& recipient,
                                  const lookup::DirectoryEntry* entry) {
  if (!rules.transport.empty()) {
    const auto keys = transport_keys(recipient, rules.config->recipient_delimiter);
    const auto hit = search_maps(resolution, rules.transport, keys);
    if (!hit) return std::nullopt;
    if (hit->answer.is_unavailable()) {
      Delivery delivery;
      delivery.kind = Delivery::Kind::defer;
      delivery.dsn = "4.3.0";
      delivery.reply = "Temporary lookup failure";
      return delivery;
    }
    if (hit->answer.is_found() && !hit->answer.values.empty()) {
      auto delivery = delivery_of_transport(rules, recipient, hit->answer.values.front());
      if (delivery) return delivery;
    }
  }
  Delivery delivery;
  delivery.kind = Delivery::Kind::relay;
  const auto* domain = rules.find_domain(recipient.domain);
  if (domain != nullptr && !domain->settings->route.empty()) {
    delivery.route = domain->settings->route;
    return delivery;
  }
  delivery.route = "default";
  if (entry != nullptr && !entry->mail_host.empty() && !is_our_host(*rules.config, entry->mail_host)) {
    // A route of that name carries port, TLS and login; otherwise the host itself, without an MX look-up.
    if (rules.find_route(entry->mail_host) != nullptr) {
      delivery.route = entry->mail_host;
    } else {
      const auto colon = entry->mail_host.rfind(':');
      const auto host = entry->mail_host.substr(0, colon);
      delivery.nexthop = "[" + host + "]" + (colon == std::string::npos ? "" : entry->mail_host.substr(colon));
    }
  }
  return delivery;
}

std::optional<RecipientSearch> search_recipient(Resolution& resolution, const AddressRules& rules,
                                                const lookup::Address& recipient, FollowAliases aliases) {
  auto search = search_existing(resolution, rules, recipient, aliases);
  if (!search || !search->answer.answer.is_found() || rules.alias_senders.empty() || aliases == FollowAliases::no)
    return search;
  const auto keys = virtual_keys(recipient, rules.config->recipient_delimiter, rules.has_local_names(recipient.domain));
  const auto hit = search_maps(resolution, rules.alias_senders, keys);
  if (!hit) return std::nullopt;
  if (hit->answer.is_unavailable())
    return unavailable(search->answer.table, hit->answer.reason, hit->map + ": " + hit->answer.detail);
  if (hit->answer.is_absent()) return search;
  for (const auto& value : hit->answer.values)
    for (auto& sender : split_address_list(value)) {
      if (sender == "members")
        search->answer.senders.insert(search->answer.senders.end(), search->targets.begin(), search->targets.end());
      search->answer.senders.push_back(std::move(sender));
    }
  // An empty list lets nobody send, where no list lets everybody.
  if (search->answer.senders.empty()) search->answer.senders.emplace_back();
  return search;
}

namespace {

std::optional<RecipientSearch> search_existing(Resolution& resolution, const AddressRules& rules,
                                               const lookup::Address& recipient, FollowAliases aliases) {
  const auto* domain = rules.find_domain(recipient.domain);
  const auto& delimiters = rules.config->recipient_delimiter;
  if (aliases == FollowAliases::yes) {
    const auto keys = virtual_keys(recipient, delimiters, rules.has_local_names(recipient.domain));
    bool known = false;
    auto search = search_aliases(resolution, rules, recipient, rules.virtual_aliases, keys, "virtual alias", known);
    if (!search || known) return search;
    if (domain != nullptr && domain->settings->domain_class == config::DomainClass::virtual_alias) {
      search = search_aliases(resolution, rules, recipient, domain->aliases, keys, "virtual alias", known);
      if (!search || known) return search;
    }
  }
  if (!rules.relocated.empty()) {
    const auto keys = virtual_keys(recipient, delimiters, rules.has_local_names(recipient.domain));
    const auto hit = search_maps(resolution, rules.relocated, keys);
    if (!hit) return std::nullopt;
    if (hit->answer.is_unavailable()) return unavailable("relocated", hit->answer.reason, hit->answer.detail);
    if (hit->answer.is_found()) {
      auto search = absent("relocated");
      search.answer.relocated = true;
      search.answer.answer.values = {hit->answer.joined()};
      search.answer.answer.detail = hit->answer.joined();
      return search;
    }
  }
  if (domain == nullptr) {
    const auto delivery = route_for(resolution, rules, recipient, nullptr);
    if (!delivery) return std::nullopt;
    return found("", *delivery);
  }
  switch (domain->settings->domain_class) {
    case config::DomainClass::local:
      return search_local(resolution, rules, *domain, recipient, aliases);
    case config::DomainClass::virtual_alias:
      return absent("virtual alias");
    case config::DomainClass::virtual_mailbox: {
      const auto keys = virtual_keys(recipient, delimiters, false);
      const auto hit = search_maps(resolution, domain->mailboxes, keys);
      if (!hit) return std::nullopt;
      return mailbox_of_hit(resolution, rules, recipient, *hit, "virtual mailbox", aliases);
    }
    case config::DomainClass::relay:
      return search_relay(resolution, rules, *domain, recipient);
  }
  return absent("");
}

}  // namespace

}  // namespace gateway
