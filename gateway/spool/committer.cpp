#include "gateway/spool/committer.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include "gateway/spool/tables.hpp"

namespace gateway {

namespace {

using Clock = CommitQueue::Clock;

constexpr std::size_t slice_messages = 1024;
constexpr std::uint64_t slice_bytes = std::uint64_t{32} << 20;
constexpr std::size_t slice_applies = 512;
constexpr auto housekeeping_interval = std::chrono::seconds(60);
constexpr auto recovery_interval = std::chrono::seconds(1);

// Found before anything was written: the transaction is void, the environment is sound.
bool is_harmless(int code) {
  return code == 0 || code == MDB_MAP_FULL || code == MDB_TXN_FULL || code == MDB_BAD_VALSIZE || code == ENOMEM;
}

std::uint64_t pages_of(const PendingStore& store, std::uint64_t page) {
  const std::uint64_t content = store.content ? store.content->in_memory().size() : 0;
  return (content + 16) / page + (store.record.size() + 128) / page + 2;
}

}  // namespace

Committer::Committer(Parts parts) : parts_(std::move(parts)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "committer");
}

void Committer::close() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Committer::warn(const std::string& sentence) const {
  if (parts_.warn) parts_.warn(sentence);
}

void Committer::run() {
  CommitQueue::Batch batch;
  auto housekeeping = Clock::now() + housekeeping_interval;
  do {
    batch.clear();
    queue_.take(batch, trusted_ ? housekeeping : std::min(housekeeping, Clock::now() + recovery_interval));
    if (!batch.empty())
      commit(batch);
    else if (!trusted_ && !batch.closed)
      restore_trust();
    if (Clock::now() >= housekeeping) {
      if (parts_.housekeep) parts_.housekeep();
      housekeeping = Clock::now() + housekeeping_interval;
    }
  } while (!batch.closed || !batch.empty());
}

void Committer::commit(CommitQueue::Batch& batch) {
  std::span stores(batch.stores);
  std::span applies(batch.applies);
  std::span repairs(batch.repairs);
  do {
    std::size_t count = 0;
    for (std::uint64_t bytes = 0; count < std::min(stores.size(), slice_messages) && bytes < slice_bytes; ++count)
      bytes += stores[count].content ? stores[count].content->in_memory().size() : 0;
    const std::size_t changes = std::min(applies.size(), slice_applies);
    const Slice slice{stores.first(count), applies.first(changes), repairs};
    const auto start = Clock::now();
    const int code = commit(slice);
    const auto took = Clock::now() - start;
    queue_.note_commit(took);
    if (parts_.committed) parts_.committed(std::chrono::duration_cast<std::chrono::microseconds>(took));
    answer(slice, code);
    stores = stores.subspan(count);
    applies = applies.subspan(changes);
    repairs = {};
  } while (!stores.empty() || !applies.empty());
}

int Committer::commit(Slice slice) {
  if (const int code = restore_trust()) return code;
  const int code = write(slice);
  if (!is_harmless(code)) distrust(code, slice.stores);
  if (code == 0 || spool_error_of(code) != SpoolError::full || slice.stores.empty()) return code;
  // A disk that is too full for new mail may still have room to let old mail go.
  for (auto& store : slice.stores)
    if (store.failure == 0) store.failure = code;
  return commit({{}, slice.applies, slice.repairs});
}

int Committer::write(Slice slice) {
  Environment& environment = *parts_.environment.writable();
  Changes changes(environment);
  int code = changes.begin();
  if (code == 0) code = write_applies(changes, slice.applies);
  if (code == 0) code = write_stores(changes, slice.stores);
  if (code == 0) code = write_repairs(changes, slice.repairs);
  if (code == 0) parts_.room.publish(environment.pages(changes.get()));
  return code == 0 ? changes.commit() : code;
}

