#include <fmt/core.h>

#include "lookup/directory_options.hpp"
#include "lookup/layout.hpp"
#include "lookup/ldap_directory.hpp"
#include "lookup/ldif_directory.hpp"

namespace lookup {

namespace {

constexpr std::string_view ldif_scheme = "ldif:";

tl::expected<std::shared_ptr<const Layout>, std::string> layout_of(const DirectoryOptions& options) {
  auto preset = find_preset(options.preset, options.overrides);
  if (!preset) return tl::unexpected(fmt::format("directory {}: {}", options.name, preset.error()));
  // A file has no server to bind to: its passwords are compared.
  if (is_ldif(options)) preset->auth.method = Preset::AuthMethod::compare;
  return std::make_shared<const Layout>(std::move(*preset), options.search_base, options.local_hosts);
}

}  // namespace

bool is_ldif(const DirectoryOptions& options) {
  return !options.ldap.servers.empty() && options.ldap.servers.front().starts_with(ldif_scheme);
}

tl::expected<LoadedStore, std::string> load_store(const DirectoryOptions& options) {
  const auto layout = layout_of(options);
  if (!layout) return tl::unexpected(layout.error());
  if (!is_ldif(options)) return tl::unexpected(fmt::format("directory {}: not an ldif: file", options.name));
  const auto path = options.ldap.servers.front().substr(ldif_scheme.size());
  auto indexed = (*layout)->indexed();
  // What tables and members ask for most, whatever the preset.
  for (const auto* name : {"mail", "uid", "cn", "mailLocalAddress"}) indexed.emplace_back(name);
  EntryStore::Builder builder(indexed);
  std::vector<LdifFault> twice;
  auto faults = read_ldif_file(path, [&](Entry&& entry) {
    if (!builder.add(entry)) twice.push_back({0, fmt::format("{} stands there twice or is too large", entry.name)});
  });
  if (!faults) return tl::unexpected(fmt::format("directory {}: {}", options.name, faults.error()));
  faults->insert(faults->end(), twice.begin(), twice.end());
  return LoadedStore{builder.finish(), std::move(*faults)};
}

tl::expected<std::unique_ptr<Directory>, std::string> make_directory(const DirectoryOptions& options,
                                                                     asio::io_context& loop,
                                                                     std::shared_ptr<const EntryStore> store,
                                                                     DirectoryObserver* observer) {
  const auto layout = layout_of(options);
  if (!layout) return tl::unexpected(layout.error());
  if (options.ldap.servers.empty()) return tl::unexpected(fmt::format("directory {}: no servers", options.name));
  if (!is_ldif(options)) return std::make_unique<LdapDirectory>(options, *layout, loop, observer);
  if (!store) {
    auto loaded = load_store(options);
    if (!loaded) return tl::unexpected(std::move(loaded.error()));
    store = std::move(loaded->store);
  }
  return std::make_unique<LdifDirectory>(options.name, *layout, std::move(store), options.ldap.servers.front(), loop,
                                         observer);
}

}  // namespace lookup
