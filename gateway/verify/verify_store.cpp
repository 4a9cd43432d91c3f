#include "gateway/verify/verify_store.hpp"

#include <fmt/core.h>
#include <lmdb.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

namespace gateway {

namespace {

constexpr std::size_t hash_size = 16, most_reason = 250;
constexpr std::uint64_t octets_an_entry = 1024, smallest_map = 64ULL << 20;

/// The front of a record, milliseconds since 1970; the reason follows.
struct Front {
  std::int64_t updated = 0;
  std::int64_t expires = 0;
  std::uint64_t deliverable = 0;
};

std::int64_t to_milliseconds(VerifyStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string hash_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), hash_size};
}

MDB_val value_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

/// Big-endian, so that the index is in the order of time.
std::string expiry_key(std::int64_t expires, std::string_view hash) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>(static_cast<std::uint64_t>(expires) >> shift & 0xff);
  return key.append(hash);
}

std::int64_t expiry_of(const MDB_val& key) {
  std::uint64_t expires = 0;
  for (int i = 0; i < 8; ++i) expires = expires << 8 | static_cast<const unsigned char*>(key.mv_data)[i];
  return static_cast<std::int64_t>(expires);
}

std::optional<Front> front_of(const MDB_val& value) {
  if (value.mv_size < sizeof(Front)) return std::nullopt;
  Front front;
  std::memcpy(&front, value.mv_data, sizeof front);
  return front;
}

}  // namespace

/// One transaction that changes. Whatever fails inside makes the whole of it fail.
class VerifyStore::Work {
 public:
  explicit Work(VerifyStore& store) : store_(store) {
    if (mdb_txn_begin(store.environment_, nullptr, 0, &transaction_) != 0) transaction_ = nullptr;
  }
  ~Work() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  bool is_good() const { return transaction_ != nullptr && !failed_; }
  bool commit() { return is_good() && mdb_txn_commit(std::exchange(transaction_, nullptr)) == 0; }

  void put(const Entry& entry) {
    const auto hash = hash_of(entry.address);
    forget(hash);
    make_room();
    if (!is_good()) return;
    const Front front{to_milliseconds(entry.outcome.updated), to_milliseconds(entry.expires),
                      entry.outcome.is_deliverable ? 1U : 0U};
    std::string record(sizeof front, '\0');
    std::memcpy(record.data(), &front, sizeof front);
    record.append(entry.outcome.reason, 0, most_reason);
    MDB_val key = value_of(hash), value = value_of(record);
    if (!check(mdb_put(transaction_, store_.addresses_, &key, &value, 0))) return;
    const auto index = expiry_key(front.expires, hash);
    MDB_val index_key = value_of(index), nothing{0, nullptr};
    check(mdb_put(transaction_, store_.expiry_, &index_key, &nothing, 0));
  }

  /// Forgets what expires first, if it has by `now`.
  bool forget_first(std::optional<std::int64_t> now) {
    MDB_cursor* cursor = nullptr;
    if (!is_good() || !check(mdb_cursor_open(transaction_, store_.expiry_, &cursor))) return false;
    MDB_val key{}, nothing{};
    const bool is_there = mdb_cursor_get(cursor, &key, &nothing, MDB_FIRST) == 0;
    mdb_cursor_close(cursor);
    if (!is_there || key.mv_size != 8 + hash_size || (now && expiry_of(key) > *now)) return false;
    const std::string whole(static_cast<const char*>(key.mv_data), key.mv_size);
    remove(store_.expiry_, whole);
    remove(store_.addresses_, std::string_view(whole).substr(8));
    return is_good();
  }

 private:
  bool check(int code) {
    if (code != 0) failed_ = true;
    return code == 0;
  }

  void forget(std::string_view hash) {
    if (!is_good()) return;
    MDB_val key = value_of(hash), value{};
    const int code = mdb_get(transaction_, store_.addresses_, &key, &value);
    if (code == MDB_NOTFOUND || !check(code)) return;
    if (const auto front = front_of(value)) remove(store_.expiry_, expiry_key(front->expires, hash));
    remove(store_.addresses_, hash);
  }

