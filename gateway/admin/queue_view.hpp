#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/spool/spool.hpp"

namespace gateway {

/// What waits for one domain.
struct QueuedDomain {
  std::string domain;
  std::uint64_t recipients = 0;
  std::uint64_t by_age[4] = {};  // younger than 10 minutes, 1 hour, 4 hours; older
  SystemTime oldest{}, next_try{};
  std::string last_reply;  // of the recipient that was tried last
};

/// One message of the queue.
struct QueuedMessage {
  std::string id, sender, recipient, last_reply, state;
  std::uint64_t size = 0, recipients = 0;
  std::uint32_t attempts = 0;
  SystemTime arrival{}, next_try{};
};

/// A look at the queue for people: the fullest domains and the oldest messages of the first `looked_at` ones.
struct QueueView {
  std::vector<QueuedDomain> domains;    // the fullest first, at most 20
  std::vector<QueuedMessage> messages;  // the oldest first, at most 50
  std::uint64_t looked_at = 0;
  bool is_whole = true;  // false: there is more than was looked at
};

QueueView view_queue(Spool& spool, SystemTime now, std::uint64_t most_looked_at = 5000);

}  // namespace gateway
