#include "lookup/open_table.hpp"

#include <gtest/gtest.h>
#include <lmdb.h>

#include <atomic>
#include <thread>

#include "tests/lookup/temporary_folder.hpp"

namespace {

using lookup::Answer;
using lookup::open_table;
using lookup::parse_map_reference;

lookup::TableResult open_text(const std::string& reference, const std::string& folder = {}) {
  return open_table(*parse_map_reference(reference), {}, folder);
}

TEST(OpenTable, postfix_types_read_the_source_text) {
  const TemporaryFolder folder;
  folder.write("access", "example.org REJECT\n");
  for (const char* type : {"file", "hash", "btree", "texthash", "dbm", "cdb", "proxy:hash"}) {
    const auto opened = open_text(std::string(type) + ":access", folder.path());
    ASSERT_TRUE(opened) << to_string(opened.error());
    EXPECT_EQ(opened->table->find_now("Example.org"), Answer::found("REJECT")) << type;
    ASSERT_EQ(opened->files.size(), 1U);
    EXPECT_EQ(opened->files[0].path, folder.path() + "/access");
  }
}

TEST(OpenTable, types_without_files) {
  const std::tuple<const char*, const char*, Answer> rows[] = {
      {"inline:{A@x.y=OK, { b = c d }}", "a@X.Y", Answer::found("OK")},
      {"inline:{A@x.y=OK, { b = c d }}", "b", Answer::found("c d")},
      {"inline:{a=b}", "c", Answer::absent()},
      {"static:550 no", "anything", Answer::found("550 no")},
      {"static:{ a b }", "", Answer::found("a b")},
      {"pcre:{ {/^a(.)/ x$1}, {/b/ y} }", "az", Answer::found("xz")},
      {"unix:passwd.byname", "no-such-user-here", Answer::absent()},
      {"unix:passwd.byname", "", Answer::absent()},
  };
  for (const auto& [reference, key, answer] : rows) {
    const auto opened = open_text(reference);
    ASSERT_TRUE(opened) << to_string(opened.error());
    EXPECT_EQ(opened->table->find_now(key), answer) << reference;
    EXPECT_EQ(opened->table->name(), reference);
    EXPECT_TRUE(opened->files.empty());
  }
  const auto root = open_text("unix:passwd.byname");
  EXPECT_EQ(root->table->find_now("root")->values.at(0).substr(0, 7), "root:x:");
  EXPECT_TRUE(open_text("fail:")->table->find_now("x")->is_unavailable());
}

TEST(OpenTable, errors_name_the_file) {
  const TemporaryFolder folder;
  folder.write("bad", "fine 1\nbad\n");
  EXPECT_EQ(to_string(open_text("hash:bad", folder.path()).error()),
            folder.path() + "/bad:2: expected: key, white space, value");
  EXPECT_EQ(to_string(open_text("file:/nowhere/x").error()), "cannot read /nowhere/x: No such file or directory");
  EXPECT_EQ(to_string(open_text("file:" + folder.path()).error()), folder.path() + " is not a regular file");
  EXPECT_FALSE(open_text("unix:group.byname"));
  EXPECT_FALSE(open_text("lmdb:/nowhere/x"));
  EXPECT_FALSE(open_text("directory:corp"));
}

TEST(OpenTable, from_the_configuration) {
  const auto pcre = lookup::open_table_content("pcre", "/^mx1\\./ REJECT you are not me\n", "helos");
  ASSERT_TRUE(pcre);
  EXPECT_EQ(pcre->table->find_now("mx1.example.com"), Answer::found("REJECT you are not me"));
  EXPECT_EQ(pcre->table->name(), "helos");
  EXPECT_EQ(to_string(lookup::open_table_content("cidr", "x y\n", "n").error()),
            "line 1: \"x\" is no network (192.0.2.0/24, 2001:db8::/32)");
  EXPECT_FALSE(lookup::open_table_content("lmdb", "", "n"));
  const auto entries = lookup::open_table_entries({{"A", "1"}, {"a", "2"}}, "e");
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->table->find_now("a"), Answer::found("2"));
  EXPECT_EQ(entries->warnings.size(), 1U);
}

