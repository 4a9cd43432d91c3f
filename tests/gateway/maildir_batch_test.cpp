#include "gateway/delivery/maildir_batch.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "gateway/delivery/maildir_message.hpp"
#include "tests/gateway/delivery_world.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using testing::FakeContent;
using testing::files_in;
using testing::maildir;
using testing::read_file;

class Maildirs : public ::testing::Test {
 protected:
  Maildirs() : config(std::make_shared<config::Config>()) {
    config->hostname = "gw.example.com";
    config->mailboxes.base = folder.path.string();
  }

  MaildirJob job(const std::string& path, std::string text = "Subject: x\r\n\r\nbody\r\n", bool large = false) {
    MaildirJob made;
    made.id = next_message_id();
    made.arrival = SystemTime{std::chrono::seconds{1700000000}};
    made.sender = "s@example.net";
    made.address = "lea@example.org";
    made.delivery = maildir(path);
    made.content = std::make_shared<FakeContent>(std::move(text), large);
    made.config = config;
    return made;
  }
  Outcome deliver(MaildirJob one) {
    std::vector<MaildirJob> jobs;
    jobs.push_back(std::move(one));
    batch.deliver(jobs);
    return jobs.front().outcome;
  }
  std::string at(const std::string& name) { return (folder.path / name).string(); }

  testing::TempFolder folder;
  std::shared_ptr<config::Config> config;
  MaildirBatch batch;
};

TEST_F(Maildirs, AMessageLandsInNewWithItsTraceLines) {
  MaildirJob one = job(at("lea/Maildir/"));
  one.original = "info@example.org";
  const std::string id = to_string(one.id);
  const Outcome outcome = deliver(std::move(one));
  ASSERT_EQ(outcome.result, Outcome::Result::sent) << outcome.text;
  EXPECT_EQ(outcome.text, "delivered to maildir");
  const auto files = files_in(at("lea/Maildir/new"));
  ASSERT_EQ(files.size(), 1U);
  const std::string text = read_file(files[0]);
  EXPECT_EQ(text,
            "Return-Path: <s@example.net>\nX-Original-To: info@example.org\nDelivered-To: lea@example.org\n"
            "Subject: x\n\nbody\n");
  EXPECT_EQ(files[0].filename().string(), "1700000000.Q" + id + "R0.gw.example.com,S=" + std::to_string(text.size()));
  EXPECT_TRUE(files_in(at("lea/Maildir/tmp")).empty());
  struct stat about {};
  ASSERT_EQ(stat(at("lea/Maildir").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0700U);
  EXPECT_TRUE(fs::is_directory(at("lea/Maildir/cur")));
}

TEST_F(Maildirs, LargeContentIsCopiedPieceByPiece) {
  std::string text = "Subject: x\r\n\r\n", expected = "Subject: x\n\n";
  while (text.size() < 300000) {
    text += "0123456789\r lone return\r\n";
    expected += "0123456789\r lone return\n";
  }
  ASSERT_EQ(deliver(job(at("lea"), text, true)).result, Outcome::Result::sent);
  const std::string file = read_file(files_in(at("lea/new")).at(0));
  EXPECT_TRUE(file.ends_with(expected));
  EXPECT_EQ(file.size(),
            expected.size() + std::string("Return-Path: <s@example.net>\nDelivered-To: lea@example.org\n").size());
}

TEST_F(Maildirs, ARepeatedDeliveryFindsItsOwnFile) {
  for (const bool moved : {false, true}) {
    MaildirJob first = job(at("lea"));
    MaildirJob second = first;
    second.may_exist = true;
    ASSERT_EQ(deliver(std::move(first)).result, Outcome::Result::sent);
    const auto file = files_in(at("lea/new")).at(0);
    if (moved) fs::rename(file, at("lea/cur") + "/" + file.filename().string() + ":2,S");
    EXPECT_EQ(deliver(std::move(second)).result, Outcome::Result::sent);
    EXPECT_EQ(files_in(at("lea/new")).size() + files_in(at("lea/cur")).size(), 1U);
    fs::remove_all(at("lea"));
    batch = {};
  }
}

TEST_F(Maildirs, ALeftoverInTmpDoesNotDisturb) {
  MaildirJob one = job(at("lea"));
  fs::create_directories(at("lea/tmp"));
  std::ofstream(at("lea/tmp/") + maildir_stem(one.id, 0, one.arrival, "gw.example.com")) << "half";
  EXPECT_EQ(deliver(std::move(one)).result, Outcome::Result::sent);
  EXPECT_TRUE(files_in(at("lea/tmp")).empty());
}

TEST_F(Maildirs, PathsOutsideOfTheBaseAreRefused) {
  const std::string base = folder.path.string();
  for (const std::string& path :
       {std::string("/etc/mail"), base, base + "/", base + "x/lea", base + "/../lea", base + "/a/../../lea",
        base + std::string("/a\0b", 4), std::string("relative"), std::string()}) {
    const Outcome outcome = deliver(job(path));
    EXPECT_EQ(outcome.result, Outcome::Result::deferred) << path;
    EXPECT_EQ(outcome.text.find('/'), std::string::npos) << outcome.text;
  }
}

TEST_F(Maildirs, SymbolicLinksAreNeverFollowed) {
  const testing::TempFolder outside;
  fs::create_directories(outside.path / "new");
  fs::create_directories(outside.path / "tmp");
  fs::create_directory_symlink(outside.path, at("link"));
  fs::create_directories(at("lea"));
  fs::create_directory_symlink(outside.path / "new", at("lea/new"));
  fs::create_directory_symlink(outside.path / "tmp", at("lea/tmp"));
  EXPECT_EQ(deliver(job(at("link"))).result, Outcome::Result::deferred);
  EXPECT_EQ(deliver(job(at("link/sub"))).result, Outcome::Result::deferred);
  EXPECT_EQ(deliver(job(at("lea"))).result, Outcome::Result::deferred);
  EXPECT_TRUE(files_in(outside.path / "new").empty());
  EXPECT_TRUE(files_in(outside.path / "tmp").empty());
}

TEST_F(Maildirs, ARaceBetweenFolderAndLinkStaysInside) {
  const testing::TempFolder outside;
  for (const char* part : {"tmp", "new", "cur"}) {
    fs::create_directories(outside.path / part);
    fs::create_directories(fs::path(at("lea")) / part);
  }
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    std::error_code ignored;
    while (!stop) {
      fs::rename(at("lea"), at("away"), ignored);
      fs::create_directory_symlink(outside.path, at("lea"), ignored);
      fs::remove(at("lea"), ignored);
      fs::rename(at("away"), at("lea"), ignored);
    }
  });
  for (int round = 0; round < 1500; ++round) {
    batch = {};  // opens the folder anew each time
    deliver(job(at("lea")));
  }
  stop = true;
  mover.join();
  EXPECT_TRUE(files_in(outside.path / "new").empty());
  EXPECT_TRUE(files_in(outside.path / "tmp").empty());
}

