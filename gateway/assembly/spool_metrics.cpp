#include "gateway/assembly/spool_metrics.hpp"

#include <sys/statvfs.h>

namespace gateway {

void export_spool_metrics(Metrics& metrics, Spool& spool, const std::string& directory) {
  struct Gauges {
    Gauge hold, corrupt, size_bytes, free_bytes, size_inodes, free_inodes;
  };
  const Gauges gauges{metrics.gauge("queue_messages", {{"queue", "hold"}}),
                      metrics.gauge("queue_messages", {{"queue", "corrupt"}}),
                      metrics.gauge("spool_size_bytes"),
                      metrics.gauge("spool_free_bytes"),
                      metrics.gauge("spool_size_inodes"),
                      metrics.gauge("spool_free_inodes")};
  metrics.on_scrape([gauges, &spool, directory] {
    const auto totals = spool.totals();
    gauges.hold.set(static_cast<double>(totals.hold));
    gauges.corrupt.set(static_cast<double>(totals.corrupt));
    struct statvfs room {};
    if (::statvfs(directory.c_str(), &room) != 0) return;
    const auto block = static_cast<double>(room.f_frsize);
    gauges.size_bytes.set(block * static_cast<double>(room.f_blocks));
    gauges.free_bytes.set(block * static_cast<double>(room.f_bavail));
    gauges.size_inodes.set(static_cast<double>(room.f_files));
    gauges.free_inodes.set(static_cast<double>(room.f_favail));
  });
}

}  // namespace gateway
