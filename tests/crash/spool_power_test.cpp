// Cuts the power: a file system in a file is shut down without writing anything more, then mounted again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/crash/driver.hpp"

namespace crash {
namespace {

namespace fs = std::filesystem;

constexpr unsigned long shutdown_request = 0x8004587d;  // EXT4_IOC_SHUTDOWN
constexpr std::uint32_t without_log_flush = 2;

bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

class PowerCut : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/gatepost-power-XXXXXX";
    base_ = mkdtemp(name);
    mount_ = base_ + "/mount";
    fs::create_directory(mount_);
    if (geteuid() != 0 || !shell("truncate -s 512M " + base_ + "/disk") ||
        !shell("mkfs.ext4 -q -F " + base_ + "/disk") || !mount_disk())
      GTEST_SKIP() << "no right or no way to mount an ext4 file system from a file here";
  }
  void TearDown() override {
    shell("umount " + mount_);
    fs::remove_all(base_);
  }
  bool mount_disk() { return shell("mount -o loop,commit=300 " + base_ + "/disk " + mount_); }

  bool cut() {
    const int folder = open(mount_.c_str(), O_RDONLY | O_DIRECTORY);
    std::uint32_t how = without_log_flush;
    const bool done = folder >= 0 && ioctl(folder, shutdown_request, &how) == 0;
    if (folder >= 0) close(folder);
    return done;
  }
  bool restart() { return shell("umount " + mount_) && mount_disk(); }

  std::string base_, mount_;
};

// The control: what was not synced is gone, so the method can find a loss.
TEST_F(PowerCut, control_loses_what_was_not_synced) {
  for (int i = 0; i < 20; ++i) std::ofstream(mount_ + "/file" + std::to_string(i)) << "not synced";
  ASSERT_TRUE(cut());
  ASSERT_TRUE(restart());
  int kept = 0;
  for (int i = 0; i < 20; ++i) kept += fs::exists(mount_ + "/file" + std::to_string(i)) ? 1 : 0;
  EXPECT_LT(kept, 20);
}

TEST_F(PowerCut, acknowledged_messages_are_found_after_the_cut) {
  const std::string directory = mount_ + "/queue";
  Life sum;
  std::size_t acknowledged = 0;
  for (int cycle = 0; cycle < 6; ++cycle) {
    // The driver is stopped before the cut, so that no promise counts which was made while the power went.
    const Life before = run({SPOOL_DRIVER, directory, "load", std::to_string(cycle)}, 150 + 70 * cycle);
    ASSERT_TRUE(cut());
    acknowledged += before.stored.size();
    for (const auto& [id, promise] : before.stored) sum.stored[id] = promise;
    sum.removing.insert(before.removing.begin(), before.removing.end());
    sum.removed.insert(before.removed.begin(), before.removed.end());
    ASSERT_TRUE(restart());
    const Life now = check(directory, sum);
    ASSERT_EQ(text_of(now), "") << "cycle " << cycle;
    EXPECT_EQ(orphans(directory, now), std::vector<std::string>{});
  }
  EXPECT_GT(acknowledged, 50U);
  std::printf("%zu messages acknowledged before 6 cuts\n", acknowledged);
}

// One message is the hardest case: no later commit can hide that its own was not on disk.
TEST_F(PowerCut, a_life_of_few_messages_is_found_after_the_cut) {
  const std::string directory = mount_ + "/queue";
  const Life before = run({SPOOL_DRIVER, directory, "life"});
  ASSERT_TRUE(cut());
  ASSERT_TRUE(before.closed);
  ASSERT_TRUE(restart());
  EXPECT_EQ(text_of(check(directory, before)), "");
}

}  // namespace
}  // namespace crash