TEST_F(Maildirs, APlantedFifoOrLinkInTmpIsReplaced) {
  MaildirJob one = job(at("lea"));
  fs::create_directories(at("lea/tmp"));
  ASSERT_EQ(mkfifo((at("lea/tmp/") + maildir_stem(one.id, 0, one.arrival, "gw.example.com")).c_str(), 0600), 0);
  EXPECT_EQ(deliver(std::move(one)).result, Outcome::Result::sent);
}

TEST_F(Maildirs, LoopsAreReturned) {
  const Outcome outcome = deliver(job(at("lea"), "Delivered-To: LEA@example.org\r\nSubject: x\r\n\r\nbody\r\n"));
  EXPECT_EQ(outcome.result, Outcome::Result::failed);
  EXPECT_EQ(outcome.dsn, "5.4.6");
  // In the body, or for somebody else, it means nothing.
  EXPECT_EQ(deliver(job(at("lea"), "Delivered-To: tom@example.org\r\n\r\nDelivered-To: lea@example.org\r\n")).result,
            Outcome::Result::sent);
}

TEST_F(Maildirs, AFullMailboxDefersOrBouncesAsConfigured) {
  MaildirJob one = job(at("lea"), "Subject: x\r\n\r\n" + std::string(600, 'x') + "\r\n");
  one.delivery.quota = 1000;
  EXPECT_EQ(deliver(one).result, Outcome::Result::sent);
  one.id = next_message_id();
  Outcome outcome = deliver(one);
  EXPECT_EQ(outcome.result, Outcome::Result::deferred);
  EXPECT_EQ(outcome.dsn, "4.2.2");
  config->mailboxes.full_action = config::FullAction::bounce;
  outcome = deliver(one);
  EXPECT_EQ(outcome.result, Outcome::Result::failed);
  EXPECT_EQ(outcome.dsn, "5.2.2");
  const std::string size = std::to_string(fs::file_size(files_in(at("lea/new")).at(0)));
  EXPECT_EQ(read_file(at("lea/maildirsize")), "1000S\n0 0\n" + size + " 1\n");
  // The owner deletes: room again, although the file does not know it yet.
  fs::remove(files_in(at("lea/new")).at(0));
  std::ofstream(at("lea/maildirsize")) << "1000S\n1200 1\n";
  EXPECT_EQ(deliver(one).result, Outcome::Result::sent);
}

