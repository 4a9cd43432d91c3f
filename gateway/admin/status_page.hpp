#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/spool/spool.hpp"

namespace gateway {

/// What the status page and `gatepost status` show.
struct Status {
  std::string hostname, version, uptime;
  bool ready = false;
  std::uint64_t sessions = 0, connections_total = 0, messages_total = 0;
  Spool::Totals queue;
  std::vector<std::string> listeners;  // "mx 0.0.0.0:25"
  std::string metrics_address;
  bool last_reload_ok = true;
};

std::string render_status_text(const Status& status);

/// One self-contained page; every value escaped.
std::string render_status_page(const Status& status);

}  // namespace gateway
