#include "lookup/filter.hpp"

#include <gtest/gtest.h>

#include "lookup/escape.hpp"

namespace {

lookup::Entry person() {
  lookup::Entry entry;
  entry.name = "uid=mvegas,ou=Onlymail,dc=example,dc=com";
  entry.add("objectClass", "inetOrgPerson");
  entry.add("objectClass", "posixAccount");
  entry.add("cn", "Virtual  Mister");
  entry.add("mailLocalAddress", "mvegas@example.com");
  entry.add("uidNumber", "1006");
  entry.add("userAccountControl", "514");
  entry.add("description;lang-fr", "a*b(c)\\d");
  return entry;
}

struct Row {
  const char* name;
  const char* filter;
  bool matches;
};

class Matching : public testing::TestWithParam<Row> {};

TEST_P(Matching, person) {
  const auto filter = lookup::parse_filter(GetParam().filter);
  ASSERT_TRUE(filter.has_value()) << filter.error().text;
  EXPECT_EQ(lookup::matches(*filter, person()), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Filter, Matching,
    testing::Values(Row{"equality", "(mailLocalAddress=mvegas@example.com)", true},
                    Row{"names_and_values_have_no_case", "(MAILLOCALADDRESS=MVegas@Example.COM)", true},
                    Row{"blanks_at_the_ends_are_ignored", "(mailLocalAddress=  mvegas@example.com )", true},
                    Row{"runs_of_blanks_are_one", "(cn=virtual mister)", true},
                    Row{"another_value", "(cn=virtual)", false},
                    Row{"an_absent_attribute", "(mail=mvegas@example.com)", false},
                    Row{"presence", "(uidNumber=*)", true}, Row{"presence_of_an_absent_one", "(mail=*)", false},
                    Row{"start", "(cn=vir*)", true}, Row{"end", "(cn=*ster)", true},
                    Row{"middle", "(cn=*al mi*)", true}, Row{"all_three", "(cn=v*l*r)", true},
                    Row{"pieces_do_not_overlap", "(uidNumber=1006*006)", false},
                    Row{"order_of_pieces", "(cn=*mister*virtual*)", false}, Row{"greater", "(uidNumber>=900)", true},
                    Row{"numbers_not_text", "(uidNumber>=9)", true}, Row{"less", "(uidNumber<=1005)", false},
                    Row{"text_order", "(cn>=unicorn)", true}, Row{"approximate_is_equal", "(cn~=Virtual Mister)", true},
                    Row{"bit_and", "(userAccountControl:1.2.840.113556.1.4.803:=2)", true},
                    Row{"bit_and_of_several", "(userAccountControl:1.2.840.113556.1.4.803:=18)", false},
                    Row{"bit_or", "(userAccountControl:1.2.840.113556.1.4.804:=18)", true},
                    Row{"extensible_by_rule_name", "(cn:caseExactMatch:=Virtual Mister)", true},
                    Row{"negation", "(!(userAccountControl:1.2.840.113556.1.4.803:=2))", false},
                    Row{"negation_of_an_absent_one", "(!(nsAccountLock=TRUE))", true},
                    Row{"and", "(&(objectClass=posixaccount)(uidNumber=1006))", true},
                    Row{"and_one_wrong", "(&(objectClass=posixAccount)(uidNumber=1))", false},
                    Row{"or", "(|(mail=x)(mailLocalAddress=mvegas@example.com))", true}, Row{"empty_and", "(&)", true},
                    Row{"empty_or", "(|)", false}, Row{"escapes", "(description=a\\2ab\\28c\\29\\5cd)", true},
                    Row{"an_escaped_star_is_no_wildcard", "(cn=Vir\\2a)", false},
                    Row{"blanks_between_parts", "( & (objectClass=posixAccount) (uidNumber=1006) )", true},
                    Row{"without_brackets", "uidNumber=1006", true}),
    [](const auto& test) { return std::string(test.param.name); });

struct BadRow {
  const char* name;
  const char* filter;
};

class Refusing : public testing::TestWithParam<BadRow> {};

TEST_P(Refusing, malformed) {
  EXPECT_FALSE(lookup::parse_filter(GetParam().filter).has_value());
}

INSTANTIATE_TEST_SUITE_P(Filter, Refusing,
                         testing::Values(BadRow{"empty", ""}, BadRow{"open", "("}, BadRow{"unclosed", "(a=b"},
                                         BadRow{"trailing", "(a=b)x"}, BadRow{"no_attribute", "(=b)"},
                                         BadRow{"no_sign", "(ab)"}, BadRow{"bad_escape", "(a=\\zz)"},
                                         BadRow{"short_escape", "(a=\\2)"}, BadRow{"not_of_two", "(!(a=b)(c=d))"},
                                         BadRow{"not_of_none", "(!)"}, BadRow{"star_in_comparison", "(a>=1*)"},
                                         BadRow{"injected", "(mail=x)(uid=*)"}, BadRow{"rule_alone", "(:=x)"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Filter, refuses_deep_nesting_without_recursing_to_the_end) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "(!";
  const auto filter = lookup::parse_filter(deep);
  ASSERT_FALSE(filter.has_value());
  EXPECT_EQ(filter.error().text, "nested too deeply");
}

TEST(Filter, no_escaped_value_changes_the_filter) {
  for (const std::string_view hostile : {"*", ")(uid=*", "\\2a", "a)(|(b=*", "((("}) {
    const auto filter =
        lookup::parse_filter("(&(objectClass=posixAccount)(mail=" + lookup::escape_filter_value(hostile) + "))");
    ASSERT_TRUE(filter.has_value()) << hostile;
    ASSERT_EQ(filter->parts.size(), 2U);
    EXPECT_EQ(filter->parts[1].kind, lookup::Filter::Kind::equal);
    EXPECT_EQ(filter->parts[1].value, hostile);
  }
}

TEST(Filter, names_its_attributes_once) {
  std::vector<std::string> names;
  lookup::collect_attributes(*lookup::parse_filter("(&(cn=a)(|(CN=b)(mail=c))(!(uid=*)))"), names);
  EXPECT_EQ(names, (std::vector<std::string>{"cn", "mail", "uid"}));
}

}  // namespace
