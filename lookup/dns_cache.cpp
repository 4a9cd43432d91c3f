#include "lookup/dns_cache.hpp"

#include <utility>

namespace lookup {

void DnsCache::remove(Entries::iterator entry) {
  by_key_.erase(entry->key);
  by_age_.erase(entry);
}

std::shared_ptr<const DnsAnswer> DnsCache::find(std::string_view key, Clock::time_point now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  if (entry->expires <= now) {
    remove(entry);
    return nullptr;
  }
  by_age_.splice(by_age_.begin(), by_age_, entry);
  return entry->answer;
}

void DnsCache::store(std::string_view key, std::shared_ptr<const DnsAnswer> answer, Clock::time_point expires) {
  if (most_ == 0) return;
  if (const auto found = by_key_.find(key); found != by_key_.end()) remove(found->second);
  if (by_age_.size() >= most_) remove(std::prev(by_age_.end()));
  by_age_.push_front({std::string(key), std::move(answer), expires});
  by_key_.emplace(by_age_.front().key, by_age_.begin());
}

}  // namespace lookup
