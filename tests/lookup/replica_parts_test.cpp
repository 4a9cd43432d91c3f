// The parts of a replica that need no server: messages, records, content and file.
#include <gtest/gtest.h>

#include <fstream>

#include "lookup/replica_content.hpp"
#include "lookup/replica_file.hpp"
#include "lookup/replica_record.hpp"
#include "lookup/sync_message.hpp"
#include "temporary_folder.hpp"

namespace {

using lookup::Entry;
using lookup::ReplicaContent;
using lookup::ReplicaFile;
using lookup::ReplicaMeta;

const std::string id = "0123456789abcdef";

std::string octets_of(const std::string& text) {
  Entry entry;
  entry.name = "cn=" + text;
  entry.add("mail", text);
  return lookup::encode_entry(entry);
}

TEST(ReplicaRecord, keeps_everything_but_passwords) {
  Entry entry, again;
  entry.name = "cn=a";
  entry.add("mail", "a@b");
  entry.add("mail", "");
  entry.add("userPassword", "secret");
  entry.add("USERPASSWORD;x", "secret");
  const auto octets = lookup::encode_entry(entry);
  EXPECT_EQ(octets.find("secret"), std::string::npos);
  ASSERT_TRUE(lookup::decode_entry(octets, again));
  EXPECT_EQ(again.name, "cn=a");
  ASSERT_EQ(again.attributes.size(), 1u);
  EXPECT_EQ(again.attributes[0].values, (std::vector<std::string>{"a@b", ""}));
}

TEST(ReplicaRecord, refuses_every_cut) {
  const auto octets = octets_of("someone");
  Entry entry;
  std::size_t whole = 0;
  for (std::size_t size = 0; size <= octets.size(); ++size) {
    whole += lookup::decode_entry(std::string_view(octets).substr(0, size), entry) ? 1 : 0;
  }
  EXPECT_EQ(whole, 2u) << "the whole, and the name alone";
  EXPECT_FALSE(lookup::decode_entry(std::string("\0\0\0\1x\0\0\0\1a\xff\xff\xff\xff", 14), entry));
}

TEST(SyncMessage, reads_what_servers_send) {
  using Kind = lookup::SyncInfo::Kind;
  const auto state = lookup::parse_sync_state("\x30\x1a\x0a\x01\x03\x04\x10" + id + "\x04\x03" + "csn");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->kind, lookup::SyncState::Kind::remove);
  EXPECT_EQ(state->id, id);
  EXPECT_EQ(state->cookie, "csn");
  const auto cookie = lookup::parse_sync_info(
      "\x80\x03"
      "csn");
  ASSERT_TRUE(cookie);
  EXPECT_EQ(cookie->cookie, "csn");
  const auto done =
      lookup::parse_sync_info(std::string("\xa1\x05\x04\x03"
                                          "csn"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->kind, Kind::refresh_delete);
  EXPECT_TRUE(done->refresh_done);
  const auto more = lookup::parse_sync_info(std::string("\xa2\x03\x01\x01\x00", 5));
  ASSERT_TRUE(more);
  EXPECT_EQ(more->kind, Kind::refresh_present);
  EXPECT_FALSE(more->refresh_done);
  const auto set = lookup::parse_sync_info("\xa3\x17\x01\x01\xff\x31\x12\x04\x10" + id);
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->refresh_deletes);
  EXPECT_EQ(set->ids, std::vector<std::string>{id});
}

TEST(SyncMessage, refuses_what_is_damaged) {
  const std::string cases[] = {"",
                               "\x30",
                               "\x30\x05\x0a\x01\x03",                          // ends early
                               std::string("\x30\x05\x0a\x01\x03\x04\x00", 7),  // no identity
                               "\x30\x15\x0a\x01\x07\x04\x10" + id,             // unknown state
                               std::string("\x30\x80\x0a\x01\x03", 5),          // indefinite length
                               "\x30\x84\xff\xff\xff\xff" + id};
  for (const auto& octets : cases) {
    EXPECT_FALSE(lookup::parse_sync_state(octets)) << octets.size();
    EXPECT_FALSE(lookup::parse_sync_info(octets)) << octets.size();
  }
}

TEST(ReplicaContent, drops_who_was_not_mentioned_only_at_the_end) {
  ReplicaContent content;
  content.begin_refresh();
  for (const auto* name : {"a", "b", "c"}) content.put(name, octets_of(name));
  content.begin_refresh();
  content.mention("a");
  content.put("b", octets_of("b"));
  content.put("d", octets_of("d"));
  EXPECT_EQ(content.size(), 4u);
  content.drop_unmentioned();
  EXPECT_EQ(content.size(), 3u);
  EXPECT_EQ(content.find("c"), nullptr);
  const auto changes = content.take_changes();
  EXPECT_EQ(changes.counts.added, 4u);
  EXPECT_EQ(changes.counts.modified, 0u) << "b came again as it was";
  EXPECT_EQ(changes.counts.removed, 1u);
  EXPECT_FALSE(content.is_changed());
}

class ReplicaFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<ReplicaFile> open() {
    auto file = ReplicaFile::open(path_, ReplicaFile::Access::write);
    EXPECT_TRUE(file.has_value()) << file.error();
    return file ? std::move(*file) : nullptr;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/people.replica";
};

TEST_F(ReplicaFileTest, holds_the_last_state_that_was_written) {
  ReplicaContent content;
  for (int i = 0; i < 3000; ++i) content.put("id" + std::to_string(i), octets_of(std::to_string(i)));
  ReplicaMeta meta{"settings", "ldap://a", std::string("c\0k", 3), std::chrono::system_clock::from_time_t(1000), 3000};
  ASSERT_TRUE(open()->write(meta, content, content.take_changes()));
  content.remove("id7");
  content.put("id8", octets_of("eight"));
  meta.count = 2999;
  ASSERT_TRUE(open()->write(meta, content, content.take_changes()));
  ReplicaContent again;
  const auto read = open()->read([&](const std::string& name, std::uint64_t number, std::string_view octets) {
    again.restore(name, number, std::string(octets));
  });
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->cookie, meta.cookie);
  EXPECT_EQ(read->last_success, meta.last_success);
  EXPECT_EQ(again.size(), 2999u);
  EXPECT_EQ(again.find("id7"), nullptr);
  ASSERT_NE(again.find("id8"), nullptr);
  EXPECT_EQ(again.find("id8")->octets, octets_of("eight"));
}

TEST_F(ReplicaFileTest, refuses_a_file_that_was_cut_off) {
  ReplicaContent content;
  for (int i = 0; i < 3000; ++i) content.put("id" + std::to_string(i), octets_of(std::to_string(i)));
  ASSERT_TRUE(open()->write({"settings", "", "", {}, 3000}, content, content.take_changes()));
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  EXPECT_FALSE(ReplicaFile::open(path_, ReplicaFile::Access::write).has_value());
  EXPECT_FALSE(ReplicaFile::open(folder_.path() + "/none", ReplicaFile::Access::read).has_value());
}

}  // namespace
