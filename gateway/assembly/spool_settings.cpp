#include "gateway/assembly/spool_settings.hpp"

namespace gateway {

SpoolOptions spool_options(const config::Queue& queue, Log& log, Metrics& metrics) {
  SpoolOptions options;
  options.directory = queue.directory;
  options.map_size = queue.map_size;
  options.inline_limit = queue.inline_content_limit;
  options.minimum_free = queue.minimum_free;
  options.warn = [&log](const std::string& text) { log.warning(Program::qmgr, text); };
  const auto commit_duration = metrics.histogram("queue_commit_duration_seconds");
  options.committed = [commit_duration](std::chrono::microseconds time) {
    commit_duration.observe(std::chrono::duration<double>(time).count());
  };
  return options;
}

}  // namespace gateway