  void make_room() {
    MDB_stat stat{};
    for (int i = 0; i < 2 && is_good(); ++i) {
      mdb_stat(transaction_, store_.addresses_, &stat);
      if (stat.ms_entries < store_.most_entries_) return;
      forget_first(std::nullopt);
    }
  }

  void remove(MDB_dbi from, std::string_view name) {
    MDB_val key = value_of(name);
    const int code = mdb_del(transaction_, from, &key, nullptr);
    if (code != MDB_NOTFOUND) check(code);
  }

  VerifyStore& store_;
  bool failed_ = false;
  MDB_txn* transaction_ = nullptr;
};

tl::expected<std::unique_ptr<VerifyStore>, std::string> VerifyStore::open(const std::string& file,
                                                                          std::uint32_t most_entries, Access access) {
  std::unique_ptr<VerifyStore> store(new VerifyStore);
  store->access_ = access;
  store->most_entries_ = std::max<std::uint32_t>(most_entries, 1);
  int code = store->open_environment(file);
  if (access == Access::change && (code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_VERSION_MISMATCH)) {
    // Only a memory of what servers said: without it they are asked once more.
    std::rename(file.c_str(), (file + ".damaged").c_str());
    code = store->open_environment(file);
  }
  if (code != 0) return tl::unexpected(fmt::format("cannot open {}: {}", file, mdb_strerror(code)));
  return store;
}

VerifyStore::~VerifyStore() {
  if (environment_ != nullptr) mdb_env_close(environment_);
}

int VerifyStore::open_environment(const std::string& file) {
  if (environment_ != nullptr) mdb_env_close(std::exchange(environment_, nullptr));
  if (const int code = mdb_env_create(&environment_)) return code;
  mdb_env_set_maxdbs(environment_, 3);
  const bool change = access_ == Access::change;
  if (change) mdb_env_set_mapsize(environment_, std::max(smallest_map, most_entries_ * octets_an_entry));
  const unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (change ? MDB_NOMETASYNC : MDB_RDONLY);
  if (const int code = mdb_env_open(environment_, file.c_str(), flags, 0600)) return code;
  MDB_txn* transaction = nullptr;
  if (const int code = mdb_txn_begin(environment_, nullptr, change ? 0U : MDB_RDONLY, &transaction)) return code;
  const unsigned create = change ? MDB_CREATE : 0U;
  int code = mdb_dbi_open(transaction, "addresses", create, &addresses_);
  if (code == 0) code = mdb_dbi_open(transaction, "expiry", create, &expiry_);
  if (code != 0) {
    mdb_txn_abort(transaction);
    return code;
  }
  return mdb_txn_commit(transaction);
}

std::optional<VerifiedAddress> VerifyStore::find(std::string_view address, Time now) const {
  MDB_txn* transaction = nullptr;
  if (mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction) != 0) return std::nullopt;
  const auto hash = hash_of(address);
  MDB_val key = value_of(hash), value{};
  std::optional<VerifiedAddress> found;
  if (mdb_get(transaction, addresses_, &key, &value) == 0) {
    const auto front = front_of(value);
    if (front && front->expires > to_milliseconds(now))
      found = VerifiedAddress{
          front->deliverable != 0, Time(std::chrono::milliseconds(front->updated)),
          std::string(static_cast<const char*>(value.mv_data) + sizeof(Front), value.mv_size - sizeof(Front))};
  }
  mdb_txn_abort(transaction);
  return found;
}

bool VerifyStore::put(const std::vector<Entry>& entries) {
  if (access_ == Access::look) return true;
  Work work(*this);
  for (const auto& entry : entries) work.put(entry);
  return work.commit();
}

void VerifyStore::forget_expired(Time now, std::size_t most) {
  if (access_ == Access::look) return;
  Work work(*this);
  std::size_t forgotten = 0;
  while (forgotten < most && work.forget_first(to_milliseconds(now))) ++forgotten;
  if (forgotten > 0) static_cast<void>(work.commit());
}

std::uint64_t VerifyStore::entries() const {
  MDB_txn* transaction = nullptr;
  MDB_stat stat{};
  if (mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction) != 0) return 0;
  mdb_stat(transaction, addresses_, &stat);
  mdb_txn_abort(transaction);
  return stat.ms_entries;
}

}  // namespace gateway
