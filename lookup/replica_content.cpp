#include "lookup/replica_content.hpp"

#include "lookup/replica_record.hpp"

namespace lookup {

void ReplicaContent::put(const std::string& id, std::string octets) {
  auto [place, is_new] = records_.try_emplace(id);
  auto& record = place->second;
  record.seen = refresh_;
  if (!is_new && record.octets == octets) return;
  ++(is_new ? counts_.added : counts_.modified);
  if (is_new) record.number = next_number_++;
  record.octets = std::move(octets);
  if (!record.changed) changed_.push_back(id);
  record.changed = true;
}

void ReplicaContent::mention(const std::string& id) {
  const auto place = records_.find(id);
  if (place != records_.end()) place->second.seen = refresh_;
}

void ReplicaContent::remove(const std::string& id) {
  const auto place = records_.find(id);
  if (place == records_.end()) return;
  removals_.push_back(place->second.number);
  records_.erase(place);
  ++counts_.removed;
}

void ReplicaContent::drop_unmentioned() {
  std::erase_if(records_, [this](const auto& each) {
    if (each.second.seen == refresh_) return false;
    removals_.push_back(each.second.number);
    ++counts_.removed;
    return true;
  });
}

void ReplicaContent::restore(const std::string& id, std::uint64_t number, std::string octets) {
  next_number_ = std::max(next_number_, number + 1);
  auto& record = records_[id];
  record.number = number;
  record.octets = std::move(octets);
}

void ReplicaContent::clear() {
  records_.clear();
  changed_.clear();
  removals_.clear();
  counts_ = {};
}

const ReplicaContent::Record* ReplicaContent::find(const std::string& id) const {
  const auto place = records_.find(id);
  return place == records_.end() ? nullptr : &place->second;
}

void ReplicaContent::for_each(const std::function<void(const Record&)>& visit) const {
  for (const auto& [id, record] : records_) visit(record);
}

ReplicaContent::Changes ReplicaContent::take_changes() {
  for (const auto& id : changed_) {
    const auto place = records_.find(id);
    if (place != records_.end()) place->second.changed = false;
  }
  return {std::exchange(changed_, {}), std::exchange(removals_, {}), std::exchange(counts_, {})};
}

ReplicaContent::Built ReplicaContent::build(const Layout& layout, const std::vector<std::string>& indexed) const {
  Built built;
  EntryStore::Builder builder(indexed);
  Entry entry;  // its storage is used again
  for (const auto& [id, record] : records_) {
    if (!decode_entry(record.octets, entry) || !builder.add(entry)) continue;
    ++(layout.looks_like_group(entry) ? built.groups : built.people);
  }
  built.store = builder.finish();
  return built;
}

}  // namespace lookup
