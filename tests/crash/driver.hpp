#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace crash {

/// What a run of the driver said before it ended.
struct Life {
  bool opened = false, closed = false;
  int status = 0;                             // as waitpid() gives it
  std::map<std::string, std::string> stored;  // ID -> "stored", "updated" or "held": the last promise made
  std::set<std::string> removing, removed;
  std::set<std::string> failed;  // steps that were answered with an error
  std::map<std::string, std::string> have;
  std::vector<std::string> complaints;  // torn messages, wrong totals
};

/// Runs `command` until it ends, or kills it with SIGKILL after `kill_after_ms` if that is not 0.
Life run(const std::vector<std::string>& command, int kill_after_ms = 0);

/// Runs the driver's check on `directory` and adds a complaint for every broken promise of `before`.
Life check(const std::string& directory, const Life& before);

/// All complaints in one text, "" when there are none.
std::string text_of(const Life& run);

/// Content files in `directory` for which `checked` has no message.
std::vector<std::string> orphans(const std::string& directory, const Life& checked);

}  // namespace crash
