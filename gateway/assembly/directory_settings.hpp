#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "lookup/directory_options.hpp"

namespace gateway {

/// A directory of the configuration in the words of the lookup layer.
lookup::DirectoryOptions directory_options(const config::Config& config, const config::Directory& directory);

/// The LDIF stores of a configuration, read once and shared by all loops, by directory name.
using StoreSet = std::map<std::string, std::shared_ptr<const lookup::EntryStore>>;

/// Reads them; an unreadable file is an error in `findings`, a bad record a warning. Blocks on the disk.
StoreSet load_stores(const config::Config& config, std::vector<config::Finding>& findings);

}  // namespace gateway
