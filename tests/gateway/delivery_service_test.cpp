#include "gateway/local/delivery_service.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "gateway/local/recipient_rights.hpp"
#include "gateway/local/service_channel.hpp"
#include "tests/gateway/delivery_world.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using testing::FakeContent;
using testing::files_in;
using testing::read_file;

/// How often a race is tried: enough to see a hole in an ordinary run, more when wished.
int tries() {
  const char* wish = std::getenv("GATEPOST_RACE_TRIES");
  return wish == nullptr ? 3000 : std::atoi(wish);
}

/// The service in a process of its own and the gateway's channel to it.
class Service : public ::testing::Test {
 protected:
  Service() {
    fs::permissions(folder.path, fs::perms(0755));
    fs::create_directory(folder.path / "base");
    config = std::make_shared<config::Config>();
    config->hostname = "gw.example.com";
    config->mailboxes.base = at("base");
    config->mailboxes.ownership = config::Ownership::directory;
    settings.base = at("base");
    settings.minimum_uid = 100;
    settings.default_uid = is_root() ? 65534 : geteuid();
    settings.default_gid = is_root() ? 65534 : getegid();
  }
  ~Service() override {
    if (channel) channel->shut_down();
    channel.reset();
    if (service > 0) waitpid(service, nullptr, 0);  // it ends because its socket is closed
  }

  static bool is_root() { return geteuid() == 0; }
  static uid_t some_uid() { return is_root() ? 5001 : geteuid(); }
  std::string at(const std::string& name) { return (folder.path / name).string(); }

  void start() {
    FolderFd ours, theirs;
    ASSERT_TRUE(make_order_sockets(ours, theirs));
    service = fork();
    if (service == 0) {
      ours = FolderFd();
      _exit(run_delivery_service(theirs.get(), settings));
    }
    connect(std::move(ours));
  }
  void connect(FolderFd socket) {
    channel = std::make_shared<ServiceChannel>(loop, log, std::move(socket), [this](std::vector<MailboxJob> jobs) {
      for (auto& job : jobs) outcomes.push_back(job.outcome);
    });
  }

  MailboxJob job(Delivery::Kind kind, const std::string& path, uid_t uid = some_uid()) {
    MailboxJob made;
    made.message = std::make_shared<ActiveMessage>();
    made.id = next_message_id();
    made.arrival = SystemTime{std::chrono::seconds{1700000000}};
    made.sender = "s@example.net";
    made.address = "lea@example.org";
    made.delivery.kind = kind;
    made.delivery.path = path;
    made.delivery.uid = uid;
    made.delivery.gid = is_root() ? uid : getegid();
    made.content = std::make_shared<FakeContent>("Subject: x\r\n\r\nbody\r\n");
    made.config = config;
    return made;
  }
  MailboxJob maildir_job(const std::string& name, uid_t uid = some_uid()) {
    return job(Delivery::Kind::maildir, at("base/" + name + "/"), uid);
  }
  Outcome deliver(MailboxJob one) {
    outcomes.clear();
    channel->submit(std::move(one));
    return wait_for_outcomes(1) ? outcomes.front() : Outcome{};
  }
  bool wait_for_outcomes(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (outcomes.size() < count && std::chrono::steady_clock::now() < end) {
      loop.restart();
      loop.run_for(std::chrono::milliseconds{5});
    }
    return outcomes.size() >= count;
  }
  static struct stat about(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
    return found;
  }

  testing::TempFolder folder;
  ServiceSettings settings;
  std::shared_ptr<config::Config> config;
  asio::io_context loop;
  testing::CapturingLog log;
  std::shared_ptr<ServiceChannel> channel;
  std::vector<Outcome> outcomes;
  pid_t service = 0;
};

TEST_F(Service, writes_each_mailbox_as_its_owner) {
  if (!is_root()) GTEST_SKIP() << "needs root to become somebody else";
  start();
  for (const uid_t uid : {5001U, 5002U, 700000U}) {
    const std::string name = "example.org/u" + std::to_string(uid);
    const Outcome outcome = deliver(maildir_job(name, uid));
    ASSERT_EQ(outcome.result, Outcome::Result::sent) << outcome.text;
    EXPECT_EQ(outcome.text, "delivered to maildir");
    const std::string path = at("base/" + name);
    const auto files = files_in(path + "/new");
    ASSERT_EQ(files.size(), 1U);
    for (const std::string& each : {path, path + "/tmp", path + "/cur", files[0].string()}) {
      EXPECT_EQ(about(each).st_uid, uid) << each;
      EXPECT_EQ(about(each).st_gid, uid) << each;
      EXPECT_EQ(about(each).st_mode & 077U, 0U) << each;
    }
    EXPECT_EQ(read_file(files[0]), "Return-Path: <s@example.net>\nDelivered-To: lea@example.org\nSubject: x\n\nbody\n");
  }
  // What lies above the mailboxes belongs to root, and everybody passes through.
  EXPECT_EQ(about(at("base/example.org")).st_uid, 0U);
  EXPECT_EQ(about(at("base/example.org")).st_mode & 0777U, 0711U);
}