std::string make_lmdb(const std::string& path, bool with_nul) {
  MDB_env* environment = nullptr;
  MDB_txn* transaction = nullptr;
  MDB_dbi database = 0;
  EXPECT_EQ(mdb_env_create(&environment), 0);
  EXPECT_EQ(mdb_env_set_mapsize(environment, 1 << 24), 0);
  EXPECT_EQ(mdb_env_open(environment, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
  EXPECT_EQ(mdb_txn_begin(environment, nullptr, 0, &transaction), 0);
  EXPECT_EQ(mdb_dbi_open(transaction, nullptr, 0, &database), 0);
  for (int at = 0; at < 2'000; ++at) {
    std::string key = "user" + std::to_string(at) + "@x.y", value = "box" + std::to_string(at);
    MDB_val k{key.size() + (with_nul ? 1 : 0), key.data()}, v{value.size() + (with_nul ? 1 : 0), value.data()};
    EXPECT_EQ(mdb_put(transaction, database, &k, &v, 0), 0);
  }
  EXPECT_EQ(mdb_txn_commit(transaction), 0);
  mdb_env_close(environment);
  return path;
}

TEST(LmdbTable, reads_what_postmap_makes) {
  const TemporaryFolder folder;
  make_lmdb(folder.path() + "/plain.lmdb", false);
  make_lmdb(folder.path() + "/nul.lmdb", true);
  make_lmdb(folder.path() + "/named", true);
  for (const char* name : {"plain", "nul", "nul.lmdb", "named"}) {
    const auto opened = open_text(std::string("lmdb:") + name, folder.path());
    ASSERT_TRUE(opened) << to_string(opened.error());
    EXPECT_EQ(opened->table->find_now("User1234@X.Y"), Answer::found("box1234")) << name;
    EXPECT_EQ(opened->table->find_now("user2000@x.y"), Answer::absent());
  }
}

TEST(LmdbTable, refuses_broken_files) {
  const TemporaryFolder folder;
  folder.write("text", "this is no database");
  folder.write("empty", "");
  EXPECT_FALSE(open_text("lmdb:text", folder.path()));
  EXPECT_FALSE(open_text("lmdb:empty", folder.path()));
  const std::string cut = make_lmdb(folder.path() + "/cut", false);
  std::filesystem::resize_file(cut, 3 * 4096);
  EXPECT_FALSE(open_text("lmdb:cut", folder.path()));
}

TEST(ReloadingTable, follows_its_file_and_keeps_the_old_version_when_the_new_one_is_bad) {
  const TemporaryFolder folder;
  folder.write("t", "a 1\n");
  const auto table = lookup::ReloadingTable::open([&] { return open_text("file:t", folder.path()); });
  ASSERT_TRUE(table);
  EXPECT_EQ((*table)->find_now("a"), Answer::found("1"));
  EXPECT_EQ((*table)->refresh(), false);

  folder.write("t", "a 22\n");
  EXPECT_EQ((*table)->refresh(), true);
  EXPECT_EQ((*table)->find_now("a"), Answer::found("22"));

  folder.write("t", "bad\n");
  EXPECT_FALSE((*table)->refresh());
  EXPECT_EQ((*table)->refresh(), false) << "a bad version is reported once";
  EXPECT_EQ((*table)->find_now("a"), Answer::found("22"));

  std::filesystem::remove(folder.path() + "/t");
  EXPECT_FALSE((*table)->refresh());
  EXPECT_EQ((*table)->find_now("a"), Answer::found("22"));

  folder.write("t", "a 1\na 4\n");
  EXPECT_EQ((*table)->refresh(), true);
  EXPECT_EQ((*table)->find_now("a"), Answer::found("4"));
  EXPECT_EQ((*table)->warnings().size(), 1U);
  EXPECT_EQ((*table)->name(), "file:t");
}

TEST(ReloadingTable, answers_while_it_is_refreshed) {
  const TemporaryFolder folder;
  folder.write("t", "a 0\n");
  const auto table = *lookup::ReloadingTable::open([&] { return open_text("file:t", folder.path()); });
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      if (!table->find_now("a")->is_found()) ++wrong;
    }
  });
  for (int at = 1; at < 200; ++at) {
    folder.write("t", "a " + std::to_string(at) + "\n");
    table->refresh();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(table->find_now("a"), Answer::found("199"));
}

}  // namespace
