#include "gateway/assembly/dnsbl_health.hpp"

#include <gtest/gtest.h>

#include "gateway/assembly/dnsbl_guard.hpp"
#include "gateway/net/asio.hpp"
#include "lookup/static_resolver.hpp"
#include "tests/gateway/test_log.hpp"

namespace gateway {

namespace {

using lookup::Answer;
using lookup::DnsType;
using lookup::StaticResolver;
using testing::TestLog;

lookup::DnsAnswer no_answer() {
  lookup::DnsAnswer answer;
  answer.answer = Answer::unavailable(lookup::Unavailable::timed_out, "no answer in time");
  return answer;
}

/// What stands behind the last digit of ::FFFF:7F00:1 in a name.
constexpr const char* mapped = "0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";

void make_dead(StaticResolver& dns, const std::string& zone) {
  for (const std::string name : {"1.0.0.127", "2.0.0.127", "invalid", "test"})
    dns.set(DnsType::a, name + "." + zone, no_answer());
  for (const std::string digit : {"1", "2"}) dns.set(DnsType::a, digit + "." + mapped + "." + zone, no_answer());
}

ListCheck checked(StaticResolver& dns, ListSubjects subjects) {
  ListCheck result;
  int calls = 0;
  check_list(dns, "bl.test", subjects, [&](ListCheck check) {
    result = std::move(check);
    ++calls;
  });
  EXPECT_EQ(calls, 1);
  return result;
}

struct CheckCase {
  const char* name;
  ListSubjects subjects;
  std::function<void(StaticResolver&)> prepare;
  ListState state;
};

TEST(ListCheck, JudgesByTheTestEntries) {
  constexpr ListSubjects addresses{true, false}, names{false, true}, both{true, true};
  const auto lists = [](std::string name, std::string value) {
    return [=](StaticResolver& dns) { dns.add(DnsType::a, name + ".bl.test", value); };
  };
  const CheckCase cases[] = {
      {"a good list", addresses, lists("2.0.0.127", "127.0.0.2"), ListState::good},
      {"a list of IPv6 alone", addresses,
       [&](StaticResolver& dns) {
         dns.set(DnsType::a, "1.0.0.127.bl.test", no_answer());
         dns.set(DnsType::a, "2.0.0.127.bl.test", no_answer());
         lists(std::string("2.") + mapped, "127.0.0.2")(dns);
       },
       ListState::good},
      {"a list of names", names, lists("test", "127.0.0.2"), ListState::good},
      {"a list of names is not asked for addresses", names, lists("2.0.0.127", "127.0.0.2"), ListState::no_test_entry},
      {"one of either kind is enough", both, lists("TEST", "127.0.0.2"), ListState::good},
      {"nothing is listed", addresses, [](StaticResolver&) {}, ListState::no_test_entry},
      {"everybody is listed", addresses,
       [&](StaticResolver& dns) {
         lists("2.0.0.127", "127.0.0.2")(dns);
         lists("1.0.0.127", "127.0.0.2")(dns);
       },
       ListState::lists_everything},
      {"every name is listed", names,
       [&](StaticResolver& dns) {
         lists("test", "127.0.0.2")(dns);
         lists("invalid", "127.0.0.2")(dns);
       },
       ListState::lists_everything},
      {"we may not ask", addresses, lists("2.0.0.127", "127.255.255.254"), ListState::refusing},
      {"a parked domain", addresses, lists("1.0.0.127", "203.0.113.9"), ListState::refusing},
      {"silence", both, [](StaticResolver& dns) { make_dead(dns, "bl.test"); }, ListState::silent},
      {"silence once", addresses,
       [&](StaticResolver& dns) {
         lists("2.0.0.127", "127.0.0.2")(dns);
         dns.set(DnsType::a, "1.0.0.127.bl.test", no_answer());
       },
       ListState::good},
  };
  for (const auto& each : cases) {
    StaticResolver dns;
    each.prepare(dns);
    const auto check = checked(dns, each.subjects);
    EXPECT_EQ(check.state, each.state) << each.name << ": " << check.detail;
    EXPECT_EQ(check.detail.empty(), each.state == ListState::good) << each.name;
  }
}

TEST(ListCheck, KnowsListsThatAreNoMore) {
  for (const auto* zone : {"dnsbl.sorbs.net", "Dnsbl.SORBS.net.", "relays.ordb.org", "list.dsbl.org", "cbl.abuseat.org",
                           "dsn.rfc-ignorant.org", "sbl-xbl.spamhaus.org", "combined.njabl.org", "sorbs.net"})
    EXPECT_FALSE(retired_list(zone).empty()) << zone;
  for (const auto* zone : {"zen.spamhaus.org", "bl.spamcop.net", "notsorbs.net", "sorbs.net.example", ""})
    EXPECT_TRUE(retired_list(zone).empty()) << zone;
}

std::vector<std::shared_ptr<const policy::RuleSet>> rules_with(std::vector<std::string> items) {
  policy::RuleTexts texts;
  texts.recipient = std::move(items);
  std::vector<policy::RuleProblem> notices;
  auto rules = policy::parse_rules(texts, notices);
  EXPECT_TRUE(rules) << (rules ? "" : rules.error().front().text);
  return {rules ? *rules : nullptr};
}

TEST(Lists, AreAskedForWhatTheirRestrictionsAskThem) {
  const auto lists = lists_of(rules_with({"reject_rbl_client both.test", "reject_rhsbl_sender both.test",
                                          "reject_dnsbl_score 3 score.test*2", "permit_rhswl_client names.test"}));
  ASSERT_EQ(lists.size(), 3u);
  EXPECT_TRUE(lists.at("both.test").addresses && lists.at("both.test").names);
  EXPECT_TRUE(lists.at("score.test").addresses && !lists.at("score.test").names);
  EXPECT_TRUE(!lists.at("names.test").addresses && lists.at("names.test").names);
}

class DnsblHealthTest : public ::testing::Test {
 protected:
  void run_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_one_until(end);
    }
    EXPECT_TRUE(condition());
  }

