#include <fmt/format.h>

#include "gateway/config/check_config.hpp"
#include "gateway/config/check_maps.hpp"
#include "gateway/config/units.hpp"
#include "gateway/filter/milter_address.hpp"
#include "lookup/address.hpp"
#include "lookup/embedded_presets.hpp"
#include "lookup/map_reference.hpp"

namespace gateway::config {
namespace {

class References {
 public:
  References(const Config& config, std::vector<Finding>& findings) : config_(config), findings_(findings) {}

  void domains() {
    std::map<std::string, const Domain*> seen;
    for (const auto& domain : config_.domains) {
      const std::string path = "domains." + domain.name;
      const auto [first, fresh] = seen.emplace(lookup::ascii_lower(domain.name), &domain);
      if (!fresh) error(path, fmt::format("the domain is already listed in line {}", first->second->place.line));
      check_maps(config_, domain.recipients, findings_);
      check_maps(config_, domain.mailboxes, findings_);
      check_maps(config_, domain.aliases, findings_);
      if (!domain.route.empty())
        check_name("route", domain.route, names_of(config_.routes), at(path + ".route"), findings_);
      domain_class(domain, path);
    }
  }

  void routes() {
    for (const auto& route : config_.routes) {
      const std::string path = "routes." + route.name;
      if (route.relay.empty() && route.unix_path.empty())
        error(path, fmt::format("route \"{}\" needs \"relay\"", route.name));
      for (const auto& relay : route.relay) relay_syntax(relay, path + ".relay");
      for (const auto& relay : route.fallback) relay_syntax(relay, path + ".fallback");
      if (!route.bind_address.empty() && !lookup::parse_ip(route.bind_address))
        error(path + ".bind_address", fmt::format("\"{}\" is not an IP address", route.bind_address));
      if (route.tls.level == TlsLevel::fingerprint && route.tls.fingerprints.empty())
        error(path + ".tls", "level fingerprint needs \"fingerprints\"");
      if (route.tls.cert_file.empty() != route.tls.key_file.empty())
        error(path + ".tls", "cert_file and key_file go together");
      if (route.auth && route.tls.level == TlsLevel::none && route.unix_path.empty())
        error(path + ".auth", "a password is not sent in clear: set tls.level to encrypt or higher");
    }
  }

  void directories() {
    std::vector<std::string> presets;
    for (const auto& preset : lookup::embedded_presets()) presets.emplace_back(preset.name);
    for (const auto& directory : config_.directories) {
      const std::string path = "directories." + directory.name;
      if (!presets.empty()) check_name("preset", directory.preset, presets, at(path + ".preset"), findings_);
      if (directory.servers.empty()) error(path, fmt::format("directory \"{}\" needs \"servers\"", directory.name));
      bool clear = false;
      for (const auto& server : directory.servers) {
        const auto scheme = server.substr(0, server.find(':'));
        if (scheme == "ldif")
          check_file(server.substr(5), at(path + ".servers"), "directory", findings_);
        else if (!server.starts_with("ldap://") && !server.starts_with("ldaps://") && !server.starts_with("ldapi://"))
          error(path + ".servers",
                fmt::format("\"{}\" is no server; write ldap://HOST, ldaps://HOST, ldapi://PATH or ldif:PATH", server));
        clear = clear || scheme == "ldap";
      }
      if (directory.when_unavailable == WhenUnavailable::replica && directory.replica.mode == ReplicaMode::off)
        error(path + ".when_unavailable", "there is no replica to answer: set replica.mode");
      if (clear && directory.tls.mode == DirectoryTlsMode::none && !directory.bind.password.empty())
        warning(path + ".bind",
                "the password goes over the network in clear; set tls.mode to starttls, or use ldaps://");
      if (directory.tls.cert_file.empty() != directory.tls.key_file.empty())
        error(path + ".tls", "cert_file and key_file go together");
    }
  }

  void tables() {
    for (const auto& table : config_.tables)
      if (!table.directory.empty())
        check_name("directory", table.directory, names_of(config_.directories),
                   at("tables." + table.name + ".directory"), findings_);
  }

