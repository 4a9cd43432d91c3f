#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/event_memory.hpp"
#include "gateway/admin/history.hpp"
#include "gateway/admin/queue_view.hpp"
#include "gateway/admin/status_page.hpp"

namespace gateway {

/// Everything that the status page shows, gathered by the daemon.
struct StatusReport {
  struct Server {
    std::string name;
    bool up = false;
  };
  struct Directory {
    std::string name, replica;  // the replica's state; empty: none
    std::vector<Server> servers;
    bool asked = false;  // since the start; before, no server is connected
    std::uint64_t entries = 0;
    std::time_t last_success = 0;
    std::string trouble;
  };
  struct List {
    std::string name;
    bool up = true;
  };
  struct Certificate {
    std::string name;
    double end = 0;
  };

  Status status;
  std::time_t now = 0;
  bool actions = false;  // the page may change the queue
  QueueView queue;
  std::string destinations;  // Queue::describe_destinations()
  std::vector<RememberedReject> rejects;
  std::deque<History::Step> history;
  std::vector<Directory> directories;
  std::vector<List> lists;
  std::vector<Certificate> certificates;
};

/// The report as one JSON object, for the page and for programs.
std::string render_status_json(const StatusReport& report);

/// What `gatepost status` prints: whether mail flows, then the daemon, its directories, lists and certificates.
std::string render_report_text(const StatusReport& report);

/// Is mail flowing? "good", "warning" or "bad", and a sentence that says why.
struct Flow {
  std::string_view level;
  std::string sentence;
};
Flow judge_flow(const StatusReport& report);

/// What a reason of refusal means, in a sentence; docs/reasons.md says more.
std::string_view meaning_of(std::string_view reason);

}  // namespace gateway