TEST_F(Service, gives_all_mailboxes_to_one_owner_when_told_so) {
  if (!is_root()) GTEST_SKIP() << "needs root to become somebody else";
  settings.owner_uid = 50;  // the administrator's word: no floor
  settings.owner_gid = 51;
  fs::remove(at("base"));
  start();
  for (const std::string name : {"example.org/lea", "example.org/max"})
    ASSERT_EQ(deliver(maildir_job(name, 4711)).result, Outcome::Result::sent);
  for (const std::string name : {"base", "base/example.org", "base/example.org/lea", "base/example.org/max/new"}) {
    EXPECT_EQ(about(at(name)).st_uid, 50U) << name;
    EXPECT_EQ(about(at(name)).st_gid, 51U) << name;
  }
}

TEST_F(Service, gathers_what_is_for_one_mailbox) {
  start();
  config->mailboxes.quota_default = 1000;
  const auto content = std::make_shared<FakeContent>("Subject: x\r\n\r\n" + std::string(200, 'x') + "\r\n", true);
  if (!is_root()) fs::create_directory(at("base/lea"));
  for (int count = 0; count < 40; ++count) {
    MailboxJob one = maildir_job("lea");
    one.content = content;
    channel->submit(std::move(one));
  }
  ASSERT_TRUE(wait_for_outcomes(40));
  std::uintmax_t octets = 0;
  for (const auto& file : files_in(at("base/lea/new"))) octets += fs::file_size(file);
  EXPECT_GT(octets, 700U);
  EXPECT_LE(octets, 1000U);  // the quota holds, however many came at once
  std::size_t full = 0;
  for (const Outcome& outcome : outcomes) full += outcome.dsn == "4.2.2";
  EXPECT_EQ(full, 40 - files_in(at("base/lea/new")).size());
}

TEST_F(Service, refuses_owners_that_it_must_not_become) {
  start();
  for (const uid_t uid : {0U, 99U}) {
    const Outcome outcome = deliver(maildir_job("lea", uid));
    EXPECT_EQ(outcome.result, Outcome::Result::deferred);
    EXPECT_EQ(outcome.dsn, "4.3.5");
  }
  MailboxJob roots_group = maildir_job("lea");
  roots_group.delivery.gid = 0;
  EXPECT_EQ(deliver(std::move(roots_group)).dsn, "4.3.5");
  EXPECT_FALSE(fs::exists(at("base/lea")));
}

TEST_F(Service, holds_to_what_it_was_told_at_its_start) {
  start();
  fs::create_directory(at("elsewhere"));
  config->mailboxes.base = at("elsewhere");
  EXPECT_EQ(deliver(job(Delivery::Kind::maildir, at("elsewhere/lea/"))).dsn, "4.3.5");
  EXPECT_TRUE(files_in(at("elsewhere")).empty());
  for (const auto kind : {Delivery::Kind::command, Delivery::Kind::file, Delivery::Kind::local})
    EXPECT_EQ(deliver(job(kind, at("x"))).dsn, "4.3.5") << static_cast<int>(kind);
}

TEST_F(Service, defers_with_a_reason_what_is_not_accessible) {
  if (!is_root()) GTEST_SKIP() << "needs root to take rights away";
  start();
  fs::create_directory(at("base/locked"));
  fs::permissions(at("base/locked"), fs::perms(0700));
  fs::create_directory(at("base/locked/lea"));
  const Outcome outcome = deliver(maildir_job("locked/lea"));
  EXPECT_EQ(outcome.result, Outcome::Result::deferred);
  EXPECT_EQ(outcome.text, "maildir delivery failed: mailbox is not accessible");
  config->mailboxes.create_on_first_delivery = false;
  EXPECT_EQ(deliver(maildir_job("nobody")).text, "maildir delivery failed: mailbox does not exist");
  EXPECT_FALSE(fs::exists(at("base/nobody")));
}

TEST_F(Service, runs_commands_and_writes_files_as_the_user_of_default_privs) {
  settings.local.allow_mail_to_commands = settings.local.allow_mail_to_files = true;
  start();
  fs::permissions(folder.path, fs::perms(0777));
  const Outcome ran = deliver(job(Delivery::Kind::command, "id -u > " + at("ran") + "; exit 67", 4711));
  EXPECT_EQ(ran.result, Outcome::Result::failed);
  EXPECT_EQ(ran.text, "user unknown");
  EXPECT_EQ(read_file(at("ran")), std::to_string(settings.default_uid) + "\n");
  const Outcome wrote = deliver(job(Delivery::Kind::file, at("archive"), 4711));
  EXPECT_EQ(wrote.text, "delivered to file: " + at("archive"));
  EXPECT_EQ(about(at("archive")).st_uid, settings.default_uid);
}

