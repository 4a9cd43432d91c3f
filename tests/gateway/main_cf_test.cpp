#include "gateway/postfix/main_cf.hpp"

#include <gtest/gtest.h>

#include "gateway/postfix/master_cf.hpp"
#include "gateway/postfix/restriction_items.hpp"

namespace gateway::postfix {
namespace {

using Words = std::vector<std::string>;

struct ExpansionCase {
  const char* name;
  const char* text;
  const char* expanded;
};

class Expansion : public testing::TestWithParam<ExpansionCase> {};

TEST_P(Expansion, is_that_of_postfix) {
  const MainCf main("a = 1\nempty =\nloop = $loop x\nb = $a$a\n", "main.cf");
  EXPECT_EQ(main.expand(GetParam().text), GetParam().expanded);
}

INSTANTIATE_TEST_SUITE_P(
    MainCf, Expansion,
    testing::Values(ExpansionCase{"plain", "text", "text"}, ExpansionCase{"name", "$a.", "1."},
                    ExpansionCase{"nested", "<$b>", "<11>"}, ExpansionCase{"braces", "${a}2", "12"},
                    ExpansionCase{"parentheses", "$(a)2", "12"}, ExpansionCase{"unknown", "[$nothing]", "[]"},
                    ExpansionCase{"dollar", "$$a", "$a"}, ExpansionCase{"if_set", "${a?yes}", "yes"},
                    ExpansionCase{"if_set_but_empty", "${empty?yes}", ""},
                    ExpansionCase{"unless_set", "${empty:no}", "no"},
                    ExpansionCase{"either", "${empty?{yes}:{no}}", "no"}, ExpansionCase{"unclosed", "${a", "${a"},
                    ExpansionCase{"final", "a$", "a$"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(RestrictionItems, take_their_arguments_along) {
  const auto items = restriction_items(
      "permit_mynetworks warn_if_reject reject_rbl_client x.example=127.0.0.2, check_policy_service { inet:h:1, "
      "timeout=3s } reject");
  Words texts;
  for (const auto& item : items) texts.push_back(item.text());
  EXPECT_EQ(texts, (Words{"permit_mynetworks", "warn_if_reject reject_rbl_client x.example=127.0.0.2",
                          "check_policy_service { inet:h:1, timeout=3s }", "reject"}));
}

TEST(MainCf, expansion_without_end_is_cut_off) {
  const MainCf main("a = $a$a$a$a$a\nb = $c$c$c\nc = $b$b$b\n", "main.cf");
  EXPECT_EQ(main.value("a"), "");
  EXPECT_EQ(main.value("b"), "");
}

TEST(MasterCf, reads_services_with_their_options) {
  std::vector<config::Finding> remarks;
  const auto services = read_master_cf(
      "# service\nsubmission inet n - y - 10 smtpd -v\n  -o a=b\n  -o { c = d e }\n  -of=g\nshort inet n\n",
      "master.cf", remarks);
  ASSERT_EQ(services.size(), 1u);
  EXPECT_EQ(services[0].name, "submission");
  EXPECT_EQ(services[0].command, "smtpd");
  EXPECT_EQ(services[0].maxproc, "10");
  ASSERT_EQ(services[0].overrides.size(), 3u);
  EXPECT_EQ(services[0].overrides[1].value, "d e");
  EXPECT_EQ(services[0].overrides[2].name, "f");
  EXPECT_EQ(remarks.size(), 1u);
}

}  // namespace
}  // namespace gateway::postfix
