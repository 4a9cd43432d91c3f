#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "gateway/cli/options.hpp"
#include "gateway/config/config.hpp"
#include "lookup/entry.hpp"
#include "lookup/layout.hpp"

namespace gateway::cli {

/// The configuration, or null after its findings were printed.
std::shared_ptr<const config::Config> read_configuration(const Options& options);

/// A configured directory and what its entries mean.
struct OpenedDirectory {
  const config::Directory* settings = nullptr;
  std::shared_ptr<const lookup::Layout> layout;
};

/// The error is a sentence.
[[nodiscard]] tl::expected<OpenedDirectory, std::string> open_directory(const config::Config& config,
                                                                        const std::string& name);

/// Why entries cannot be read, and what the command ends with.
struct EntriesFault {
  int code = 0;
  std::string text;
};

/// Every entry of a directory with an id that outlives its name where there is one: of its file, of its replica's file
/// when that is complete, or else of the servers. `source` tells which.
[[nodiscard]] tl::expected<void, EntriesFault> for_each_entry(
    const config::Config& config, const OpenedDirectory& directory, std::string& source,
    const std::function<void(const std::string& id, const lookup::Entry& entry)>& visit);

/// `gatepost directory export NAME [--format ldif|postfix-hash]`
int export_directory(const Options& options, const std::string& name);

/// `gatepost directory plan NAME` and `apply NAME [--accept]`
enum class Provision : bool { plan, apply };
int provision_directory(const Options& options, const std::string& name, Provision mode);

}  // namespace gateway::cli