TEST_F(Service, gives_programs_no_way_back_to_root) {
  if (!is_root()) GTEST_SKIP() << "needs root";
  settings.local.allow_mail_to_commands = true;
  start();
  fs::permissions(folder.path, fs::perms(0777));
  const std::string command = "grep -E '^(Cap|NoNewPrivs|Groups|Uid)' /proc/self/status > " + at("status");
  ASSERT_EQ(deliver(job(Delivery::Kind::command, command)).result, Outcome::Result::sent);
  const std::string status = read_file(at("status"));
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos) << status;
  EXPECT_NE(status.find("Uid:\t65534\t65534\t65534\t65534"), std::string::npos) << status;
  EXPECT_NE(status.find("CapPrm:\t0000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("Groups:\t65534 \n"), std::string::npos) << status;
}

TEST_F(Service, is_started_anew_when_it_dies) {
  start();
  if (!is_root()) fs::create_directory(at("base/lea"));
  ASSERT_EQ(deliver(maildir_job("lea")).result, Outcome::Result::sent);
  const std::string children = "/proc/" + std::to_string(service) + "/task/" + std::to_string(service) + "/children";
  for (int round = 0; round < 3; ++round) {
    const std::string before = read_file(children);
    ASSERT_EQ(kill(std::stoi(before), SIGKILL), 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while ((read_file(children) == before || read_file(children).empty()) && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    ASSERT_EQ(deliver(maildir_job("lea")).result, Outcome::Result::sent);
  }
  EXPECT_EQ(files_in(at("base/lea/new")).size(), 4U);
}

TEST_F(Service, that_is_gone_defers_everything) {
  connect(FolderFd());
  const Outcome outcome = deliver(maildir_job("lea"));
  EXPECT_EQ(outcome.result, Outcome::Result::deferred);
  EXPECT_EQ(outcome.dsn, "4.3.0");
  EXPECT_EQ(log.count("delivery service"), 1);
}

TEST_F(Service, that_is_stopped_in_the_midst_of_a_delivery_defers_it) {
  settings.local.allow_mail_to_commands = true;
  start();
  fs::permissions(folder.path, fs::perms(0777));
  outcomes.clear();
  channel->submit(job(Delivery::Kind::command, "echo $PPID > " + at("worker") + "; sleep 30"));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (read_file(at("worker")).empty() && std::chrono::steady_clock::now() < end) {
    loop.restart();
    loop.run_for(std::chrono::milliseconds{5});
  }
  ASSERT_EQ(kill(std::stoi(read_file(at("worker"))), SIGKILL), 0);
  ASSERT_TRUE(wait_for_outcomes(1));
  EXPECT_EQ(outcomes[0].result, Outcome::Result::deferred);
  EXPECT_EQ(outcomes[0].dsn, "4.3.0");
}

TEST_F(Service, makes_homes_only_where_nobody_else_rules) {
  if (!is_root()) GTEST_SKIP() << "needs root";
  // Lea owns her home: below it nothing is made with root's rights, whatever the directory says of others.
  fs::create_directories(at("base/lea"));
  ASSERT_EQ(chown(at("base/lea").c_str(), 5001, 5001), 0);
  make_home(at("base"), at("base/lea/of/another"), 5002, 5002, FoldersAbove::of_root);
  EXPECT_TRUE(files_in(at("base/lea")).empty());
  fs::create_directory(at("base/open"));
  fs::permissions(at("base/open"), fs::perms(0777));
  make_home(at("base"), at("base/open/x"), 5002, 5002, FoldersAbove::of_root);
  EXPECT_TRUE(files_in(at("base/open")).empty());
  make_home(at("base"), at("base/../outside"), 5002, 5002, FoldersAbove::of_root);
  EXPECT_FALSE(fs::exists(at("outside")));
}

TEST_F(Service, never_leaves_the_base_while_links_come_and_go) {
  if (!is_root()) GTEST_SKIP() << "needs root";
  fs::create_directories(at("outside"));
  fs::permissions(at("outside"), fs::perms(0777));
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    std::error_code ignored;
    while (!stop) {
      fs::create_directory_symlink(at("outside"), at("base/lea"), ignored);
      fs::remove(at("base/lea"), ignored);
      fs::create_directory(at("base/lea"), ignored);
      fs::rename(at("base/lea"), at("base/away"), ignored);
      fs::remove_all(at("base/away"), ignored);
    }
  });
  for (int count = 0; count < tries(); ++count) {
    make_home(at("base"), at("base/lea/box"), 5001, 5001, FoldersAbove::of_root);
    (void)open_maildir(at("base"), at("base/lea/box/"), CreateFolders::yes, {});
  }
  stop = true;
  mover.join();
  EXPECT_TRUE(files_in(at("outside")).empty());
  fs::remove_all(at("base/lea"));
  make_home(at("base"), at("base/lea/box"), 5001, 5001, FoldersAbove::of_root);
  EXPECT_EQ(about(at("base/lea/box")).st_uid, 5001U);  // without the race it does make homes
}

}  // namespace
}  // namespace gateway
