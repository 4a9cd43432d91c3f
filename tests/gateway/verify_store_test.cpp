#include "gateway/verify/verify_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/lookup/temporary_folder.hpp"

namespace gateway {

namespace {

using namespace std::chrono_literals;

class VerifyStoreTest : public ::testing::Test {
 protected:
  VerifyStoreTest() { open(); }

  void open(VerifyStore::Access access = VerifyStore::Access::change) {
    store_.reset();
    auto opened = VerifyStore::open(file_, most_entries_, access);
    ASSERT_TRUE(opened) << (opened ? "" : opened.error());
    store_ = std::move(*opened);
  }

  void put(const std::string& address, bool is_deliverable, std::chrono::seconds lifetime, std::string reason = {}) {
    EXPECT_TRUE(store_->put({{address, {is_deliverable, start_, std::move(reason)}, start_ + lifetime}}));
  }
  std::optional<VerifiedAddress> find(const std::string& address, std::chrono::seconds after = 0s) {
    return store_->find(address, start_ + after);
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.path() + "/verify.mdb";
  std::uint32_t most_entries_ = 1000;
  VerifyStore::Time start_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::unique_ptr<VerifyStore> store_;
};

TEST_F(VerifyStoreTest, KnowsWhatItWasToldUntilItExpires) {
  EXPECT_FALSE(find("a@example.com"));
  put("a@example.com", true, 100s);
  put("b@example.com", false, 10s, "host mx said: 550 no");
  EXPECT_EQ(find("a@example.com"), (VerifiedAddress{true, start_, ""}));
  EXPECT_EQ(find("b@example.com", 9s), (VerifiedAddress{false, start_, "host mx said: 550 no"}));
  EXPECT_FALSE(find("b@example.com", 10s));
  EXPECT_FALSE(find("c@example.com"));
}

TEST_F(VerifyStoreTest, ALaterOutcomeReplacesTheFormer) {
  put("a@example.com", false, 10s, "no");
  put("a@example.com", true, 100s);
  EXPECT_EQ(store_->entries(), 1u);
  store_->forget_expired(start_ + 11s, 10);
  EXPECT_TRUE(find("a@example.com", 11s)) << "the index of the former must not take the latter along";
}

TEST_F(VerifyStoreTest, SurvivesARestartAndCanBeLookedAt) {
  put("a@example.com", true, 100s);
  open();
  EXPECT_TRUE(find("a@example.com"));
  open(VerifyStore::Access::look);
  EXPECT_TRUE(find("a@example.com"));
  put("b@example.com", true, 100s);
  EXPECT_FALSE(find("b@example.com"));
}

TEST_F(VerifyStoreTest, ForgetsWhatIsOver) {
  for (int i = 0; i < 20; ++i) put("r" + std::to_string(i), true, std::chrono::seconds(10 + i));
  store_->forget_expired(start_ + 19s, 100);
  EXPECT_EQ(store_->entries(), 10u);
  EXPECT_TRUE(find("r10"));
}

TEST_F(VerifyStoreTest, WhatWouldExpireFirstMakesRoom) {
  most_entries_ = 10;
  open();
  put("kept", true, 1000s);
  for (int i = 0; i < 50; ++i) put("r" + std::to_string(i), false, std::chrono::seconds(100 + i));
  EXPECT_EQ(store_->entries(), 10u);
  EXPECT_TRUE(find("kept"));
  EXPECT_TRUE(find("r49"));
  EXPECT_FALSE(find("r0"));
}

TEST_F(VerifyStoreTest, ADamagedFileIsPutAside) {
  store_.reset();
  std::filesystem::resize_file(file_, 0);
  { std::ofstream(file_) << std::string(20000, 'x'); }
  open();
  EXPECT_FALSE(find("a@example.com"));
  EXPECT_TRUE(std::filesystem::exists(file_ + ".damaged"));
}

TEST_F(VerifyStoreTest, AFolderThatIsMissingIsAnError) {
  const auto opened = VerifyStore::open(folder_.path() + "/nowhere/verify.mdb", 10, VerifyStore::Access::change);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("No such file"), std::string::npos) << opened.error();
}

}  // namespace

}  // namespace gateway