  Answer asked(DnsblGuard& guard) {
    Answer result;
    guard.ask("bl.test", "66.0.0.127.bl.test", [&](Answer answer) { result = std::move(answer); });
    return result;
  }

  asio::io_context loop_{1};
  std::shared_ptr<StaticResolver> dns_ = std::make_shared<StaticResolver>();
  TestLog log_;
  Metrics metrics_;
  std::vector<std::shared_ptr<const policy::RuleSet>> rules_ = rules_with({"reject_rbl_client bl.test"});
  ListCheckTimes times_{std::chrono::milliseconds(50), std::chrono::milliseconds(10), std::chrono::milliseconds(20)};
};

TEST_F(DnsblHealthTest, AListThatListsEverybodyIsSwitchedOffUntilItIsWell) {
  dns_->add(DnsType::a, "2.0.0.127.bl.test", "127.0.0.2").add(DnsType::a, "66.0.0.127.bl.test", "127.0.0.2");
  DnsblHealth health({loop_, dns_, log_, metrics_}, times_);
  DnsblGuard guard(*dns_, log_, metrics_, rules_, &health);
  const auto list = health.list("bl.test");
  health.watch(rules_);
  run_until([&] { return dns_->asked() >= 4; });
  EXPECT_TRUE(asked(guard).is_found());

  dns_->add(DnsType::a, "1.0.0.127.bl.test", "127.0.0.2");
  run_until([&] { return list->is_off(); });
  EXPECT_TRUE(asked(guard).is_unavailable());
  EXPECT_NE(metrics_.expose().find("gatepost_dnsbl_list_up{list=\"bl.test\"} 0"), std::string::npos);
  const auto before = dns_->asked();
  run_until([&] { return dns_->asked() > before + 12; });
  EXPECT_EQ(log_.count("lists everybody"), 1u) << "said once, however often it is checked";

  dns_->set(DnsType::a, "1.0.0.127.bl.test", {});
  run_until([&] { return !list->is_off(); });
  EXPECT_TRUE(asked(guard).is_found());
  EXPECT_EQ(log_.count("is well again and"), 1u);
  EXPECT_NE(metrics_.expose().find("gatepost_dnsbl_list_up{list=\"bl.test\"} 1"), std::string::npos);
}

