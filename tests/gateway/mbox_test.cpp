#include "gateway/local/mbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <csignal>
#include <thread>

#include "tests/gateway/fake_spool.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using testing::FakeContent;
using testing::read_file;

class Mbox : public ::testing::Test {
 protected:
  Mbox() {
    rules.patience = std::chrono::milliseconds{150};
    mail.sender = "s@example.net";
    mail.address = "lea@example.org";
  }

  Outcome append(const std::string& body = "body", const std::string& name = "lea") {
    auto file = find_mbox(folder.path.string(), at(name));
    if (!file) return {};
    const FakeContent content("Subject: x\r\n\r\n" + body + "\r\n");
    return append_to_mbox(*file, mail, content, rules, mailboxes);
  }
  std::string at(const std::string& name) { return (folder.path / name).string(); }
  std::size_t messages() {
    const std::string text = "\n\n" + read_file(at("lea"));
    std::size_t count = 0;
    for (auto found = text.find("\n\nFrom s@"); found != std::string::npos; found = text.find("\n\nFrom s@", found + 1))
      ++count;
    return count;
  }

  testing::TempFolder folder;
  OrderedMail mail;
  MboxRules rules;
  config::Mailboxes mailboxes;
};

TEST_F(Mbox, holds_one_message_after_another) {
  for (int count = 1; count <= 3; ++count) {
    const Outcome outcome = append("From the start " + std::to_string(count));
    ASSERT_EQ(outcome.result, Outcome::Result::sent) << outcome.text;
    EXPECT_EQ(messages(), static_cast<std::size_t>(count));
  }
  EXPECT_NE(read_file(at("lea")).find("\n>From the start 2\n\nFrom s@"), std::string::npos);
  struct stat about {};
  ASSERT_EQ(stat(at("lea").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600U);
  EXPECT_EQ(testing::files_in(folder.path).size(), 1U);  // the dotlock is gone
}

TEST_F(Mbox, written_by_many_at_once_stays_whole) {
  constexpr int writers = 4, each = 25;
  rules.patience = std::chrono::milliseconds{20000};
  for (int writer = 0; writer < writers; ++writer) {
    if (fork() != 0) continue;
    int bad = 0;
    for (int count = 0; count < each; ++count) bad += append(std::string(3000, 'x')).result != Outcome::Result::sent;
    _exit(bad);
  }
  for (int writer = 0; writer < writers; ++writer) {
    int status = -1;
    wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(messages(), static_cast<std::size_t>(writers * each));
}

TEST_F(Mbox, has_its_old_length_again_after_a_failure) {
  ASSERT_EQ(append("first").result, Outcome::Result::sent);
  const std::string before = read_file(at("lea"));
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{before.size() + 1000, before.size() + 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    _exit(append(std::string(5000, 'x')).dsn == "4.2.2" ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(at("lea")), before);
}

TEST_F(Mbox, keeps_to_its_size_limit) {
  ASSERT_EQ(append("first").result, Outcome::Result::sent);
  const std::string before = read_file(at("lea"));
  mailboxes.mailbox_size_limit = before.size() + 100;
  EXPECT_EQ(append(std::string(90, 'x')).dsn, "4.2.2");
  mailboxes.full_action = config::FullAction::bounce;
  const Outcome full = append(std::string(90, 'x'));
  EXPECT_EQ(full.result, Outcome::Result::failed);
  EXPECT_EQ(full.dsn, "5.2.2");
  EXPECT_EQ(append(std::string(5000, 'x')).dsn, "5.2.3");
  EXPECT_EQ(read_file(at("lea")), before);
}

TEST_F(Mbox, waits_for_the_lock_of_others) {
  ASSERT_EQ(append().result, Outcome::Result::sent);
  for (const std::string lock : {"fcntl", "flock", "dotlock"}) {
    rules.locks = {lock};
    int ready[2], go[2];
    ASSERT_EQ(pipe(ready) + pipe(go), 0);
    const pid_t holder = fork();
    if (holder == 0) {
      const int fd = open(at(lock == "dotlock" ? "lea.lock" : "lea").c_str(), O_RDWR | O_CREAT, 0600);
      struct flock whole {};
      whole.l_type = F_WRLCK;
      const bool held =
          lock == "fcntl" ? fcntl(fd, F_SETLK, &whole) == 0 : lock != "flock" || ::flock(fd, LOCK_EX) == 0;
      char octet = held ? 'y' : 'n';
      if (write(ready[1], &octet, 1) != 1 || read(go[0], &octet, 1) != 1) _exit(1);
      _exit(0);
    }
    char octet = 0;
    ASSERT_EQ(read(ready[0], &octet, 1), 1);
    ASSERT_EQ(octet, 'y');
    const Outcome busy = append();
    EXPECT_EQ(busy.result, Outcome::Result::deferred) << lock;
    EXPECT_EQ(busy.dsn, "4.2.0");
    EXPECT_NE(busy.text.find("unable to lock"), std::string::npos) << busy.text;
    ASSERT_EQ(write(go[1], &octet, 1), 1);
    waitpid(holder, nullptr, 0);
    for (const int fd : {ready[0], ready[1], go[0], go[1]}) close(fd);
    fs::remove(at("lea.lock"));
    EXPECT_EQ(append().result, Outcome::Result::sent) << lock;
  }
}

TEST_F(Mbox, takes_over_a_lock_that_was_forgotten) {
  std::ofstream(at("lea.lock")) << "1\n";
  const utimbuf long_ago{1700000000, 1700000000};
  ASSERT_EQ(utime(at("lea.lock").c_str(), &long_ago), 0);
  EXPECT_EQ(append().result, Outcome::Result::sent);
  EXPECT_FALSE(fs::exists(at("lea.lock")));
}

TEST_F(Mbox, is_never_a_link_or_anything_but_a_file) {
  const testing::TempFolder outside;
  std::ofstream(outside.path / "target") << "precious";
  fs::create_symlink(outside.path / "target", at("link"));
  EXPECT_EQ(append("x", "link").dsn, "4.3.5");
  fs::create_hard_link(outside.path / "target", at("hard"));
  EXPECT_EQ(append("x", "hard").dsn, "4.2.0");
  fs::create_directory(at("folder"));
  EXPECT_NE(append("x", "folder").result, Outcome::Result::sent);
  ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
  EXPECT_EQ(append("x", "fifo").dsn, "5.2.0");
  fs::create_directory_symlink(outside.path, at("away"));
  EXPECT_FALSE(find_mbox(folder.path.string(), at("away/target")));
  EXPECT_FALSE(find_mbox(folder.path.string(), at("../target")));
  EXPECT_EQ(read_file(outside.path / "target"), "precious");
}

TEST_F(Mbox, of_somebody_else_is_not_touched) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a file of somebody else";
  std::ofstream(at("lea")) << "theirs";
  ASSERT_EQ(chown(at("lea").c_str(), 4242, 4242), 0);
  const Outcome outcome = append();
  EXPECT_EQ(outcome.dsn, "4.2.0");
  EXPECT_NE(outcome.text.find("not owned"), std::string::npos);
  EXPECT_EQ(read_file(at("lea")), "theirs");
}

TEST_F(Mbox, is_not_made_when_none_may_be) {
  rules.create = false;
  EXPECT_EQ(append().dsn, "4.2.0");
  EXPECT_FALSE(fs::exists(at("lea")));
}

TEST_F(Mbox, file_of_an_alias_may_not_be_a_program) {
  std::ofstream(at("script")) << "#!/bin/sh\n";
  fs::permissions(at("script"), fs::perms::owner_all);
  auto file = find_file(at("script"));
  ASSERT_TRUE(file);
  const FakeContent content("Subject: x\r\n\r\nbody\r\n");
  EXPECT_EQ(append_to_mbox(*file, mail, content, rules, mailboxes).dsn, "5.7.1");
}

}  // namespace
}  // namespace gateway
