#include "gateway/filter/greylist.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "gateway/net/asio.hpp"
#include "tests/gateway/test_log.hpp"
#include "tests/lookup/temporary_folder.hpp"

namespace gateway {

namespace {

using Result = GreylistResult;
using testing::TestLog;

TEST(GreylistSender, LeavesOutWhatChangesWithEveryMessage) {
  const std::pair<const char*, const char*> cases[] = {
      {"alice@example.net", "alice@example.net"},
      {"alice+news@example.net", "alice@example.net"},
      {"bounce-1234-77-x9@list.example.net", "bounce-#-#-x#@list.example.net"},
      {"+odd@example.net", "+odd@example.net"},
      {"12345@7.example.net", "#@7.example.net"},
      {"", ""},
      {"nobody", "nobody"},
  };
  for (const auto& [address, wanted] : cases) EXPECT_EQ(greylist_sender(address), wanted);
}

class GreylistStoreTest : public ::testing::Test {
 protected:
  GreylistStoreTest() {
    rules_.delay = std::chrono::seconds(300);
    rules_.auto_allow_after = 0;
    open();
  }

  void open(GreylistStore::Access access = GreylistStore::Access::change) {
    store_.reset();
    auto opened = GreylistStore::open(folder_.path() + "/greylist.mdb", most_entries_, access);
    ASSERT_TRUE(opened) << (opened ? "" : opened.error());
    store_ = std::move(*opened);
  }

  Result at(std::chrono::seconds time, const std::string& recipient = "r", const std::string& network = "192.0.2.0") {
    return store_->decide({{network, "s", recipient}}, rules_, start_ + time).front();
  }

  TemporaryFolder folder_;
  std::uint32_t most_entries_ = 1000;
  config::Greylist rules_;
  GreylistStore::Time start_ = std::chrono::system_clock::now();
  std::unique_ptr<GreylistStore> store_;
};

using namespace std::chrono_literals;

TEST_F(GreylistStoreTest, AFirstAttemptWaitsAndThenIsKnown) {
  EXPECT_EQ(at(0s), Result::first);
  EXPECT_EQ(at(1s), Result::early);
  EXPECT_EQ(at(299s), Result::early);
  EXPECT_EQ(at(300s), Result::passed);
  EXPECT_EQ(at(301s), Result::known);
  EXPECT_EQ(at(301s, "other"), Result::first) << "another recipient waits for itself";
  EXPECT_EQ(at(301s, "r", "198.51.100.0"), Result::first) << "so does another client";
}

TEST_F(GreylistStoreTest, WhoComesBackTooLateBeginsAnew) {
  EXPECT_EQ(at(0s), Result::first);
  EXPECT_EQ(at(rules_.retry_window + 1s), Result::first);
  EXPECT_EQ(at(rules_.retry_window + 301s), Result::passed);
}

TEST_F(GreylistStoreTest, WhoPassedIsRememberedFromItsLastMailOn) {
  at(0s);
  EXPECT_EQ(at(300s), Result::passed);
  EXPECT_EQ(at(rules_.lifetime), Result::known);
  EXPECT_EQ(at(rules_.lifetime * 2 - 1s), Result::known);
  EXPECT_EQ(at(rules_.lifetime * 3), Result::first);
}

TEST_F(GreylistStoreTest, ANetworkThatPassedOftenEnoughWaitsNoMore) {
  rules_.auto_allow_after = 2;
  for (const auto* recipient : {"a", "b"}) {
    EXPECT_EQ(at(0s, recipient), Result::first);
    EXPECT_EQ(at(300s, recipient), Result::passed);
  }
  EXPECT_EQ(at(301s, "c"), Result::known);
  EXPECT_EQ(at(301s, "c", "198.51.100.0"), Result::first);
  EXPECT_EQ(at(301s + rules_.lifetime * 2, "d"), Result::first) << "and is forgotten one day";
}

TEST_F(GreylistStoreTest, ItSurvivesARestart) {
  at(0s);
  open();
  EXPECT_EQ(at(1s), Result::early);
  EXPECT_EQ(at(300s), Result::passed);
  open();
  EXPECT_EQ(at(301s), Result::known);
}

TEST_F(GreylistStoreTest, ALookRemembersNothing) {
  at(0s);
  open(GreylistStore::Access::look);
  EXPECT_EQ(at(1s), Result::early);
  EXPECT_EQ(at(300s), Result::passed);
  EXPECT_EQ(at(300s), Result::passed);
  EXPECT_EQ(at(0s, "new"), Result::first);
  EXPECT_EQ(at(1s, "new"), Result::first);
}

TEST_F(GreylistStoreTest, WhatIsOverIsForgotten) {
  for (int i = 0; i < 50; ++i) at(0s, "r" + std::to_string(i));
  EXPECT_EQ(store_->entries(), 50u);
  EXPECT_FALSE(store_->forget_expired(start_ + rules_.retry_window - 1s, 100));
  EXPECT_EQ(store_->entries(), 50u);
  EXPECT_TRUE(store_->forget_expired(start_ + rules_.retry_window + 1s, 20));
  EXPECT_EQ(store_->entries(), 30u);
  EXPECT_FALSE(store_->forget_expired(start_ + rules_.retry_window + 1s, 100));
  EXPECT_EQ(store_->entries(), 0u);
}

TEST_F(GreylistStoreTest, WhatWouldBeForgottenFirstMakesRoom) {
  most_entries_ = 10;
  open();
  at(0s, "kept");
  EXPECT_EQ(at(300s, "kept"), Result::passed);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(at(301s + std::chrono::seconds(i), "r" + std::to_string(i)), Result::first);
  EXPECT_EQ(store_->entries(), 10u);
  EXPECT_EQ(at(402s, "kept"), Result::known) << "one that passed is worth more than those that never came back";
  EXPECT_EQ(at(402s, "r99"), Result::early);
  EXPECT_EQ(at(402s, "r0"), Result::first);
}

TEST_F(GreylistStoreTest, AClockThatWasSetBackMakesNobodyWaitForEver) {
  at(0s);
  EXPECT_EQ(at(-3600s), Result::passed);
}

TEST_F(GreylistStoreTest, ADamagedFileIsPutAside) {
  store_.reset();
  const auto file = folder_.path() + "/greylist.mdb";
  std::filesystem::resize_file(file, 0);
  { std::ofstream(file) << std::string(20000, 'x'); }
  open();
  EXPECT_EQ(at(0s), Result::first);
  EXPECT_TRUE(std::filesystem::exists(file + ".damaged"));
}

TEST_F(GreylistStoreTest, AFolderThatIsMissingIsAnError) {
  const auto opened = GreylistStore::open(folder_.path() + "/nowhere/greylist.mdb", 10, GreylistStore::Access::change);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("No such file"), std::string::npos) << opened.error();
}

class GreylistTest : public ::testing::Test {
 protected:
  GreylistTest() {
    facts_.client_address = *lookup::parse_ip("192.0.2.7");
    rules_.delay = std::chrono::seconds(300);
  }

