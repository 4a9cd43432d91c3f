#pragma once

#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <unordered_set>

#include "gateway/cli/queue_filter.hpp"
#include "gateway/config/config.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway::cli {

/// What stands behind "gatepost queue VERB".
struct QueueOptions {
  std::string config_file;     // -c FILE, --config FILE
  std::string directory;       // --directory DIR: the queue, without a configuration
  std::string control_socket;  // of the daemon, when the configuration was read
  bool json = false;
  bool all = false;
  bool dry_run = false;  // --dry-run: say which messages would be changed, change none
  QueueFilter filter;
  std::size_t* hits = nullptr;  // set: the number of messages changed is added here, not printed
};

/// The error is a sentence for a usage message.
[[nodiscard]] tl::expected<QueueOptions, std::string> parse_queue_options(std::span<const std::string> arguments);

/// Where the queue is: from --directory, otherwise from the configuration. Completes `options.filter.route_of` and
/// `options.control_socket`.
/// The error is a text that may have several lines.
[[nodiscard]] tl::expected<SpoolOptions, std::string> find_queue(QueueOptions& options);

/// What the daemon is delivering now, as far as one answers within a second or two.
std::unordered_set<std::uint64_t> ask_for_active(const QueueOptions& options);

/// find_queue(), then open_spool_read_only().
[[nodiscard]] tl::expected<std::unique_ptr<Spool>, std::string> open_queue_to_read(QueueOptions& options);

}  // namespace gateway::cli
