#include "lookup/address.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::string_literals;
using lookup::Address;
using lookup::AllowUtf8;

struct Good {
  const char* name;
  std::string text, local, domain, printed;
};

void PrintTo(const Good& row, std::ostream* out) {
  *out << row.name;
}

class Accepted : public testing::TestWithParam<Good> {};

TEST_P(Accepted, has_its_parts_and_prints) {
  const auto address = lookup::parse_address(GetParam().text);
  ASSERT_TRUE(address) << GetParam().text;
  EXPECT_EQ(address->local, GetParam().local);
  EXPECT_EQ(address->domain, GetParam().domain);
  EXPECT_EQ(address->to_string(), GetParam().printed);
  EXPECT_EQ(lookup::parse_address(address->to_string()), address) << "what is printed must parse to the same";
  EXPECT_EQ(lookup::split_address(address->to_string()), *address);
}

const auto name_of = [](const auto& row) { return std::string(row.param.name); };

INSTANTIATE_TEST_SUITE_P(
    Address, Accepted,
    testing::Values(
        Good{"plain", "lea@example.org", "lea", "example.org", "lea@example.org"},
        Good{"case_is_kept", "Lea.Petit@Example.ORG", "Lea.Petit", "Example.ORG", "Lea.Petit@Example.ORG"},
        Good{"null_sender", "", "", "", ""}, Good{"unqualified", "bob", "bob", "", "bob"},
        Good{"postmaster", "Postmaster", "Postmaster", "", "Postmaster"},
        Good{"extension", "lea+news@example.org", "lea+news", "example.org", "lea+news@example.org"},
        Good{"every_atom", "!#$%&'*+-/=?^_`{|}~@a.b", "!#$%&'*+-/=?^_`{|}~", "a.b", "!#$%&'*+-/=?^_`{|}~@a.b"},
        Good{"percent_hack_is_kept", "user%inside@example.org", "user%inside", "example.org",
             "user%inside@example.org"},
        Good{"bang_path_is_kept", "host!user@example.org", "host!user", "example.org", "host!user@example.org"},
        // Quoting
        Good{"needless_quotes", "\"lea\"@example.org", "lea", "example.org", "lea@example.org"},
        Good{"quoted_space", "\"le a\"@example.org", "le a", "example.org", "\"le a\"@example.org"},
        Good{"quoted_at", "\"a@b\"@example.org", "a@b", "example.org", "\"a@b\"@example.org"},
        Good{"quoted_pair", "\"a\\\"\\\\b\"@x.y", "a\"\\b", "x.y", "\"a\\\"\\\\b\"@x.y"},
        Good{"empty_quoted", "\"\"@x.y", "", "x.y", "\"\"@x.y"},
        Good{"quoted_unqualified", "\"a b\"", "a b", "", "\"a b\""},
        // What Postfix takes although no standard does
        Good{"double_dot", "a..b@x.y", "a..b", "x.y", "\"a..b\"@x.y"},
        Good{"leading_dot", ".a@x.y", ".a", "x.y", "\".a\"@x.y"},
        Good{"trailing_dot", "a.@x.y", "a.", "x.y", "\"a.\"@x.y"},
        Good{"underscore_in_domain", "a@my_host.y", "a", "my_host.y", "a@my_host.y"},
        Good{"one_label", "a@localhost", "a", "localhost", "a@localhost"},
        // Source routes
        Good{"source_route", "@a.b:c@d.e", "c", "d.e", "c@d.e"},
        Good{"long_source_route", "@a.b,@c.d,@[192.0.2.1]:e@f.g", "e", "f.g", "e@f.g"},
        Good{"source_route_with_ipv6", "@[IPv6:2001:db8::1]:e@f.g", "e", "f.g", "e@f.g"},
        // Literals
        Good{"ipv4_literal", "a@[192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]"},
        Good{"ipv6_literal", "a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
        Good{"mapped_literal", "a@[ipv6:::ffff:192.0.2.1]", "a", "[ipv6:::ffff:192.0.2.1]",
             "a@[ipv6:::ffff:192.0.2.1]"},
        // RFC 6531
        Good{"utf8", "andré@société.example", "andré", "société.example", "andré@société.example"},
        Good{"longest_local", std::string(64, 'a') + "@x.y", std::string(64, 'a'), "x.y",
             std::string(64, 'a') + "@x.y"}),
    name_of);

struct Bad {
  const char* name;
  std::string text;
};

void PrintTo(const Bad& row, std::ostream* out) {
  *out << row.name;
}

class Refused : public testing::TestWithParam<Bad> {};

TEST_P(Refused, is_no_address) {
  EXPECT_FALSE(lookup::parse_address(GetParam().text)) << GetParam().text;
}

std::string long_domain() {
  std::string domain = "y";
  while (domain.size() <= 255) domain = std::string(50, 'x') + "." + domain;
  return domain;
}

INSTANTIATE_TEST_SUITE_P(
    Address, Refused,
    testing::Values(Bad{"nul", "a\0b@x.y"s}, Bad{"line_feed", "a@x.y\n"}, Bad{"carriage_return", "a\r@x.y"},
                    Bad{"quoted_control", "\"a\tb\"@x.y"}, Bad{"delete", "a\x7f@x.y"}, Bad{"no_local", "@x.y"},
                    Bad{"only_at", "@"}, Bad{"no_domain", "a@"}, Bad{"two_ats", "a@b@c.d"}, Bad{"space", "a b@x.y"},
                    Bad{"brackets", "<a@x.y>"}, Bad{"comma", "a,b@x.y"}, Bad{"colon", "a:b@x.y"},
                    Bad{"backslash", "a\\b@x.y"}, Bad{"parentheses", "a(c)@x.y"}, Bad{"open_quote", "\"a@x.y"},
                    Bad{"lone_quote", "\""}, Bad{"escaped_end", "\"a\\\"@x.y"},
                    Bad{"quote_in_the_middle", "a\"b\"@x.y"}, Bad{"text_after_quote", "\"a\"b@x.y"},
                    Bad{"empty_quotes_are_not_null", "\"\""}, Bad{"empty_label", "a@x..y"},
                    Bad{"leading_dot", "a@.x.y"}, Bad{"final_dot", "a@x.y."}, Bad{"hyphen_first", "a@-x.y"},
                    Bad{"hyphen_last", "a@x-.y"}, Bad{"space_in_domain", "a@x .y"}, Bad{"slash_in_domain", "a@x/y"},
                    Bad{"long_local", std::string(65, 'a') + "@x.y"}, Bad{"long_domain", "a@" + long_domain()},
                    Bad{"long_label", "a@" + std::string(64, 'x') + ".y"}, Bad{"open_literal", "a@[192.0.2.1"},
                    Bad{"empty_literal", "a@[]"}, Bad{"untagged_ipv6", "a@[2001:db8::1]"},
                    Bad{"tagged_ipv4", "a@[IPv6:192.0.2.1]"}, Bad{"bad_literal", "a@[192.0.2.256]"},
                    Bad{"nested_literal", "a@[[192.0.2.1]]"}, Bad{"text_after_literal", "a@[192.0.2.1]x"},
                    Bad{"route_without_end", "@a.b,c@d.e"}, Bad{"route_to_nothing", "@a.b:"},
                    Bad{"route_with_bad_host", "@a..b:c@d.e"}, Bad{"route_after_comma", "@a.b,"},
                    Bad{"not_utf8", "andr\xe9@x.y"}, Bad{"overlong_utf8", "a\xc0\xaf@x.y"},
                    Bad{"shell_in_a_variable", "${run{\\x2Fbin\\x2Fsh}}@x.y"}),
    name_of);

TEST(Address, needs_permission_for_utf8) {
  EXPECT_FALSE(lookup::parse_address("andré@x.y", AllowUtf8::no));
  EXPECT_FALSE(lookup::parse_address("a@société.y", AllowUtf8::no));
  EXPECT_TRUE(lookup::parse_address("a@x.y", AllowUtf8::no));
}

TEST(Address, folds_to_a_key) {
  EXPECT_EQ(lookup::parse_address("André.ÉTÉ@EXAMPLE.Org")->folded(), "andré.été@example.org");
  EXPECT_EQ(lookup::parse_address("\"A b\"@X.Y")->folded(), "\"a b\"@x.y");
  EXPECT_EQ(Address{}.folded(), "");
}

TEST(Address, is_split_without_judging) {
  EXPECT_EQ(lookup::split_address("@example.org"), (Address{"", "example.org"}));
  EXPECT_EQ(lookup::split_address("a@b@c"), (Address{"a@b", "c"}));
  EXPECT_EQ(lookup::split_address("\"a@b\""), (Address{"a@b", ""}));
  EXPECT_EQ(lookup::split_address("\"a@b"), (Address{"\"a", "b"}));
  EXPECT_EQ(lookup::split_address("|/bin/prog arg"), (Address{"|/bin/prog arg", ""}));
  EXPECT_EQ(lookup::split_address("a\\"), (Address{"a\\", ""}));
  EXPECT_EQ(lookup::split_address(""), Address{});
}

}  // namespace
