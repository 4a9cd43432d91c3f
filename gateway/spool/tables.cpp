#include "gateway/spool/tables.hpp"

#include <cstring>

#include "gateway/spool/record_fields.hpp"

namespace gateway {

namespace {

MDB_val value_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
std::string_view text_of(MDB_val value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}
MDB_val key_of(std::uint64_t& id) {
  return {sizeof id, &id};
}

void write_big_endian(std::uint64_t number, char* into) {
  for (int i = 7; i >= 0; --i, number >>= 8) into[i] = static_cast<char>(number & 0xff);
}

std::uint64_t read_big_endian(const char* from) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = (number << 8) | static_cast<std::uint8_t>(from[i]);
  return number;
}

void shift(std::uint64_t& counter, std::uint64_t amount, int by) {
  if (by > 0)
    counter += amount;
  else
    counter -= std::min(counter, amount);
}

}  // namespace

void DueKey::write(char* into) const {
  const auto micros = time.time_since_epoch().count();
  write_big_endian(micros > 0 ? static_cast<std::uint64_t>(micros) : 0, into);
  write_big_endian(id.value, into + 8);
}

std::optional<DueKey> DueKey::read(MDB_val key) {
  if (key.mv_size != size) return std::nullopt;
  const char* from = static_cast<const char*>(key.mv_data);
  const auto micros = static_cast<std::int64_t>(read_big_endian(from));
  return DueKey{SystemTime{std::chrono::microseconds{micros}}, MessageId{read_big_endian(from + 8)}};
}

void Ledger::count(const RecordHead& head, int by) {
  shift(head.state == MessageState::queued ? totals.queued
        : head.state == MessageState::hold ? totals.hold
                                           : totals.corrupt,
        1, by);
  shift(totals.bytes, head.size, by);
}

void Ledger::count_corrupt(int by) {
  shift(totals.corrupt, 1, by);
}

Ledger read_ledger(const Environment& environment, MDB_txn* transaction) {
  Ledger ledger;
  MDB_val key = value_of("ledger"), value{};
  if (mdb_get(transaction, environment.meta, &key, &value) != MDB_SUCCESS) return ledger;
  RecordFields fields(text_of(value));
  for (auto* number :
       {&ledger.totals.queued, &ledger.totals.hold, &ledger.totals.corrupt, &ledger.totals.bytes, &ledger.highest_id})
    *number = fields.fixed<std::uint64_t>();
  return ledger;
}

std::optional<std::string_view> find_value(MDB_txn* transaction, MDB_dbi database, MessageId id) {
  MDB_val key = key_of(id.value), value{};
  if (transaction == nullptr || mdb_get(transaction, database, &key, &value) != MDB_SUCCESS) return std::nullopt;
  return text_of(value);
}

Changes::Changes(Environment& environment) : environment_(environment) {}

Changes::~Changes() {
  if (transaction_ != nullptr) mdb_txn_abort(transaction_);
}

int Changes::begin() {
  const int code = mdb_txn_begin(environment_.get(), nullptr, 0, &transaction_);
  if (code != 0) return transaction_ = nullptr, code;
  ledger_ = read_ledger(environment_, transaction_);
  return 0;
}

