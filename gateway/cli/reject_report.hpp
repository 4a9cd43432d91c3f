#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/cli/reject_line.hpp"

namespace gateway::cli {

/// Counts rejects by day, reason, list, sender, recipient and client.
class RejectReport {
 public:
  using Count = std::uint64_t;
  using Ranking = std::vector<std::pair<std::string, Count>>;

  void add(const Reject& reject);

  Count total() const { return total_; }

  /// Tables for people; `top` lines of each ranking, 0: all.
  std::string text(std::size_t top) const;
  /// One object: total, days, reasons, lists, senders, recipients, clients.
  std::string json(std::size_t top) const;

 private:
  using Counts = std::unordered_map<std::string, Count>;
  static void count(Counts& counts, const std::string& name);
  static Ranking rank(const Counts& counts, std::size_t top);

  Count total_ = 0;
  std::map<std::string, Count> days_;
  Counts reasons_, lists_, senders_, recipients_, clients_;
};

}  // namespace gateway::cli
