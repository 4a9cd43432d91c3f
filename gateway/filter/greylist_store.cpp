#include "gateway/filter/greylist_store.hpp"

#include <fmt/core.h>
#include <lmdb.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstring>

namespace gateway {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t hash_size = 16;
constexpr std::uint64_t octets_an_entry = 512, smallest_map = 64ULL << 20;
constexpr std::int64_t refresh_after = 3'600'000;  // a known entry's expiry is not worth a write more often
constexpr char of_triplet = 't', of_network = 'n';

/// Milliseconds since 1970; `passes`: of a triplet 0 or 1, of a network how many of its triplets passed.
struct Record {
  std::int64_t first = 0;
  std::int64_t expires = 0;
  std::uint64_t passes = 0;
};

std::int64_t to_milliseconds(GreylistStore::Time time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

std::int64_t to_milliseconds(std::chrono::seconds time) {
  return milliseconds(time).count();
}

std::string hash_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), hash_size};
}

MDB_val value_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

/// Big-endian, so that the index is in the order of time; then what the record is of, then its key.
std::string expiry_key(std::int64_t expires, char kind, std::string_view hash) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>(static_cast<std::uint64_t>(expires) >> shift & 0xff);
  return key.append(1, kind).append(hash);
}

std::int64_t expiry_of(const MDB_val& key) {
  std::uint64_t expires = 0;
  for (int i = 0; i < 8; ++i) expires = expires << 8 | static_cast<const unsigned char*>(key.mv_data)[i];
  return static_cast<std::int64_t>(expires);
}

}  // namespace

std::string greylist_sender(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  auto local = address.substr(0, at);
  if (const auto plus = local.find('+'); plus != std::string_view::npos && plus > 0) local = local.substr(0, plus);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string result;
  for (std::size_t i = 0; i < local.size(); ++i) {
    if (!is_digit(local[i]))
      result += local[i];
    else if (i == 0 || !is_digit(local[i - 1]))
      result += '#';
  }
  return result.append(address.substr(at));
}

/// One transaction. Whatever fails inside makes the whole of it fail.
class GreylistStore::Work {
 public:
  explicit Work(GreylistStore& store) : store_(store), look_only_(store.access_ == Access::look) {
    if (mdb_txn_begin(store.environment_, nullptr, look_only_ ? MDB_RDONLY : 0U, &transaction_) != 0)
      transaction_ = nullptr;
  }
  ~Work() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  bool is_good() const { return transaction_ != nullptr && !failed_; }

  bool commit() {
    if (!is_good()) return false;
    return mdb_txn_commit(std::exchange(transaction_, nullptr)) == 0;
  }

  GreylistResult decide(const GreylistTriplet& triplet, const config::Greylist& rules, std::int64_t now) {
    const auto network_hash = hash_of(triplet.network);
    auto network = find(of_network, network_hash, now);
    if (rules.auto_allow_after != 0 && network && network->passes >= rules.auto_allow_after) {
      refresh(of_network, network_hash, *network, now, rules);
      return GreylistResult::known;
    }
    const auto hash = hash_of(triplet.network + '\n' + triplet.sender + '\n' + triplet.recipient);
    auto record = find(of_triplet, hash, now);
    if (!record) {
      make_room();
      put(of_triplet, hash, std::nullopt, {now, now + to_milliseconds(rules.retry_window), 0});
      return GreylistResult::first;
    }
    if (record->passes != 0) {
      refresh(of_triplet, hash, *record, now, rules);
      return GreylistResult::known;
    }
    // A clock that was set back must not make anybody wait for ever.
    if (now >= record->first && now - record->first < to_milliseconds(rules.delay)) return GreylistResult::early;
    const auto expires = now + to_milliseconds(rules.lifetime);
    put(of_triplet, hash, record, {record->first, expires, 1});
    if (rules.auto_allow_after != 0) {
      const Record passed{network ? network->first : now, expires, network ? network->passes + 1 : 1};
      put(of_network, network_hash, network, passed);
    }
    return GreylistResult::passed;
  }

  bool forget_first(std::optional<std::int64_t> now) {
    MDB_cursor* cursor = nullptr;
    if (!check(mdb_cursor_open(transaction_, store_.expiry_, &cursor))) return false;
    MDB_val key{}, nothing{};
    const bool is_there = mdb_cursor_get(cursor, &key, &nothing, MDB_FIRST) == 0;
    mdb_cursor_close(cursor);
    if (!is_there || key.mv_size != 9 + hash_size || (now && expiry_of(key) > *now)) return false;
    const std::string whole(static_cast<const char*>(key.mv_data), key.mv_size);
    remove(store_.expiry_, whole);
    remove(database(whole[8]), std::string_view(whole).substr(9));
    return is_good();
  }

 private:
  bool check(int code) {
    if (code != 0) failed_ = true;
    return code == 0;
  }

  MDB_dbi database(char kind) const { return kind == of_triplet ? store_.triplets_ : store_.networks_; }

  std::optional<Record> find(char kind, std::string_view hash, std::int64_t now) {
    if (!is_good()) return std::nullopt;
    MDB_val key = value_of(hash), value{};
    const int code = mdb_get(transaction_, database(kind), &key, &value);
    Record record;
    if (code == MDB_NOTFOUND) return std::nullopt;
    if (!check(code) || !check(value.mv_size == sizeof record ? 0 : MDB_CORRUPTED)) return std::nullopt;
    std::memcpy(&record, value.mv_data, sizeof record);
    if (record.expires > now) return record;
    remove(kind, hash, record);
    return std::nullopt;
  }

