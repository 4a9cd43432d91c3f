#include "gateway/admin/status_page.hpp"

#include "gateway/admin/embedded_status_page.hpp"

namespace gateway {

namespace {

std::vector<std::pair<std::string, std::string>> rows(const Status& status) {
  std::vector<std::pair<std::string, std::string>> rows = {
      {"state", status.ready ? "accepting mail" : "not ready"},
      {"version", status.version},
      {"up", status.uptime},
      {"configuration", status.last_reload_ok ? "current" : "the last reload was refused; the old one is in use"},
      {"sessions", fmt::format("{} now, {} since the start", status.sessions, status.connections_total)},
      {"messages accepted", std::to_string(status.messages_total)},
      {"queue", fmt::format("{} queued, {} on hold, {} corrupt, {} KiB", status.queue.queued, status.queue.hold,
                            status.queue.corrupt, (status.queue.bytes + 1023) / 1024)},
  };
  for (const auto& listener : status.listeners) rows.emplace_back("listener", listener);
  return rows;
}

}  // namespace

std::string render_status_text(const Status& status) {
  std::string text = "gatepost on " + status.hostname + "\n";
  for (const auto& [name, value] : rows(status)) text += fmt::format("  {:<18} {}\n", name, value);
  return text;
}

std::string render_status_page(std::string_view token, std::string_view nonce) {
  std::string page(embedded_status_page());
  for (const auto& [place, value] :
       {std::pair<std::string_view, std::string_view>{"%TOKEN%", token}, {"%NONCE%", nonce}})
    if (const auto at = page.find(place); at != std::string::npos) page.replace(at, place.size(), value);
  return page;
}

}  // namespace gateway
