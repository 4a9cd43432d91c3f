#include "lookup/lmdb_table.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "lookup/keyed_table.hpp"

namespace lookup {

namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

struct CloseEnvironment {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
struct AbortTransaction {
  void operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }
};
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

// postmap holds an exclusive lock while it writes: flock or fcntl, by how it was built. Waits for about a second.
bool lock_shared(int file) {
  struct flock whole {};
  whole.l_type = F_RDLCK;
  whole.l_whence = SEEK_SET;
  for (int tries = 0; tries < 50; ++tries) {
    if (::flock(file, LOCK_SH | LOCK_NB) == 0) {
      if (::fcntl(file, F_OFD_SETLK, &whole) == 0) return true;
      ::flock(file, LOCK_UN);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// postmap may count the final NUL of its C strings.
std::string_view text_of(const MDB_val& value) {
  std::string_view text(static_cast<const char*>(value.mv_data), value.mv_size);
  if (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

// A file that was cut off would end the process with SIGBUS as soon as a page beyond its end is touched.
bool is_whole(MDB_env* environment, const Descriptor& file) {
  MDB_envinfo info{};
  MDB_stat pages{};
  struct stat status {};
  if (mdb_env_info(environment, &info) != 0 || mdb_env_stat(environment, &pages) != 0) return false;
  if (::fstat(file.number, &status) != 0) return false;
  return (info.me_last_pgno + 1) * pages.ms_psize <= static_cast<std::size_t>(status.st_size);
}

int read_all(MDB_env* environment, KeyedTable& table) {
  MDB_txn* begun = nullptr;
  if (const int error = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &begun)) return error;
  const std::unique_ptr<MDB_txn, AbortTransaction> transaction(begun);
  MDB_dbi database = 0;
  if (const int error = mdb_dbi_open(begun, nullptr, 0, &database)) return error;
  MDB_cursor* opened = nullptr;
  if (const int error = mdb_cursor_open(begun, database, &opened)) return error;
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(opened);
  MDB_val key{}, value{};
  int error = 0;
  while ((error = mdb_cursor_get(opened, &key, &value, MDB_NEXT)) == 0) {
    table.insert(text_of(key), std::string(text_of(value)));
  }
  return error == MDB_NOTFOUND ? 0 : error;
}

}  // namespace

std::string lmdb_file(const std::string& path) {
  const std::string made_by_postmap = path + ".lmdb";
  return ::access(made_by_postmap.c_str(), F_OK) == 0 ? made_by_postmap : path;
}

TableResult read_lmdb_table(const std::string& file, std::string name) {
  const auto refuse = [&](std::string_view why) {
    return tl::unexpected(TableProblems{{0, fmt::format("cannot read {}: {}", file, why), {}}});
  };
  const Descriptor lock{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (lock.number < 0) return refuse(mdb_strerror(errno));
  if (!lock_shared(lock.number)) return refuse("somebody is writing it");

  MDB_env* created = nullptr;
  if (const int error = mdb_env_create(&created)) return refuse(mdb_strerror(error));
  const std::unique_ptr<MDB_env, CloseEnvironment> environment(created);
  constexpr unsigned options = MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS;
  if (const int error = mdb_env_open(created, file.c_str(), options, 0644)) return refuse(mdb_strerror(error));
  if (!is_whole(created, lock)) return refuse("it is cut off");

  auto table = std::make_shared<KeyedTable>(std::move(name));
  if (const int error = read_all(created, *table)) return refuse(mdb_strerror(error));
  return OpenedTable{std::move(table), {}, {}};
}

}  // namespace lookup
