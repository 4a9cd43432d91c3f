#pragma once

#include <lmdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace gateway {

/// The open LMDB environment of a spool: one file "queue.mdb" with the four databases that docs/spool-format.md names.
///
/// Only one may be open of one file in a process. Closing needs that no transaction of it is left.
class Environment {
 public:
  enum class Access : std::uint8_t { change, read };

  /// Opens (for change: creates) `directory`/queue.mdb. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<Environment>, std::string> open(const std::string& directory,
                                                                                    std::uint64_t map_size,
                                                                                    Access access);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_env* get() const { return environment_; }
  MDB_dbi message = 0, content = 0, due = 0, meta = 0;

  /// The places of processes that died while they read are given free, so that they hold no pages back.
  void clear_stale_readers();

  /// Pages of the file and of the map, as the last commit left them.
  struct Pages {
    std::uint64_t used = 0;   // holding something
    std::uint64_t grown = 0;  // up to the highest page ever used; grown - used are free for reuse
    std::uint64_t map = 0;    // the most there can be
    std::uint64_t size = 4096;
    std::uint64_t free() const { return grown > used ? grown - used : 0; }
  };
  Pages pages(MDB_txn* transaction) const;

 private:
  Environment() = default;
  int open_databases(Access access);

  MDB_env* environment_ = nullptr;
};

/// A snapshot of the environment for reading; aborted when it goes out of scope.
class Snapshot {
 public:
  explicit Snapshot(Environment& environment);
  ~Snapshot() { mdb_txn_abort(transaction_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// nullptr when reading is not possible now.
  MDB_txn* get() const { return transaction_; }

 private:
  MDB_txn* transaction_ = nullptr;
};

/// Moves through one database in key order; closed when it goes out of scope.
class Cursor {
 public:
  Cursor(MDB_txn* transaction, MDB_dbi database) {
    if (transaction == nullptr || mdb_cursor_open(transaction, database, &cursor_) != MDB_SUCCESS) cursor_ = nullptr;
  }
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  bool move(MDB_val& key, MDB_val& value, MDB_cursor_op where) {
    return cursor_ != nullptr && mdb_cursor_get(cursor_, &key, &value, where) == MDB_SUCCESS;
  }

 private:
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace gateway
