#include "gateway/spool/spool_reader.hpp"

#include <cstring>

#include "gateway/spool/content.hpp"
#include "gateway/spool/content_folder.hpp"

namespace gateway {

namespace {

// So many messages are copied out of one snapshot: a longer one would hold the pages back that commits free meanwhile.
constexpr std::size_t snapshot_messages = 500;

std::string_view text_of(MDB_val value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace

void SpoolReader::report(const std::vector<Repair>& repairs) const {
  if (!repair_) return;
  for (const auto& repair : repairs) repair_(repair);
}

std::vector<Envelope> SpoolReader::due(SystemTime until, std::size_t limit,
                                       const std::function<bool(MessageId)>& skip) {
  std::vector<Envelope> found;
  std::vector<Repair> repairs;
  environment_.read([&](const Environment& environment, MDB_txn* transaction) {
    Cursor cursor(transaction, environment.due);
    MDB_val text{}, value{};
    for (bool more = cursor.move(text, value, MDB_FIRST); more && found.size() < limit;
         more = cursor.move(text, value, MDB_NEXT)) {
      const auto key = DueKey::read(text);
      if (!key) continue;
      if (key->time > until) break;
      if (skip && skip(key->id)) continue;
      const auto record = find_value(transaction, environment.message, key->id);
      auto envelope = record ? std::optional(read_envelope(key->id, *record)) : std::nullopt;
      if (envelope && envelope->state == MessageState::corrupt && !is_marked_corrupt(*record))
        repairs.push_back({key->id, key});
      else if (!envelope || envelope->state != MessageState::queued || envelope->next_try != key->time)
        repairs.push_back({std::nullopt, key});
      else
        found.push_back(*std::move(envelope));
    }
  });
  report(repairs);
  return found;
}

std::optional<SystemTime> SpoolReader::next_due() {
  std::optional<SystemTime> next;
  environment_.read([&](const Environment& environment, MDB_txn* transaction) {
    Cursor cursor(transaction, environment.due);
    MDB_val text{}, value{};
    if (!cursor.move(text, value, MDB_FIRST)) return;
    if (const auto key = DueKey::read(text)) next = key->time;
  });
  return next;
}

std::optional<Envelope> SpoolReader::find(MessageId id) {
  std::optional<Envelope> found;
  bool damaged = false;
  environment_.read([&](const Environment& environment, MDB_txn* transaction) {
    const auto record = find_value(transaction, environment.message, id);
    if (!record) return;
    found = read_envelope(id, *record);
    damaged = found->state == MessageState::corrupt && !is_marked_corrupt(*record);
  });
  if (damaged) report({{id, std::nullopt}});
  return found;
}

bool SpoolReader::holds(MessageId id) {
  bool known = true;  // when nobody can say, nothing is thrown away
  environment_.read([&](const Environment& environment, MDB_txn* transaction) {
    MDB_val key{sizeof id.value, &id.value}, value{};
    known = mdb_get(transaction, environment.message, &key, &value) != MDB_NOTFOUND;
  });
  return known;
}

std::shared_ptr<const Content> SpoolReader::open_content(const Envelope& envelope) {
  std::shared_ptr<const Content> content;
  if (!envelope.content_in_file)
    environment_.read([&](const Environment& environment, MDB_txn* transaction) {
      if (const auto bytes = find_value(transaction, environment.content, envelope.id))
        content = std::make_shared<MemoryContent>(std::string(*bytes));
    });
  // The envelope of a corrupt message does not know where its content is.
  if (!content && (envelope.content_in_file || envelope.state == MessageState::corrupt))
    content = open_file_content(ContentFolder::path_of(environment_.directory(), envelope.id));
  return content;
}

void SpoolReader::for_each(const std::function<bool(const Envelope&)>& each) {
  std::vector<Envelope> page;
  std::vector<Repair> repairs;
  std::optional<std::uint64_t> last;
  do {
    page.clear();
    repairs.clear();
    environment_.read([&](const Environment& environment, MDB_txn* transaction) {
      Cursor cursor(transaction, environment.message);
      std::uint64_t id = last ? *last + 1 : 0;
      MDB_val key{sizeof id, &id}, value{};
      for (bool more = cursor.move(key, value, MDB_SET_RANGE); more && page.size() < snapshot_messages;
           more = cursor.move(key, value, MDB_NEXT)) {
        std::memcpy(&id, key.mv_data, sizeof id);
        last = id;
        page.push_back(read_envelope(MessageId{id}, text_of(value)));
        if (page.back().state == MessageState::corrupt && !is_marked_corrupt(text_of(value)))
          repairs.push_back({MessageId{id}, std::nullopt});
      }
    });
    report(repairs);
    for (const auto& envelope : page)
      if (!each(envelope)) return;
  } while (page.size() == snapshot_messages);
}

Spool::Totals SpoolReader::totals() {
  Spool::Totals totals;
  environment_.read([&](const Environment& environment, MDB_txn* transaction) {
    totals = read_ledger(environment, transaction).totals;
  });
  return totals;
}

}  // namespace gateway
