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

/// The page for browsers: one self-contained document that asks /status.json again and again. `token` must come back
/// with every change it asks for; only a script with `nonce` runs.
std::string render_status_page(std::string_view token, std::string_view nonce);

}  // namespace gateway