int Committer::write_stores(Changes& changes, std::span<PendingStore> stores) {
  if (stores.empty()) return 0;
  const Environment& environment = *parts_.environment.writable();
  const auto pages = environment.pages(changes.get());
  std::uint64_t need = 0;
  for (auto& store : stores) {
    if (store.failure != 0) continue;
    const std::uint64_t wanted = pages_of(store, pages.size);
    if (!reserve_.holds(environment.get(), pages, need + wanted)) {
      store.failure = ENOSPC;
      continue;
    }
    need += wanted;
    const int code = changes.add(store.envelope.id, store.record, store.content ? store.content->in_memory() : "");
    if (code == MDB_KEYEXIST)
      store.failure = code;  // the message that has this ID stays; its content file was never ours
    else if (code != 0)
      return code;
  }
  return 0;
}

int Committer::write_applies(Changes& changes, std::span<PendingApply> applies) {
  for (auto& apply : applies)
    for (auto& each : apply.changes)
      if (const int code = changes.apply(each.change, each.had_file)) return code;
  return 0;
}

int Committer::write_repairs(Changes& changes, std::span<Repair> repairs) {
  for (const auto& repair : repairs) {
    int code = 0;
    if (repair.damaged) {
      code = changes.mark_corrupt(*repair.damaged);
      warn(fmt::format("{}: the queue's record of this message is damaged; it is kept as corrupt",
                       to_string(*repair.damaged)));
    }
    if (code == 0 && repair.stale) code = changes.drop_due(*repair.stale);
    if (code != 0) return code;
  }
  return 0;
}

void Committer::answer(Slice slice, int code) {
  for (auto& store : slice.stores) {
    const int failure = store.failure != 0 ? store.failure : code;
    if (failure == 0) {
      if (store.writer && store.writer->is_in_file()) store.writer->keep();
      store.done(StoredMessage{std::move(store.envelope), std::move(store.content)});
    } else {
      store.writer.reset();
      store.done(tl::unexpected(spool_error_of(failure)));
    }
  }
  std::vector<MessageId> files;
  for (auto& apply : slice.applies) {
    if (code != 0) {
      apply.done(tl::unexpected(spool_error_of(code)));
      continue;
    }
    for (const auto& change : apply.changes)
      if (change.had_file) files.push_back(change.change.id);
    apply.done({});
  }
  if (!files.empty()) remove_files(std::move(files));
}

void Committer::remove_files(std::vector<MessageId> ids) {
  auto remove = [&contents = parts_.contents, ids = std::move(ids)] {
    for (const auto id : ids) contents.remove(id);  // one that stays is an orphan: the next sweep takes it
  };
  if (!parts_.workers.post(remove)) remove();
}

void Committer::distrust(int code, std::span<const PendingStore> unsure) {
  warn(fmt::format("writing to the queue failed: {}; it is opened anew", mdb_strerror(code)));
  trusted_ = false;
  for (const auto& store : unsure)
    if (store.failure == 0) disowned_.insert(store.envelope.id.value);
}

int Committer::restore_trust() {
  if (trusted_) return 0;
  reserve_.reset();
  if (!parts_.environment.reopen()) return EIO;
  if (const int code = prove()) return code;
  trusted_ = true;
  disowned_.clear();
  warn("the queue is open again and takes mail");
  return 0;
}

int Committer::prove() {
  Environment& environment = *parts_.environment.writable();
  Changes changes(environment);
  if (const int code = changes.begin()) return code;
  MDB_stat messages{};
  if (const int code = mdb_stat(changes.get(), environment.message, &messages)) return code;
  const auto& totals = changes.ledger().totals;
  if (messages.ms_entries != totals.queued + totals.hold + totals.corrupt) {
    warn("the queue's totals do not match its messages; they are counted anew");
    changes.recount();
  }
  bool had_file = false;
  for (const auto id : disowned_)
    if (const int code = changes.remove({id}, had_file)) return code;
  return changes.commit();
}

}  // namespace gateway
