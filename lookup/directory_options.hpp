#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/directory.hpp"
#include "lookup/directory_observer.hpp"
#include "lookup/entry_store.hpp"
#include "lookup/ldap_options.hpp"
#include "lookup/ldif_source.hpp"
#include "lookup/preset.hpp"

namespace asio {
class io_context;
}

namespace lookup {

enum class WhenDirectoryUnavailable : std::uint8_t { defer, accept };

/// Everything that describes one directory. With "ldif:PATH" as its only server it answers from that file.
struct DirectoryOptions {
  std::string name;
  std::string preset = "inet-local-mail-recipient";
  PresetOverrides overrides;
  std::string search_base;
  LdapOptions ldap;
  std::chrono::seconds cache_positive{0}, cache_negative{0}, cache_stale{0};
  std::size_t cache_entries = 100'000;
  WhenDirectoryUnavailable when_unavailable = WhenDirectoryUnavailable::defer;
  std::vector<std::string> local_hosts;  // names of this machine: a mailHost among them means delivery here
};

bool is_ldif(const DirectoryOptions& options);

struct LoadedStore {
  std::shared_ptr<const EntryStore> store;
  std::vector<LdifFault> faults;  // records left out
};

/// Reads the LDIF file of `options`, indexed as its preset's filters need. Done once; all loops share the store.
/// The error is text for the log or `check`.
tl::expected<LoadedStore, std::string> load_store(const DirectoryOptions& options);

/// A directory for one event loop. `store` is needed for ldif (null: loaded here). `loop` and `observer` (may be null)
/// must outlive it. Does not wait for the network. The error is text about the options.
tl::expected<std::unique_ptr<Directory>, std::string> make_directory(const DirectoryOptions& options,
                                                                     asio::io_context& loop,
                                                                     std::shared_ptr<const EntryStore> store = nullptr,
                                                                     DirectoryObserver* observer = nullptr);

}  // namespace lookup
