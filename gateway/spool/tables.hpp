#pragma once

#include <lmdb.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/spool/envelope_codec.hpp"
#include "gateway/spool/environment.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// The key of the due index: time, then ID, both big-endian so that LMDB's order is the order of time.
struct DueKey {
  SystemTime time{};
  MessageId id;

  static constexpr std::size_t size = 16;
  void write(char* into) const;
  static std::optional<DueKey> read(MDB_val key);
};

/// What the database meta keeps beside the format: totals and the highest ID, changed with every transaction.
struct Ledger {
  Spool::Totals totals;
  std::uint64_t highest_id = 0;

  void count(const RecordHead& head, int by);
  void count_corrupt(int by);
};

/// Readers of the tables; the transaction must be one of `environment`.
Ledger read_ledger(const Environment& environment, MDB_txn* transaction);
std::optional<std::string_view> find_value(MDB_txn* transaction, MDB_dbi database, MessageId id);

/// The changes of one commit: messages, contents, due index and ledger move together or not at all.
///
/// Functions return an LMDB or errno code, 0 when done. After a code other than 0 only destroying is allowed, unless
/// said otherwise. Used by one thread.
class Changes {
 public:
  explicit Changes(Environment& environment);
  ~Changes();
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  int begin();
  /// MDB_KEYEXIST when the ID is taken: nothing changed, the transaction can go on.
  int add(MessageId id, std::string_view record, std::string_view content);
  /// Merges `change` with the record as it is now. Unknown IDs are no error: the message was removed meanwhile and
  /// stays removed. `had_file` as in remove().
  int apply(const Change& change, bool& had_file);
  /// `had_file` tells whether a content file may have to be removed after the commit.
  int remove(MessageId id, bool& had_file);
  int mark_corrupt(MessageId id);
  int drop_due(const DueKey& key);
  /// Counts all messages anew, after damage made the totals doubtful.
  void recount();
  int commit();

  MDB_txn* get() const { return transaction_; }
  const Ledger& ledger() const { return ledger_; }

 private:
  int update(MessageId id, std::string_view record);
  int index(MessageId id, const RecordHead& head, bool insert);

  Environment& environment_;
  MDB_txn* transaction_ = nullptr;
  Ledger ledger_;
};

}  // namespace gateway