  lookup::Answer ask(Greylist& greylist, const std::string& triplet = "192.0.2.0 s@example.net r@example.com") {
    std::optional<lookup::Answer> result;
    greylist.ask(loop_, triplet, facts_, [&](lookup::Answer answer) { result = std::move(answer); });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto keep_running = asio::make_work_guard(loop_);
    while (!result && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_one_until(end);
    }
    EXPECT_TRUE(result) << "no answer";
    return result.value_or(lookup::Answer{});
  }

  bool counts(const std::string& line) { return metrics_.expose().find(line + "\n") != std::string::npos; }

  TemporaryFolder folder_;
  asio::io_context loop_{1};
  TestLog log_;
  Metrics metrics_;
  config::Greylist rules_;
  policy::Facts facts_;
};

TEST_F(GreylistTest, StrangersWaitAndAreCounted) {
  Greylist greylist(folder_.path(), rules_, log_, metrics_);
  EXPECT_TRUE(ask(greylist).is_absent());
  EXPECT_TRUE(ask(greylist).is_absent());
  rules_.delay = std::chrono::seconds(0);
  greylist.use(rules_);
  EXPECT_TRUE(ask(greylist).is_found());
  EXPECT_TRUE(ask(greylist).is_found());
  for (const auto* result : {"new", "early", "passed", "known"})
    EXPECT_TRUE(counts("gatepost_greylist_decisions_total{result=\"" + std::string(result) + "\"} 1")) << result;
}

TEST_F(GreylistTest, SomeNeverWait) {
  Greylist greylist(folder_.path(), rules_, log_, metrics_);
  facts_.client_in_mynetworks = true;
  EXPECT_TRUE(ask(greylist).is_found());
  facts_.client_in_mynetworks = false;
  facts_.login = "alice";
  EXPECT_TRUE(ask(greylist).is_found());
  facts_.login.clear();
  rules_.exceptions = {*lookup::parse_network("192.0.2.0/29")};
  greylist.use(rules_);
  EXPECT_TRUE(ask(greylist).is_found());
  rules_.exceptions.clear();
  rules_.enabled = false;
  greylist.use(rules_);
  EXPECT_TRUE(ask(greylist).is_found());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/greylist.mdb")) << "no file unless it is needed";
}

TEST_F(GreylistTest, WithoutItsFileItCannotTell) {
  Greylist greylist(folder_.path() + "/nowhere", rules_, log_, metrics_);
  EXPECT_TRUE(ask(greylist).is_unavailable());
  EXPECT_TRUE(ask(greylist).is_unavailable());
  EXPECT_EQ(log_.count("greylist: cannot open"), 1u);
}

}  // namespace

}  // namespace gateway
