#include "policy/rule_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using policy::RuleTexts;
using policy::Severity;
using policy::Stage;
using testing::ElementsAre;
using testing::HasSubstr;
using List = RuleTexts::List;

struct Parsed {
  std::shared_ptr<const policy::RuleSet> rules;
  std::vector<policy::RuleProblem> errors, notices;
};

Parsed parse(const RuleTexts& texts) {
  Parsed parsed;
  auto result = policy::parse_rules(texts, parsed.notices);
  if (result) {
    parsed.rules = *result;
  } else {
    parsed.errors = result.error();
  }
  return parsed;
}

Parsed parse_recipient(List list) {
  RuleTexts texts;
  texts.recipient = std::move(list);
  return parse(texts);
}

TEST(RuleSet, fills_in_the_default_relay_list) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed.rules);
  EXPECT_THAT(parsed.rules->items(Stage::relay),
              ElementsAre("permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination"));
  EXPECT_TRUE(parsed.rules->items(Stage::recipient).empty());
  EXPECT_TRUE(parsed.rules->denies_relay());
  EXPECT_TRUE(parsed.notices.empty());
}

TEST(RuleSet, splits_what_was_pasted_from_main_cf) {
  const auto parsed = parse_recipient({"permit_mynetworks,\n  reject_unauth_destination,",
                                       "check_sender_access inline:{a=OK, b=REJECT}, hash:/etc/x reject"});
  ASSERT_TRUE(parsed.rules);
  EXPECT_THAT(parsed.rules->items(Stage::recipient),
              ElementsAre("permit_mynetworks", "reject_unauth_destination",
                          "check_sender_access inline:{a=OK, b=REJECT}", "hash:/etc/x", "reject"));
  const auto tables = parsed.rules->tables();
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].table, "inline:{a=OK, b=REJECT}");
  EXPECT_FALSE(tables[0].whole_key);
  EXPECT_EQ(tables[1].table, "hash:/etc/x");
}

TEST(RuleSet, tells_tables_zones_and_services) {
  RuleTexts texts;
  texts.client = List{"check_client_access cidr:/etc/c", "reject_rbl_client zen.example=127.0.0.[2..11]"};
  texts.recipient = List{
      "check_policy_service { inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO, "
      "policy_context=mx }"};
  texts.classes = {{"strict", {"check_helo_access h", "reject_dnsbl_score 5 a.example*3 b.example*-2"}}};
  const auto parsed = parse(texts);
  ASSERT_TRUE(parsed.rules);
  const auto tables = parsed.rules->tables();
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_TRUE(tables[0].whole_key);
  EXPECT_EQ(tables[0].place, (policy::RulePlace{Stage::client, "", 0}));
  EXPECT_EQ(tables[1].place.class_name, "strict");
  const auto zones = parsed.rules->dnsbl_zones();
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_EQ(zones[0].zone, "zen.example");
  EXPECT_EQ(zones[0].text, "zen.example=127.0.0.[2..11]");
  EXPECT_EQ(zones[1].zone, "a.example");
  const auto* service = parsed.rules->policy_service("inet:127.0.0.1:10023");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->timeout, std::chrono::seconds(10));
  EXPECT_EQ(service->default_action, "DUNNO");
  EXPECT_EQ(service->context, "mx");
}

struct Mistake {
  const char* name;
  List list;
  const char* text;
};

class RuleMistake : public testing::TestWithParam<Mistake> {};