TEST_F(DnsblHealthTest, ADeadListIsNotAsked) {
  make_dead(*dns_, "bl.test");
  DnsblHealth health({loop_, dns_, log_, metrics_}, times_);
  DnsblGuard guard(*dns_, log_, metrics_, rules_, &health);
  health.watch(rules_);
  run_until([&] { return health.list("bl.test")->is_off(); });
  const auto before = dns_->asked();
  EXPECT_TRUE(asked(guard).is_unavailable());
  EXPECT_EQ(dns_->asked(), before);
  EXPECT_EQ(log_.count("DNS list bl.test does not answer"), 1u);
}

TEST_F(DnsblHealthTest, AListOfOnesOwnWithoutATestEntryStaysOn) {
  dns_->add(DnsType::a, "66.0.0.127.bl.test", "127.0.0.2");
  DnsblHealth health({loop_, dns_, log_, metrics_}, times_);
  DnsblGuard guard(*dns_, log_, metrics_, rules_, &health);
  health.watch(rules_);
  run_until([&] { return dns_->asked() >= 12; });
  EXPECT_TRUE(asked(guard).is_found());
  EXPECT_EQ(log_.count("does not list its test entry"), 1u);
}

TEST_F(DnsblHealthTest, TenErrorsInARowSwitchAListOff) {
  dns_->add(DnsType::a, "2.0.0.127.bl.test", "127.0.0.2");
  times_ = {std::chrono::hours(1), std::chrono::milliseconds(10), std::chrono::milliseconds(20)};
  DnsblHealth health({loop_, dns_, log_, metrics_}, times_);
  DnsblGuard guard(*dns_, log_, metrics_, rules_, &health);
  const auto list = health.list("bl.test");
  health.watch(rules_);
  run_until([&] { return dns_->asked() >= 4; });
  dns_->set(DnsType::a, "66.0.0.127.bl.test", no_answer());
  for (int i = 0; i < 9; ++i) asked(guard);
  dns_->set(DnsType::a, "66.0.0.127.bl.test", {});
  EXPECT_TRUE(asked(guard).is_absent()) << "a good answer in between";
  dns_->set(DnsType::a, "66.0.0.127.bl.test", no_answer());
  for (int i = 0; i < 10; ++i) asked(guard);
  run_until([&] { return list->is_off(); });
  EXPECT_EQ(log_.count("failed ten times in a row"), 1u);
  run_until([&] { return !list->is_off(); });
}

TEST_F(DnsblHealthTest, ErrorCodesAreNoListing) {
  DnsblGuard guard(*dns_, log_, metrics_, rules_, nullptr);
  for (const auto* value : {"127.255.255.254", "127.255.255.1", "203.0.113.9"}) {
    lookup::DnsAnswer answer;
    answer.answer = Answer::found(std::string(value));
    dns_->set(DnsType::a, "66.0.0.127.bl.test", answer);
    EXPECT_TRUE(asked(guard).is_unavailable()) << value;
  }
  EXPECT_EQ(log_.count("is an error code"), 1u);
}

TEST_F(DnsblHealthTest, AReloadBringsListsAndDropsThem) {
  DnsblHealth health({loop_, dns_, log_, metrics_}, times_);
  health.watch(rules_);
  run_until([&] { return log_.count("bl.test") == 1; });
  make_dead(*dns_, "bl.test");
  make_dead(*dns_, "new.test");
  health.watch(rules_with({"reject_rhsbl_sender new.test"}));
  run_until([&] { return health.list("new.test")->is_off(); });
  EXPECT_FALSE(health.list("bl.test")->is_off()) << "nobody watches it any more";
}

}  // namespace

}  // namespace gateway
