#include "gateway/assembly/directory_settings.hpp"

namespace gateway {

lookup::DirectoryOptions directory_options(const config::Config& config, const config::Directory& directory) {
  lookup::DirectoryOptions options;
  options.name = directory.name;
  options.preset = directory.preset;
  options.overrides = directory.overrides;
  options.search_base = directory.search_base;
  options.ldap.servers = directory.servers;
  options.ldap.bind_dn = directory.bind.dn;
  options.ldap.bind_password = directory.bind.password;
  options.ldap.bind = directory.bind.method == "external"                            ? lookup::LdapBind::external
                      : directory.bind.method == "none" || directory.bind.dn.empty() ? lookup::LdapBind::none
                                                                                     : lookup::LdapBind::simple;
  options.ldap.tls = directory.tls.mode == config::DirectoryTlsMode::starttls ? lookup::LdapTls::starttls
                     : directory.tls.mode == config::DirectoryTlsMode::ldaps  ? lookup::LdapTls::ldaps
                                                                              : lookup::LdapTls::none;
  options.ldap.ca_file = directory.tls.ca_file;
  options.ldap.cert_file = directory.tls.cert_file;
  options.ldap.key_file = directory.tls.key_file;
  options.ldap.verify =
      directory.tls.verify == config::Verify::required ? lookup::VerifyCertificate::yes : lookup::VerifyCertificate::no;
  options.ldap.connect_timeout = directory.connect_timeout;
  options.ldap.search_timeout = directory.search_timeout;
  options.cache_positive = directory.cache_positive;
  options.cache_negative = directory.cache_negative;
  options.cache_stale = directory.cache_stale;
  options.when_unavailable = directory.when_unavailable == config::WhenUnavailable::accept
                                 ? lookup::WhenDirectoryUnavailable::accept
                                 : lookup::WhenDirectoryUnavailable::defer;
  options.local_hosts = {config.hostname, "localhost"};
  return options;
}

StoreSet load_stores(const config::Config& config, std::vector<config::Finding>& findings) {
  StoreSet stores;
  for (const auto& directory : config.directories) {
    const auto options = directory_options(config, directory);
    if (!lookup::is_ldif(options)) continue;
    auto loaded = lookup::load_store(options);
    if (!loaded) {
      findings.push_back(
          {config::Severity::error, directory.place, "directory " + directory.name + ": " + loaded.error()});
      continue;
    }
    for (const auto& fault : loaded->faults)
      findings.push_back({config::Severity::warning, directory.place,
                          "directory " + directory.name + ": record at line " + std::to_string(fault.line) +
                              " left out: " + fault.text});
    stores.emplace(directory.name, std::move(loaded->store));
  }
  return stores;
}

}  // namespace gateway
