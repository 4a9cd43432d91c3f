#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lookup/dns.hpp"

namespace lookup {

/// Answers of the DNS by question, until they expire; of too many the one unused for longest goes. Not thread-safe.
/// An answer stays valid for whoever holds it, also when the cache lets it go.
class DnsCache {
 public:
  using Clock = std::chrono::steady_clock;

  explicit DnsCache(std::size_t most) : most_(most) {}

  /// Null when there is none that is still valid at `now`.
  std::shared_ptr<const DnsAnswer> find(std::string_view key, Clock::time_point now);

  void store(std::string_view key, std::shared_ptr<const DnsAnswer> answer, Clock::time_point expires);

  std::size_t size() const { return by_age_.size(); }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const DnsAnswer> answer;
    Clock::time_point expires;
  };
  using Entries = std::list<Entry>;

  void remove(Entries::iterator entry);

  std::size_t most_;
  Entries by_age_;                                                  // the one used last in front
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // keys live in the entries
};

}  // namespace lookup
