#include "gateway/spool/environment.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/spool/ownership.hpp"

namespace gateway {

namespace {

constexpr std::uint32_t format_version = 1;
constexpr unsigned most_readers = 510;

MDB_val value_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

}  // namespace

tl::expected<std::unique_ptr<Environment>, std::string> Environment::open(const std::string& directory,
                                                                          std::uint64_t map_size, Access access) {
  const std::string path = directory + "/queue.mdb";
  std::unique_ptr<Environment> opened(new Environment);
  const auto error = [&path](int code) {
    return tl::unexpected(fmt::format("cannot open the queue {}: {}", path, mdb_strerror(code)));
  };
  if (const int code = mdb_env_create(&opened->environment_)) return error(code);
  mdb_env_set_maxdbs(opened->environment_, 8);
  mdb_env_set_maxreaders(opened->environment_, most_readers);
  if (access == Access::change) mdb_env_set_mapsize(opened->environment_, map_size);
  const unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (access == Access::read ? MDB_RDONLY : 0U);
  if (const int code = mdb_env_open(opened->environment_, path.c_str(), flags, 0600)) return error(code);
  // Root may be the first who opens a queue that belongs to the daemon's user: it must stay able to open its files.
  give_to_owner_of(directory, path);
  give_to_owner_of(directory, path + "-lock");
  opened->clear_stale_readers();
  if (const int code = opened->open_databases(access)) {
    if (code == MDB_VERSION_MISMATCH)
      return tl::unexpected(fmt::format("the queue {} has a format that this version does not know", path));
    return error(code);
  }
  return opened;
}

Environment::~Environment() {
  if (environment_ != nullptr) mdb_env_close(environment_);
}

int Environment::open_databases(Access access) {
  const bool change = access == Access::change;
  MDB_txn* transaction = nullptr;
  if (const int code = mdb_txn_begin(environment_, nullptr, change ? 0 : MDB_RDONLY, &transaction)) return code;
  const unsigned create = change ? MDB_CREATE : 0U;
  int code = mdb_dbi_open(transaction, "message", MDB_INTEGERKEY | create, &message);
  if (code == 0) code = mdb_dbi_open(transaction, "content", MDB_INTEGERKEY | create, &content);
  if (code == 0) code = mdb_dbi_open(transaction, "due", create, &due);
  if (code == 0) code = mdb_dbi_open(transaction, "meta", create, &meta);
  std::uint32_t version = format_version;
  MDB_val key = value_of("format"), value{};
  if (code == 0) {
    code = mdb_get(transaction, meta, &key, &value);
    if (code == MDB_NOTFOUND && change) {
      value = {sizeof version, &version};
      code = mdb_put(transaction, meta, &key, &value, 0);
    } else if (code == 0) {
      version = 0;
      if (value.mv_size == sizeof version) std::memcpy(&version, value.mv_data, sizeof version);
      if (version != format_version) code = MDB_VERSION_MISMATCH;
    }
  }
  if (code != 0) {
    mdb_txn_abort(transaction);
    return code;
  }
  // Committing a read transaction keeps the database handles; one that changed nothing writes nothing.
  return mdb_txn_commit(transaction);
}

void Environment::clear_stale_readers() {
  int dead = 0;
  mdb_reader_check(environment_, &dead);
}

Environment::Pages Environment::pages(MDB_txn* transaction) const {
  Pages pages;
  MDB_envinfo info{};
  mdb_env_info(environment_, &info);
  MDB_stat main{};
  mdb_env_stat(environment_, &main);
  constexpr std::uint64_t meta_pages = 2;
  pages.used = meta_pages + main.ms_branch_pages + main.ms_leaf_pages + main.ms_overflow_pages;
  constexpr MDB_dbi free_list = 0;
  for (const MDB_dbi database : {free_list, message, content, due, meta}) {
    MDB_stat stat{};
    if (mdb_stat(transaction, database, &stat) != MDB_SUCCESS) continue;
    pages.used += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  }
  pages.size = main.ms_psize;
  pages.grown = info.me_last_pgno + 1;
  pages.map = info.me_mapsize / pages.size;
  return pages;
}

Snapshot::Snapshot(Environment& environment) {
  int code = mdb_txn_begin(environment.get(), nullptr, MDB_RDONLY, &transaction_);
  if (code == MDB_MAP_RESIZED) {  // a daemon with a larger map has written since
    mdb_env_set_mapsize(environment.get(), 0);
    code = mdb_txn_begin(environment.get(), nullptr, MDB_RDONLY, &transaction_);
  }
  if (code != MDB_SUCCESS) transaction_ = nullptr;
}

}  // namespace gateway
