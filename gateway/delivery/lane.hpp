#pragma once

// What lanes.cpp and lanes_description.cpp share.
#include "gateway/delivery/lanes.hpp"

namespace gateway {

/// A destination with everything that waits for it or travels to it.
struct Lanes::Lane {
  Delivery delivery;
  std::string domain;
  std::string key;
  config::Route route;
  RouteSeries* series = nullptr;
  std::shared_ptr<const PeerSession::Wishes> wishes;  // null: to be made anew
  std::string problem;                                // why nothing can be sent, "" when it can
  Destination destination;
  std::string error_dsn = "4.4.1";
  std::deque<Consignment> waiting;
  std::vector<std::shared_ptr<Courier>> idle;  // with an open connection
  std::size_t couriers = 0;
  std::unique_ptr<asio::steady_timer> rate_timer;
  bool rate_waiting = false;
  bool listed = false;  // in ready_
};

}  // namespace gateway