  void put(char kind, std::string_view hash, const std::optional<Record>& old, const Record& record) {
    if (look_only_ || !is_good()) return;
    if (old) remove(store_.expiry_, expiry_key(old->expires, kind, hash));
    MDB_val key = value_of(hash), value{sizeof record, const_cast<Record*>(&record)};
    if (!check(mdb_put(transaction_, database(kind), &key, &value, 0))) return;
    const auto index = expiry_key(record.expires, kind, hash);
    MDB_val index_key = value_of(index), nothing{0, nullptr};
    check(mdb_put(transaction_, store_.expiry_, &index_key, &nothing, 0));
  }

  void refresh(char kind, std::string_view hash, const Record& record, std::int64_t now,
               const config::Greylist& rules) {
    const auto expires = now + to_milliseconds(rules.lifetime);
    if (expires - record.expires >= refresh_after) put(kind, hash, record, {record.first, expires, record.passes});
  }

  void remove(char kind, std::string_view hash, const Record& record) {
    if (look_only_) return;
    remove(store_.expiry_, expiry_key(record.expires, kind, hash));
    remove(database(kind), hash);
  }

  void remove(MDB_dbi from, std::string_view hash) {
    MDB_val key = value_of(hash);
    const int code = mdb_del(transaction_, from, &key, nullptr);
    if (code != MDB_NOTFOUND) check(code);
  }

  void make_room() {
    if (look_only_) return;
    MDB_stat triplets{}, networks{};
    for (int i = 0; i < 2 && is_good(); ++i) {
      mdb_stat(transaction_, store_.triplets_, &triplets);
      mdb_stat(transaction_, store_.networks_, &networks);
      if (triplets.ms_entries + networks.ms_entries < store_.most_entries_) return;
      forget_first(std::nullopt);
    }
  }

  GreylistStore& store_;
  bool look_only_;
  bool failed_ = false;
  MDB_txn* transaction_ = nullptr;
};

tl::expected<std::unique_ptr<GreylistStore>, std::string> GreylistStore::open(const std::string& file,
                                                                              std::uint32_t most_entries,
                                                                              Access access) {
  std::unique_ptr<GreylistStore> store(new GreylistStore);
  store->access_ = access;
  int code = store->open_environment(file, most_entries);
  if (access == Access::change && (code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_VERSION_MISMATCH)) {
    // Only a memory of who has waited: without it some wait once more.
    std::rename(file.c_str(), (file + ".damaged").c_str());
    code = store->open_environment(file, most_entries);
  }
  if (code != 0) return tl::unexpected(fmt::format("cannot open {}: {}", file, mdb_strerror(code)));
  return store;
}

GreylistStore::~GreylistStore() {
  if (environment_ != nullptr) mdb_env_close(environment_);
}

int GreylistStore::open_environment(const std::string& file, std::uint32_t most_entries) {
  if (environment_ != nullptr) mdb_env_close(std::exchange(environment_, nullptr));
  most_entries_ = std::max<std::uint32_t>(most_entries, 1);
  if (const int code = mdb_env_create(&environment_)) return code;
  mdb_env_set_maxdbs(environment_, 4);
  const bool change = access_ == Access::change;
  if (change) mdb_env_set_mapsize(environment_, std::max(smallest_map, most_entries_ * octets_an_entry));
  const unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (change ? MDB_NOMETASYNC : MDB_RDONLY);
  if (const int code = mdb_env_open(environment_, file.c_str(), flags, 0600)) return code;
  MDB_txn* transaction = nullptr;
  if (const int code = mdb_txn_begin(environment_, nullptr, change ? 0U : MDB_RDONLY, &transaction)) return code;
  const unsigned create = change ? MDB_CREATE : 0U;
  int code = mdb_dbi_open(transaction, "triplets", create, &triplets_);
  if (code == 0) code = mdb_dbi_open(transaction, "networks", create, &networks_);
  if (code == 0) code = mdb_dbi_open(transaction, "expiry", create, &expiry_);
  if (code != 0) {
    mdb_txn_abort(transaction);
    return code;
  }
  return mdb_txn_commit(transaction);
}

std::vector<GreylistResult> GreylistStore::decide(const std::vector<GreylistTriplet>& triplets,
                                                  const config::Greylist& rules, Time now) {
  std::vector<GreylistResult> results;
  results.reserve(triplets.size());
  Work work(*this);
  const auto time = to_milliseconds(now);
  for (const auto& triplet : triplets)
    results.push_back(work.is_good() ? work.decide(triplet, rules, time) : GreylistResult::failed);
  // What is not remembered must not be promised: without the commit nobody is told to come back.
  if (!work.commit()) results.assign(triplets.size(), GreylistResult::failed);
  return results;
}

bool GreylistStore::forget_expired(Time now, std::size_t most) {
  if (access_ == Access::look) return false;
  Work work(*this);
  std::size_t forgotten = 0;
  while (work.is_good() && forgotten < most && work.forget_first(to_milliseconds(now))) ++forgotten;
  if (forgotten > 0) static_cast<void>(work.commit());
  return forgotten == most;
}

std::uint64_t GreylistStore::entries() const {
  MDB_txn* transaction = nullptr;
  MDB_stat stat{};
  if (mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction) != 0) return 0;
  mdb_stat(transaction, triplets_, &stat);
  mdb_txn_abort(transaction);
  return stat.ms_entries;
}

}  // namespace gateway
