#pragma once

#include <string>
#include <vector>

#include "gateway/submission/door.hpp"
#include "gateway/submission/submission.hpp"

namespace gateway {

/// A recipient that the server does not take now (4xx) or for good (5xx).
struct RefusedRecipient {
  std::string address;
  int code = 0;
  std::string reply;  // "550 5.1.1 <x@example.com>: ..."
};

/// What became of one submission. Recipients that are in neither list were accepted under `queue_ids`.
struct Submitted {
  std::vector<std::string> queue_ids;
  std::vector<RefusedRecipient> refused, deferred;
  std::string problem;      // why nothing more could be said: no server, a lost connection
  bool is_reached = false;  // a server greeted us

  bool is_accepted() const { return !queue_ids.empty() && refused.empty() && deferred.empty(); }
};

/// Hands a message over by SMTP, to the first door that opens. Blocks, with a limit of seconds for every reply; large
/// lists of recipients take several transactions.
Submitted submit(const Submission& submission, const std::vector<Door>& doors, int seconds = 60);

/// The same up to the recipients: asks what would be said to each and sends nothing. No queue IDs come of it.
Submitted verify(const Submission& submission, const std::vector<Door>& doors, int seconds = 60);

/// A connection to the first door that opens; -1 with errno when none does. The caller closes it.
int connect_to_door(const std::vector<Door>& doors, int seconds);

}  // namespace gateway
