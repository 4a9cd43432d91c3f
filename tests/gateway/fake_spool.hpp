#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/spool/spool.hpp"

namespace gateway::testing {

/// Content in a string; `large` makes it behave like a file.
class FakeContent final : public Content {
 public:
  explicit FakeContent(std::string text, bool large = false) : text_(std::move(text)), large_(large) {}
  std::uint64_t size() const override { return text_.size(); }
  std::string_view in_memory() const override { return large_ ? std::string_view() : std::string_view(text_); }
  std::int64_t read(std::uint64_t offset, char* into, std::size_t size) const override {
    if (offset >= text_.size()) return 0;
    return static_cast<std::int64_t>(text_.copy(into, size, offset));
  }

 private:
  std::string text_;
  bool large_;
};

/// A spool in memory that answers at once and can be told to fail.
class FakeSpool final : public Spool {
 public:
  struct Writer final : ContentWriter {
    std::string text;
    tl::expected<void, SpoolError> append(std::string_view bytes) override {
      text += bytes;
      return {};
    }
    std::uint64_t size() const override { return text.size(); }
    tl::expected<void, SpoolError> copy_to(ContentWriter& other) const override { return other.append(text); }
  };

  std::unique_ptr<ContentWriter> new_content(MessageId) override { return std::make_unique<Writer>(); }

  void store(Envelope envelope, std::unique_ptr<ContentWriter> content, Stored done) override {
    if (store_fails) return done(tl::unexpected(SpoolError::full));
    auto stored = std::make_shared<FakeContent>(static_cast<Writer&>(*content).text);
    put(envelope, stored);
    done(StoredMessage{std::move(envelope), std::move(stored)});
  }

  void apply(std::vector<Change> changes, Applied done) override {
    if (apply_fails > 0) {
      --apply_fails;
      return done(tl::unexpected(SpoolError::failed));
    }
    {
      const std::lock_guard lock(mutex_);
      ++applies;
      for (Change& change : changes) {
        const auto found = records_.find(change.id.value);
        if (found != records_.end() && merge(change, found->second.first) == Merged::gone) records_.erase(found);
        history.push_back(std::move(change));
      }
    }
    done({});
  }

  std::vector<Envelope> due(SystemTime until, std::size_t limit, const std::function<bool(MessageId)>& skip) override {
    const std::lock_guard lock(mutex_);
    std::vector<Envelope> found;
    for (const auto& [id, record] : records_)
      if (record.first.state == MessageState::queued && record.first.next_try <= until && !skip({id}))
        found.push_back(record.first);
    std::stable_sort(found.begin(), found.end(),
                     [](const Envelope& a, const Envelope& b) { return a.next_try < b.next_try; });
    if (found.size() > limit) found.resize(limit);
    return found;
  }

  std::optional<SystemTime> next_due() override {
    const std::lock_guard lock(mutex_);
    std::optional<SystemTime> earliest;
    for (const auto& [id, record] : records_)
      if (!earliest || record.first.next_try < *earliest) earliest = record.first.next_try;
    return earliest;
  }

  std::optional<Envelope> find(MessageId id) override {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(id.value);
    if (found == records_.end()) return std::nullopt;
    return found->second.first;
  }

  std::shared_ptr<const Content> open_content(const Envelope& envelope) override {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(envelope.id.value);
    return found == records_.end() ? nullptr : found->second.second;
  }

  void for_each(const std::function<bool(const Envelope&)>& each) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, record] : records_)
      if (!each(record.first)) return;
  }

  Totals totals() override {
    const std::lock_guard lock(mutex_);
    return {records_.size(), 0, 0, 0};
  }
  bool has_room(std::uint64_t) override { return true; }
  void close() override {}

  void put(Envelope envelope, std::shared_ptr<const Content> content) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = envelope.id.value;
    records_[id] = {std::move(envelope), std::move(content)};
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return records_.size();
  }

  std::atomic<bool> store_fails{false};
  std::atomic<int> apply_fails{0};
  std::size_t applies = 0;
  std::vector<Change> history;

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::pair<Envelope, std::shared_ptr<const Content>>> records_;
};

}  // namespace gateway::testing
