// Walks through every state of a message: dies, or gets an error, at each system call that changes the disk in turn.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/crash/driver.hpp"

namespace crash {
namespace {

namespace fs = std::filesystem;

std::string new_base() {
  char name[] = "/tmp/gatepost-crash-XXXXXX";
  return mkdtemp(name);
}

bool may_trace() {
  return std::system("strace -f -o /dev/null -e trace=fsync -e inject=fsync:signal=KILL:when=1 true 2>/dev/null") == 0;
}

/// Runs the driver's "life" with `action` at the `when`-th call of `call` in each of its threads.
Life live(const std::string& directory, const std::string& call, const std::string& action, int when) {
  const std::string inject = "inject=" + call + ":" + action + ":when=" + std::to_string(when);
  return run(
      {"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject, SPOOL_DRIVER, directory, "life"});
}

class EachCall : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!may_trace()) GTEST_SKIP() << "strace cannot trace here";
    base_ = new_base();
  }
  void TearDown() override { fs::remove_all(base_); }
  std::string base_;
};

// LMDB writes pages by pwrite64 or pwritev and the meta page by pwrite64; content files are written by write.
INSTANTIATE_TEST_SUITE_P(Calls, EachCall,
                         testing::Values("fdatasync", "pwrite64", "pwritev", "fsync", "openat", "unlinkat", "fallocate",
                                         "write", "mkdirat"),
                         [](const auto& param) { return std::string(param.param); });

constexpr int most_calls = 40;

TEST_P(EachCall, kill_at_each_call_loses_nothing) {
  int points = 0;
  for (int when = 1; when <= most_calls; ++when) {
    const std::string directory = base_ + "/" + std::to_string(when);
    const Life before = live(directory, GetParam(), "signal=KILL", when);
    const bool died = !before.closed;
    if (died) {
      ++points;
      const Life now = check(directory, before);
      EXPECT_EQ(text_of(now), "") << GetParam() << " number " << when;
      EXPECT_EQ(orphans(directory, now), std::vector<std::string>{}) << GetParam() << " number " << when;
      EXPECT_EQ(text_of(check(directory, before)), "") << "second restart, " << GetParam() << " number " << when;
    }
    fs::remove_all(directory);
    if (!died) break;
  }
  std::printf("killed at %d calls of %s\n", points, GetParam());
}

TEST_P(EachCall, error_at_each_call_loses_nothing_and_passes) {
  for (const char* error : {"EIO", "ENOSPC"}) {
    int points = 0;
    bool reached_the_end = false;
    for (int when = 1; when <= most_calls && !reached_the_end; ++when) {
      const std::string directory = base_ + "/" + error + std::to_string(when);
      const Life before = live(directory, GetParam(), std::string("error=") + error, when);
      const std::string where = std::string(GetParam()) + " number " + std::to_string(when) + " " + error;
      if (before.opened) {
        EXPECT_TRUE(before.closed) << where;
        EXPECT_EQ(before.status, 0) << "the spool did not come back, " << where;
        EXPECT_EQ(text_of(check(directory, before)), "") << where;
        if (!before.failed.empty()) ++points;
      } else {
        // An error while opening is told; the next opening works.
        EXPECT_TRUE(WIFEXITED(before.status)) << where;
        EXPECT_EQ(text_of(check(directory, before)), "") << where;
      }
      reached_the_end = before.opened && before.failed.empty() && when > 12;
      fs::remove_all(directory);
    }
    std::printf("%s of %s was answered with an error at %d calls\n", error, GetParam(), points);
  }
}

// The folder above the content files is synced by a worker whose calls strace cannot tell from those of the opening by
// their number, but by their path.
TEST(SpoolCrash, folder_that_cannot_be_synced_refuses_the_message) {
  if (!may_trace()) GTEST_SKIP() << "strace cannot trace here";
  const std::string base = new_base(), directory = base + "/queue";
  ASSERT_TRUE(run({SPOOL_DRIVER, directory, "check"}).closed);
  const Life before = run({"strace", "-f", "-qq", "-o", "/dev/null", "-P", directory + "/content", "-e", "trace=fsync",
                           "-e", "inject=fsync:error=EIO:when=1", SPOOL_DRIVER, directory, "life"});
  EXPECT_EQ(before.status, 0);
  EXPECT_EQ(before.failed.count("store"), 1U);
  const Life now = check(directory, before);
  EXPECT_EQ(text_of(now), "");
  EXPECT_EQ(orphans(directory, now), std::vector<std::string>{});
  fs::remove_all(base);
}

TEST(SpoolCrash, random_kills_under_load_lose_nothing) {
  const std::string base = new_base(), directory = base + "/queue";
  Life sum;
  std::size_t acknowledged = 0;
  for (int cycle = 0; cycle < 20; ++cycle) {
    const Life run_now = run({SPOOL_DRIVER, directory, "load", std::to_string(cycle)}, 60 + 37 * (cycle % 7));
    acknowledged += run_now.stored.size();
    for (const auto& [id, promise] : run_now.stored) sum.stored[id] = promise;
    sum.removing.insert(run_now.removing.begin(), run_now.removing.end());
    sum.removed.insert(run_now.removed.begin(), run_now.removed.end());
    const Life now = check(directory, sum);
    ASSERT_EQ(text_of(now), "") << "cycle " << cycle;
    EXPECT_EQ(orphans(directory, now), std::vector<std::string>{});
  }
  EXPECT_GT(acknowledged, 100U);
  std::printf("%zu messages acknowledged in 20 lives\n", acknowledged);
  fs::remove_all(base);
}

}  // namespace
}  // namespace crash
