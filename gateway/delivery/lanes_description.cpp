#include <nlohmann/json.hpp>

#include "gateway/delivery/lane.hpp"

namespace gateway {

std::string Lanes::describe() const {
  const auto now = std::chrono::steady_clock::now();
  auto list = nlohmann::json::array();
  for (const auto& [key, lane] : lanes_) {
    const Destination& destination = lane->destination;
    std::string name = lane->route.name;
    if (!lane->delivery.nexthop.empty()) name += ":" + lane->delivery.nexthop;
    if (std::count(key.begin(), key.end(), '\n') > 1) name += ":" + lane->domain;
    const auto dead_for = std::chrono::ceil<std::chrono::seconds>(destination.dead_until() - now).count();
    list.push_back({{"name", name},
                    {"route", lane->route.name},
                    {"active", destination.busy()},
                    {"waiting", lane->waiting.size()},
                    {"concurrency", destination.window()},
                    {"connections", lane->couriers},
                    {"dead_for", destination.is_dead(now) ? dead_for : 0},
                    {"last_error", destination.last_error()}});
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace gateway
