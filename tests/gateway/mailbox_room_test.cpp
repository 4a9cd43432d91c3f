#include "gateway/delivery/mailbox_room.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "gateway/assembly/recipient_room.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace {

using gateway::Delivery;
using gateway::MailboxRoom;
using gateway::testing::TempFolder;

struct RoomTest : testing::Test {
  std::uint64_t ask(const std::string& name, std::uint64_t quota) {
    const MailboxRoom::Mailbox mailbox{folder.path.string(), folder.path.string() + "/" + name + "/", quota};
    auto answer = std::make_shared<std::promise<std::uint64_t>>();
    room.ask(mailbox, [answer](std::uint64_t octets) { answer->set_value(octets); });
    auto future = answer->get_future();
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return 1234567890;
    const auto octets = future.get();
    EXPECT_EQ(room.known(mailbox), octets);
    return octets;
  }

  /// A Maildir with one file of that size, and a maildirsize file unless its text is empty.
  void make(const std::string& name, std::size_t size, const std::string& maildirsize) {
    const auto root = folder.path / name;
    for (const char* part : {"new", "cur", "tmp"}) std::filesystem::create_directories(root / part);
    std::ofstream(root / "new" / "1.x.host") << std::string(size, 'x');
    if (!maildirsize.empty()) std::ofstream(root / "maildirsize") << maildirsize;
  }

  TempFolder folder;
  MailboxRoom room;
};

TEST_F(RoomTest, a_mailbox_that_is_not_there_has_its_whole_quota) {
  EXPECT_EQ(ask("nobody", 1000), 1000u);
}

TEST_F(RoomTest, the_maildirsize_file_is_believed) {
  make("lea", 10, "1000S\n300 1\n200 1\n-100 -1\n");
  EXPECT_EQ(ask("lea", 1000), 600u);
}

TEST_F(RoomTest, without_the_file_or_with_another_limit_files_are_counted) {
  make("lea", 10, "");
  EXPECT_EQ(ask("lea", 1000), 990u);
  make("bob", 10, "5000S\n300 1\n");
  EXPECT_EQ(ask("bob", 1000), 990u);
}

TEST_F(RoomTest, a_file_that_says_full_is_checked_because_mail_may_have_been_removed) {
  make("lea", 10, "1000S\n1000 1\n");
  EXPECT_EQ(ask("lea", 1000), 990u);
  make("full", 1000, "1000S\n1000 1\n");
  EXPECT_EQ(ask("full", 1000), 0u);
}

TEST_F(RoomTest, looking_writes_nothing) {
  make("lea", 10, "");
  ask("lea", 1000);
  EXPECT_FALSE(std::filesystem::exists(folder.path / "lea" / "maildirsize"));
}

TEST_F(RoomTest, a_mailbox_behind_a_symbolic_link_is_unknown) {
  make("lea", 10, "");
  std::filesystem::create_directory_symlink(folder.path / "lea", folder.path / "link");
  EXPECT_EQ(ask("link", 1000), MailboxRoom::unknown);
}

Delivery maildir(const std::string& path, std::uint64_t quota) {
  Delivery delivery;
  delivery.kind = Delivery::Kind::maildir;
  delivery.path = path;
  delivery.quota = quota;
  return delivery;
}

TEST(RecipientRoom, is_only_asked_when_every_delivery_has_a_quota) {
  Delivery relay;
  relay.kind = Delivery::Kind::relay;
  EXPECT_EQ(gateway::mailboxes_of({maildir("/m/a/", 5), maildir("/m/b/", 6)}, "/m").size(), 2u);
  EXPECT_TRUE(gateway::mailboxes_of({maildir("/m/a/", 5), maildir("/m/b/", 0)}, "/m").empty());
  EXPECT_TRUE(gateway::mailboxes_of({maildir("/m/a/", 5), relay}, "/m").empty());
}

TEST_F(RoomTest, of_several_mailboxes_the_roomiest_counts) {
  make("full", 100, "100S\n100 1\n");
  make("half", 50, "100S\n50 1\n");
  asio::io_context loop;
  const auto base = folder.path.string();
  std::uint64_t octets = 0;
  const auto mailboxes = gateway::mailboxes_of({maildir(base + "/full/", 100), maildir(base + "/half/", 100)}, base);
  gateway::ask_room(loop, room, mailboxes, [&](std::uint64_t most) { octets = most; });
  loop.run_for(std::chrono::seconds(20));  // ends when its timer is cancelled
  EXPECT_EQ(octets, 50u);
}

TEST(MailboxRoom, may_go_with_questions_open) {
  TempFolder folder;
  for (int round = 0; round < 50; ++round) {
    MailboxRoom room;
    for (int i = 0; i < 20; ++i)
      room.ask({folder.path.string(), folder.path.string() + "/x/", 10}, [](std::uint64_t) {});
  }
}

}  // namespace