TEST_F(Maildirs, TheQuotaHoldsWithinOneBatch) {
  std::vector<MaildirJob> jobs;
  for (int at_job = 0; at_job < 20; ++at_job) {
    jobs.push_back(job(at("lea"), "Subject: x\r\n\r\n" + std::string(300, 'x') + "\r\n"));
    jobs.back().delivery.quota = 1000;
  }
  batch.deliver(jobs);
  EXPECT_EQ(files_in(at("lea/new")).size(), 2U);
}

TEST_F(Maildirs, TheQuotaFileStaysTrueUnderParallelDeliveriesAndAnImapServer) {
  // Several writers cannot agree on the last message; each may be one over, the sum stays right.
  constexpr int writers = 3, each = 40;
  constexpr std::uint64_t quota = 20000;
  std::atomic<int> sent = 0;
  deliver(job(at("lea")));
  std::vector<std::vector<MaildirJob>> work(writers);
  for (auto& jobs : work)
    for (int count = 0; count < each; ++count) {
      jobs.push_back(job(at("lea"), "Subject: x\r\n\r\n" + std::string(400, 'x') + "\r\n"));
      jobs.back().delivery.quota = quota;
    }
  std::vector<std::thread> threads;
  for (auto& jobs : work)
    threads.emplace_back([&jobs, &sent] {
      MaildirBatch own;
      for (auto& one : jobs) {
        std::vector<MaildirJob> single{one};
        own.deliver(single);
        if (single.front().outcome.result == Outcome::Result::sent) ++sent;
      }
    });
  for (auto& thread : threads) thread.join();
  std::uint64_t octets = 0;
  for (const auto& file : files_in(at("lea/new"))) octets += fs::file_size(file);
  EXPECT_EQ(files_in(at("lea/new")).size(), static_cast<std::size_t>(sent) + 1);
  EXPECT_LE(octets, quota + writers * 600);
  EXPECT_GT(octets, quota - 600) << "room was left";
  EXPECT_TRUE(files_in(at("lea/tmp")).empty());
  const auto folder_now = open_maildir(folder.path.string(), at("lea"), CreateFolders::no, {});
  ASSERT_TRUE(folder_now);
  EXPECT_EQ(MaildirQuota::load(*folder_now, quota).used(), octets);
}

TEST_F(Maildirs, AMissingMailboxIsDeferredWhenNoneMayBeMade) {
  config->mailboxes.create_on_first_delivery = false;
  EXPECT_EQ(deliver(job(at("lea"))).dsn, "4.2.0");
  EXPECT_FALSE(fs::exists(at("lea")));
}

TEST_F(Maildirs, AMailboxRemovedMeanwhileIsMadeAnew) {
  ASSERT_EQ(deliver(job(at("lea"))).result, Outcome::Result::sent);
  fs::remove_all(at("lea"));
  EXPECT_EQ(deliver(job(at("lea"))).result, Outcome::Result::sent);
  EXPECT_EQ(files_in(at("lea/new")).size(), 1U);
}

TEST_F(Maildirs, OwnersBelowTheFloorAreRefused) {
  config->mailboxes.ownership = config::Ownership::directory;
  MaildirJob one = job(at("lea"));
  EXPECT_EQ(deliver(one).result, Outcome::Result::deferred);
  one.delivery.uid = 0;
  EXPECT_EQ(deliver(one).result, Outcome::Result::deferred);
  EXPECT_FALSE(fs::exists(at("lea")));
}

TEST_F(Maildirs, ManyMailsInManyMailboxesArriveWhole) {
  constexpr int count = 2000;
  const auto started = std::chrono::steady_clock::now();
  auto content = std::make_shared<FakeContent>("Subject: x\r\n\r\n" + std::string(2000, 'x') + "\r\n");
  for (int first = 0; first < count; first += 500) {
    std::vector<MaildirJob> jobs;
    for (int at_job = first; at_job < first + 500; ++at_job) {
      jobs.push_back(job(at("u" + std::to_string(at_job % 100))));
      jobs.back().content = content;
    }
    batch.deliver(jobs);
    for (const MaildirJob& each : jobs) ASSERT_EQ(each.outcome.result, Outcome::Result::sent);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  RecordProperty("deliveries_per_second", std::to_string(count / seconds));
  std::size_t found = 0;
  for (int user = 0; user < 100; ++user) found += files_in(at("u" + std::to_string(user) + "/new")).size();
  EXPECT_EQ(found, static_cast<std::size_t>(count));
  std::printf("maildir: %.0f deliveries/s\n", count / seconds);
}

}  // namespace
}  // namespace gateway