TEST_P(RuleMistake, is_explained) {
  const auto parsed = parse_recipient(GetParam().list);
  ASSERT_EQ(parsed.errors.size(), 1U);
  EXPECT_THAT(parsed.errors.front().text, HasSubstr(GetParam().text));
  EXPECT_EQ(parsed.errors.front().place.stage, Stage::recipient);
  EXPECT_EQ(parsed.errors.front().place.index, GetParam().list.size() - 1);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RuleMistake,
    testing::Values(
        Mistake{"near_name", {"permit", "reject_unauth_destinaton"}, "did you mean 'reject_unauth_destination'"},
        Mistake{"nonsense", {"florble"}, "unknown restriction 'florble'"},
        Mistake{"removed_rbl", {"reject_maps_rbl"}, "use reject_rbl_client ZONE"},
        Mistake{"removed_relay", {"check_relay_domains"}, "reject_unauth_destination"},
        Mistake{"removed_naked", {"permit_naked_ip_address"}, "permit_mynetworks"},
        Mistake{"no_table", {"check_sender_access"}, "needs a table"},
        Mistake{"verb_for_table", {"check_sender_access reject"}, "a table is missing"},
        Mistake{"no_zone", {"reject_rbl_client"}, "needs a zone"},
        Mistake{"bad_filter", {"reject_rbl_client zen.example=127.0.0"}, "is not a DNS list"},
        Mistake{"bad_range", {"reject_rbl_client zen.example=127.0.0.[9..2]"}, "is not a DNS list"},
        Mistake{"no_server", {"check_policy_service postgrey"}, "needs a server"},
        Mistake{"service_setting", {"check_policy_service { inet:h:1, colour=red }"}, "takes timeout"},
        Mistake{"sleep_word", {"sleep long"}, "number of seconds"},
        Mistake{"open_brace", {"check_sender_access inline:{a=OK"}, "'{' without '}'"},
        Mistake{"close_brace", {"check_sender_access a}"}, "'}' without '{'"},
        Mistake{"lonely_warn", {"warn_if_reject"}, "needs a restriction behind it"},
        Mistake{"score_without_threshold", {"reject_dnsbl_score zen.example*2"}, "threshold"},
        Mistake{"score_without_zone", {"reject_dnsbl_score 5"}, "at least one zone"},
        Mistake{"score_weight", {"reject_dnsbl_score 5 zen.example*heavy"}, "ZONE[=FILTER][*WEIGHT]"},
        Mistake{"ccert_order", {"check_ccert_access {t, search_order=colour}"}, "search_order takes"}),
    [](const auto& row) { return row.param.name; });

TEST(RuleSet, notes_old_spellings) {
  const auto parsed = parse_recipient({"reject_invalid_hostname", "reject_unknown_client", "reject_unauth_pipeling"});
  ASSERT_TRUE(parsed.rules);
  ASSERT_EQ(parsed.notices.size(), 3U);
  EXPECT_EQ(parsed.notices[0].severity, Severity::note);
  EXPECT_THAT(parsed.notices[0].text, HasSubstr("reject_invalid_helo_hostname"));
  EXPECT_THAT(
      parsed.rules->items(Stage::recipient),
      ElementsAre("reject_invalid_helo_hostname", "reject_unknown_client_hostname", "reject_unauth_pipelining"));
}

TEST(RuleSet, warns_of_what_cannot_be_reached) {
  const auto parsed = parse_recipient({"warn_if_reject reject", "permit", "reject_rbl_client zen.example"});
  ASSERT_TRUE(parsed.rules);
  ASSERT_EQ(parsed.notices.size(), 1U);
  EXPECT_EQ(parsed.notices[0].severity, Severity::warning);
  EXPECT_EQ(parsed.notices[0].place.index, 2U);
  EXPECT_THAT(parsed.notices[0].text, HasSubstr("unreachable"));
}

TEST(RuleSet, refuses_classes_that_contain_themselves) {
  RuleTexts texts;
  texts.classes = {{"a", {"b"}}, {"b", {"permit_mynetworks", "a"}}};
  const auto parsed = parse(texts);
  ASSERT_EQ(parsed.errors.size(), 2U);
  EXPECT_EQ(parsed.errors[0].place.class_name, "a");
  EXPECT_THAT(parsed.errors[0].text, HasSubstr("contains itself"));
}

TEST(RuleSet, refuses_a_class_named_like_a_verb) {
  RuleTexts texts;
  texts.classes = {{"Reject", {"permit"}}};
  EXPECT_EQ(parse(texts).errors.size(), 1U);
}

TEST(RuleSet, wants_to_know_what_a_bare_table_is_asked_at_data) {
  RuleTexts texts;
  texts.data = List{"hash:/etc/x"};
  EXPECT_EQ(parse(texts).errors.size(), 1U);
}

TEST(RuleSet, sees_relay_denial_also_in_classes) {
  RuleTexts texts;
  texts.relay = List{"local"};
  texts.classes = {{"local", {"permit_mynetworks", "reject"}}};
  EXPECT_TRUE(parse(texts).rules->denies_relay());
  texts.classes = {{"local", {"permit_mynetworks", "warn_if_reject reject"}}};
  const auto open = parse(texts);
  EXPECT_FALSE(open.rules->denies_relay());
  ASSERT_EQ(open.notices.size(), 1U);
  EXPECT_THAT(open.notices[0].text, HasSubstr("open relay"));
}

}  // namespace
