#include "lookup/replica_file.hpp"

#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lookup/replica_record.hpp"

namespace lookup {

namespace {

constexpr std::size_t first_map_size = 256 << 20;  // address space; the file is as large as its content
constexpr std::string_view meta_key = "meta";      // shorter than the eight octets of an entry's number

struct AbortTransaction {
  void operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }
};
using Transaction = std::unique_ptr<MDB_txn, AbortTransaction>;
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

MDB_val value_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string_view text_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::string key_of(std::uint64_t number) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(number >> shift & 0xff);
  return key;
}

std::uint64_t number_of(std::string_view key) {
  std::uint64_t number = 0;
  for (const char octet : key) number = number << 8 | static_cast<unsigned char>(octet);
  return number;
}

std::string encode(const ReplicaMeta& meta) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(meta.last_success.time_since_epoch()).count();
  std::string octets;
  for (const auto& text :
       {meta.fingerprint, meta.server, meta.cookie, std::to_string(seconds), std::to_string(meta.count)})
    append_text(octets, text);
  return octets;
}

bool decode(std::string_view octets, ReplicaMeta& meta) {
  std::string_view fingerprint, server, cookie, seconds, count;
  for (auto* text : {&fingerprint, &server, &cookie, &seconds, &count})
    if (!take_text(octets, *text)) return false;
  meta.fingerprint = fingerprint;
  meta.server = server;
  meta.cookie = cookie;
  std::int64_t time = 0;
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), time);
  std::from_chars(count.data(), count.data() + count.size(), meta.count);
  meta.last_success = std::chrono::system_clock::time_point(std::chrono::seconds(time));
  return true;
}

}  // namespace

struct ReplicaFile::Environment {
  std::string path;
  MDB_env* handle = nullptr;
  MDB_dbi database = 0;

  ~Environment() {
    if (handle != nullptr) mdb_env_close(handle);
  }

  std::string fault(int code) const { return fmt::format("{}: {}", path, mdb_strerror(code)); }

  // A file that was cut off would end the process with SIGBUS as soon as a page beyond its end is touched.
  bool is_whole() const {
    MDB_envinfo info{};
    MDB_stat pages{};
    struct stat status {};
    if (mdb_env_info(handle, &info) != 0 || mdb_env_stat(handle, &pages) != 0) return false;
    if (::stat(path.c_str(), &status) != 0) return false;
    // A new environment has two meta pages and has written no other.
    return info.me_last_pgno <= 1 ||
           (info.me_last_pgno + 1) * pages.ms_psize <= static_cast<std::size_t>(status.st_size);
  }

  int begin(unsigned flags, Transaction& transaction) const {
    MDB_txn* begun = nullptr;
    const int error = mdb_txn_begin(handle, nullptr, flags, &begun);
    transaction.reset(begun);
    return error;
  }

  int put(MDB_txn* transaction, std::string_view key, std::string_view value) const {
    auto name = value_of(key), text = value_of(value);
    return mdb_put(transaction, database, &name, &text, 0);
  }

  int write(const ReplicaMeta& meta, const ReplicaContent& content, const ReplicaContent::Changes& changes) const {
    Transaction transaction;
    if (const int error = begin(0, transaction)) return error;
    for (const auto number : changes.removals) {
      const auto key = key_of(number);
      auto name = value_of(key);
      const int error = mdb_del(transaction.get(), database, &name, nullptr);
      if (error != 0 && error != MDB_NOTFOUND) return error;
    }
    for (const auto& id : changes.ids) {
      const auto* record = content.find(id);
      if (record == nullptr) continue;
      std::string octets;
      append_text(octets, id);
      octets += record->octets;
      if (const int error = put(transaction.get(), key_of(record->number), octets)) return error;
    }
    if (const int error = put(transaction.get(), meta_key, encode(meta))) return error;
    return mdb_txn_commit(transaction.release());
  }
};

ReplicaFile::ReplicaFile(std::unique_ptr<Environment> environment) : environment_(std::move(environment)) {}
ReplicaFile::~ReplicaFile() = default;

tl::expected<std::unique_ptr<ReplicaFile>, std::string> ReplicaFile::open(const std::string& path, Access access) {
  auto environment = std::make_unique<Environment>();
  environment->path = path;
  const auto refuse = [&](int code) { return tl::unexpected(environment->fault(code)); };
  const bool reads = access == Access::read;
  struct stat status {};
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (reads && !there) return refuse(ENOENT);
  if (const int error = mdb_env_create(&environment->handle)) return refuse(error);
  mdb_env_set_mapsize(environment->handle, std::max(first_map_size, 2 * static_cast<std::size_t>(status.st_size)));
  const unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (reads ? MDB_RDONLY : 0);
  // Addresses of people are nobody else's business.
  if (const int error = mdb_env_open(environment->handle, path.c_str(), flags, 0600)) return refuse(error);
  if (there && !environment->is_whole()) return refuse(MDB_CORRUPTED);
  Transaction transaction;
  if (const int error = environment->begin(reads ? MDB_RDONLY : 0, transaction)) return refuse(error);
  if (const int error = mdb_dbi_open(transaction.get(), nullptr, 0, &environment->database)) return refuse(error);
  if (const int error = mdb_txn_commit(transaction.release())) return refuse(error);
  return std::unique_ptr<ReplicaFile>(new ReplicaFile(std::move(environment)));
}

tl::expected<ReplicaMeta, std::string> ReplicaFile::read(const Visit& visit) const {
  Transaction transaction;
  if (const int error = environment_->begin(MDB_RDONLY, transaction)) return tl::unexpected(environment_->fault(error));
  MDB_cursor* opened = nullptr;
  if (const int error = mdb_cursor_open(transaction.get(), environment_->database, &opened))
    return tl::unexpected(environment_->fault(error));
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(opened);
  ReplicaMeta meta;
  MDB_val key{}, value{};
  int error = 0;
  std::uint64_t seen = 0;
  while ((error = mdb_cursor_get(opened, &key, &value, MDB_NEXT)) == 0) {
    auto octets = text_of(value);
    std::string_view id;
    const bool good = text_of(key) == meta_key ? decode(octets, meta)
                      : key.mv_size == 8       ? take_text(octets, id)
                                               : false;
    if (!good) return tl::unexpected(environment_->fault(MDB_CORRUPTED));
    if (text_of(key) == meta_key) continue;
    ++seen;
    visit(std::string(id), number_of(text_of(key)), octets);
  }
  if (error != MDB_NOTFOUND) return tl::unexpected(environment_->fault(error));
  if (seen != meta.count) return tl::unexpected(environment_->fault(MDB_CORRUPTED));
  return meta;
}

tl::expected<void, std::string> ReplicaFile::write(const ReplicaMeta& meta, const ReplicaContent& content,
                                                   const ReplicaContent::Changes& changes) {
  int error = environment_->write(meta, content, changes);
  while (error == MDB_MAP_FULL) {
    MDB_envinfo info{};
    mdb_env_info(environment_->handle, &info);
    if (mdb_env_set_mapsize(environment_->handle, 2 * info.me_mapsize) != 0) break;
    error = environment_->write(meta, content, changes);
  }
  if (error != 0) return tl::unexpected(environment_->fault(error));
  return {};
}

void ReplicaFile::erase(const std::string& path) {
  ::unlink(path.c_str());
  ::unlink((path + "-lock").c_str());
}

}  // namespace lookup