  void the_rest() {
    for (const MapRefs* maps :
         {&config_.transport, &config_.rewrite.canonical, &config_.rewrite.sender_canonical,
          &config_.rewrite.recipient_canonical, &config_.rewrite.generic, &config_.aliases.virtual_maps,
          &config_.aliases.local, &config_.aliases.senders, &config_.sender_dependent_relayhost, &config_.relocated,
          &config_.bcc.sender, &config_.bcc.recipient, &config_.content_checks.header,
          &config_.content_checks.mime_header, &config_.content_checks.nested_header, &config_.content_checks.body})
      check_maps(config_, *maps, findings_);
    for (const MapRefs* maps : {&config_.content_checks.header, &config_.content_checks.mime_header,
                                &config_.content_checks.nested_header, &config_.content_checks.body})
      for (const auto& reference : *maps) answers_at_once(reference);
    if (config_.sasl.backend.starts_with("directory:"))
      check_name("directory", config_.sasl.backend.substr(10), names_of(config_.directories), at("sasl.backend"),
                 findings_);
    else if (!config_.sasl.backend.empty() && config_.sasl.backend != "cyrus" &&
             !config_.sasl.backend.starts_with("dovecot:"))
      error("sasl.backend", fmt::format("\"{}\" is not a backend; it must be directory:NAME, cyrus or dovecot:ADDRESS",
                                        config_.sasl.backend));
    for (const auto& filter : config_.filters)
      if (const auto address = parse_milter_address(filter.milter); !address)
        error("filters." + filter.name + ".milter", address.error());
    if (config_.queue.minimal_backoff_time > config_.queue.maximal_backoff_time)
      error("queue.minimal_backoff_time", "minimal_backoff_time is longer than maximal_backoff_time");
    if (config_.limits.soft_error_limit > config_.limits.hard_error_limit && config_.limits.hard_error_limit != 0)
      warning("limits.soft_error_limit", "soft_error_limit is above hard_error_limit, so it has no effect");
    for (const auto& network : config_.mynetworks) {
      if (network.prefix == 0)
        error("mynetworks", fmt::format("{} is everybody: this would be an open relay", network.to_string()));
      else if (network.prefix < (network.base.is_v6 ? 16 : 8))
        warning("mynetworks", fmt::format("{} is a very large network; all of it may relay", network.to_string()));
    }
  }

 private:
  /// Content is looked at line by line while it arrives: no line may wait for a server.
  void answers_at_once(const Text& reference) {
    const auto parsed = lookup::parse_map_reference(reference.text);
    if (!parsed) return;
    std::string type = parsed->type;
    if (parsed->is_name())
      for (const auto& table : config_.tables)
        if (table.name == parsed->argument) type = table.type;
    if (type == "ldap" || type == "directory")
      findings_.push_back({Severity::error, reference.place,
                           fmt::format("{}: content_checks ask for every line, which no server can answer; use pcre, "
                                       "regexp or another table in memory",
                                       reference.text)});
  }

  void domain_class(const Domain& domain, const std::string& path) {
    const auto only = [&](const char* key, bool allowed, const char* classes) {
      if (config_.places.count(path + "." + key) != 0 && !allowed)
        error(path + "." + key, fmt::format("\"{}\" is for class {}", key, classes));
    };
    const auto kind = domain.domain_class;
    only("recipients", kind == DomainClass::relay, "relay");
    only("mailboxes", kind == DomainClass::virtual_mailbox, "virtual_mailbox");
    only("aliases", kind == DomainClass::virtual_alias || kind == DomainClass::local, "virtual_alias and local");
    if (kind == DomainClass::relay && domain.recipients.empty())
      warning(path, fmt::format("relay domain \"{}\" has no \"recipients\": mail for every address is accepted, and "
                                "what the next server refuses must be bounced",
                                domain.name));
    if (kind == DomainClass::virtual_mailbox && domain.mailboxes.empty())
      error(path,
            fmt::format("virtual_mailbox domain \"{}\" needs \"mailboxes\": no address would exist", domain.name));
    if (kind == DomainClass::virtual_mailbox && config_.mailboxes.base.empty())
      error(path, fmt::format("virtual_mailbox domain \"{}\" needs mailboxes.base: there is no place for mailboxes",
                              domain.name));
    if (kind == DomainClass::virtual_alias && domain.aliases.empty() && config_.aliases.virtual_maps.empty())
      error(path, fmt::format("virtual_alias domain \"{}\" needs \"aliases\": no address would exist", domain.name));
  }

  void relay_syntax(const std::string& relay, const std::string& path) {
    const auto bad = [&] {
      error(path, fmt::format("\"{}\" is no server; write \"[HOST]:PORT\", \"[HOST]\", HOST or mx", relay));
    };
    std::string host = relay, port;
    if (relay.starts_with('[')) {
      const auto end = relay.find(']');
      if (end == std::string::npos || end == 1) return bad();
      host = relay.substr(1, end - 1);
      port = relay.substr(end + 1);
      if (!port.empty() && !port.starts_with(':')) return bad();
    } else if (const auto colon = relay.find(':'); colon != std::string::npos) {
      host = relay.substr(0, colon);
      port = relay.substr(colon);
    }
    if (host.empty() || host.find_first_of(" []/@") != std::string::npos) return bad();
    if (port.empty()) return;
    const auto number = parse_integer(std::string_view(port).substr(1));
    if (!number || *number < 1 || *number > 65535) bad();
  }

  Place at(const std::string& path) const { return place_of(config_, path); }
  void error(const std::string& path, std::string text) {
    findings_.push_back({Severity::error, at(path), std::move(text)});
  }
  void warning(const std::string& path, std::string text) {
    findings_.push_back({Severity::warning, at(path), std::move(text)});
  }

  const Config& config_;
  std::vector<Finding>& findings_;
};

}  // namespace

void check_references(const Config& config, std::vector<Finding>& findings) {
  References references(config, findings);
  references.domains();
  references.routes();
  references.directories();
  references.tables();
  references.the_rest();
}

}  // namespace gateway::config