int Changes::index(MessageId id, const RecordHead& head, bool insert) {
  if (head.state != MessageState::queued) return 0;
  char text[DueKey::size];
  DueKey{head.next_try, id}.write(text);
  MDB_val key{sizeof text, text}, empty{};
  if (insert) return mdb_put(transaction_, environment_.due, &key, &empty, 0);
  const int code = mdb_del(transaction_, environment_.due, &key, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

int Changes::add(MessageId id, std::string_view record, std::string_view content) {
  const auto head = read_head(record);
  if (!head) return MDB_BAD_VALSIZE;
  MDB_val key = key_of(id.value), value = value_of(record);
  if (const int code = mdb_put(transaction_, environment_.message, &key, &value, MDB_NOOVERWRITE)) return code;
  if (!head->content_in_file) {
    value = value_of(content);
    if (const int code = mdb_put(transaction_, environment_.content, &key, &value, 0)) return code;
  }
  ledger_.count(*head, 1);
  ledger_.highest_id = std::max(ledger_.highest_id, id.value);
  return index(id, *head, true);
}

int Changes::apply(const Change& change, bool& had_file) {
  if (std::holds_alternative<Removal>(change.what)) return remove(change.id, had_file);
  const auto record = find_value(transaction_, environment_.message, change.id);
  if (!record) return 0;
  Envelope stored = read_envelope(change.id, *record);
  switch (merge(change, stored)) {
    case Merged::unchanged:
      return 0;
    case Merged::gone:
      return remove(change.id, had_file);
    default:
      return stored.state == MessageState::corrupt ? 0 : update(change.id, encode_envelope(stored));
  }
}

int Changes::update(MessageId id, std::string_view record) {
  const auto now = read_head(record);
  if (!now) return MDB_BAD_VALSIZE;
  MDB_val key = key_of(id.value), value{};
  if (const int code = mdb_get(transaction_, environment_.message, &key, &value))
    return code == MDB_NOTFOUND ? 0 : code;
  const auto before = read_head(text_of(value));
  if (!before) return 0;  // a corrupt message stays as it is until an operator deletes it
  if (const int code = index(id, *before, false)) return code;
  value = value_of(record);
  if (const int code = mdb_put(transaction_, environment_.message, &key, &value, 0)) return code;
  ledger_.count(*before, -1);
  ledger_.count(*now, 1);
  return index(id, *now, true);
}

int Changes::remove(MessageId id, bool& had_file) {
  MDB_val key = key_of(id.value), value{};
  if (const int code = mdb_get(transaction_, environment_.message, &key, &value))
    return code == MDB_NOTFOUND ? 0 : code;
  const auto head = read_head(text_of(value));
  had_file = !head || head->content_in_file;
  const bool marked = is_marked_corrupt(text_of(value));
  if (head) {
    if (const int code = index(id, *head, false)) return code;
    ledger_.count(*head, -1);
  }
  if (const int code = mdb_del(transaction_, environment_.message, &key, nullptr)) return code;
  if (marked) ledger_.count_corrupt(-1);
  if (!head && !marked) recount();  // nobody knows how this one was counted
  const int code = mdb_del(transaction_, environment_.content, &key, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

int Changes::mark_corrupt(MessageId id) {
  MDB_val key = key_of(id.value), value{};
  if (const int code = mdb_get(transaction_, environment_.message, &key, &value))
    return code == MDB_NOTFOUND ? 0 : code;
  if (is_marked_corrupt(text_of(value)) || decode_envelope(id, text_of(value))) return 0;
  const std::string marked = mark_as_corrupt(text_of(value));
  value = value_of(marked);
  if (const int code = mdb_put(transaction_, environment_.message, &key, &value, 0)) return code;
  recount();
  return 0;
}

int Changes::drop_due(const DueKey& due) {
  // The index is read in snapshots: the message may have come to this entry since. Only a wrong one is dropped.
  if (const auto record = find_value(transaction_, environment_.message, due.id)) {
    const auto head = read_head(*record);
    if (head && head->state == MessageState::queued && head->next_try == due.time) return 0;
  }
  char text[DueKey::size];
  due.write(text);
  MDB_val key{sizeof text, text};
  const int code = mdb_del(transaction_, environment_.due, &key, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

void Changes::recount() {
  ledger_.totals = {};
  Cursor cursor(transaction_, environment_.message);
  MDB_val key{}, value{};
  for (bool more = cursor.move(key, value, MDB_FIRST); more; more = cursor.move(key, value, MDB_NEXT)) {
    if (const auto head = read_head(text_of(value)))
      ledger_.count(*head, 1);
    else
      ledger_.count_corrupt(1);
  }
}

int Changes::commit() {
  std::string text;
  for (const auto number :
       {ledger_.totals.queued, ledger_.totals.hold, ledger_.totals.corrupt, ledger_.totals.bytes, ledger_.highest_id})
    put_fixed(text, number);
  MDB_val key = value_of("ledger"), value = value_of(text);
  if (const int code = mdb_put(transaction_, environment_.meta, &key, &value, 0)) return code;
  const int code = mdb_txn_commit(transaction_);
  transaction_ = nullptr;
  return code;
}

}  // namespace gateway
