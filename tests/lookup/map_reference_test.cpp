#include "lookup/map_reference.hpp"

#include <gtest/gtest.h>

namespace {

using lookup::MapReference;
using lookup::parse_map_reference;
using lookup::TableEntries;

TEST(MapReference, is_parsed) {
  const std::pair<const char*, MapReference> rows[] = {
      {"white", {"", "white"}},
      {" white ", {"", "white"}},
      {"directory:corp", {"directory", "corp"}},
      {"hash:/etc/postfix/access", {"hash", "/etc/postfix/access"}},
      {"proxy:ldap:/etc/postfix/people.cf", {"ldap", "/etc/postfix/people.cf"}},
      {"proxy:unix:passwd.byname", {"unix", "passwd.byname"}},
      {"ldap:people", {"ldap", "people"}},
      {"inline:{a=b, c=d}", {"inline", "{a=b, c=d}"}},
      {"static:550 5.1.1 no", {"static", "550 5.1.1 no"}},
      {"static:", {"static", ""}},
      {"fail:", {"fail", ""}},
      {"file:tables/a:b", {"file", "tables/a:b"}},
  };
  for (const auto& [text, expected] : rows) {
    const auto reference = parse_map_reference(text);
    ASSERT_TRUE(reference) << reference.error();
    EXPECT_EQ(*reference, expected) << text;
    EXPECT_EQ(parse_map_reference(reference->to_string()), reference);
  }
}

TEST(MapReference, refuses_what_it_does_not_know) {
  for (const char* text : {"", "  ", "mysql:/x", "hash:", "proxy:white", "two words", "a,b", ":x", "directory:"}) {
    EXPECT_FALSE(parse_map_reference(text)) << text;
  }
  EXPECT_NE(parse_map_reference("mysql:/x").error().find("\"mysql\" is not known"), std::string::npos);
}

TEST(MapReference, lists_are_split_outside_of_braces) {
  EXPECT_EQ(lookup::split_map_references(" hash:/a, ldap:b\tinline:{ {x = y z}, q=r } ,c"),
            (std::vector<std::string>{"hash:/a", "ldap:b", "inline:{ {x = y z}, q=r }", "c"}));
  EXPECT_TRUE(lookup::split_map_references(" , ").empty());
}

TEST(InlineEntries, are_parsed) {
  const std::pair<const char*, TableEntries> rows[] = {
      {"{a=b}", {{"a", "b"}}},
      {"{a=b,c=d}", {{"a", "b"}, {"c", "d"}}},
      {"{ a=b c=d }", {{"a", "b"}, {"c", "d"}}},
      {"{ {a = b c, d}, {e=f} }", {{"a", "b c, d"}, {"e", "f"}}},
      {"{a=b=c}", {{"a", "b=c"}}},
      {"{{a = {x} }}", {{"a", "{x}"}}},
      {"{a=}", {{"a", ""}}},
  };
  for (const auto& [text, expected] : rows) {
    const auto entries = lookup::parse_inline_entries(text);
    ASSERT_TRUE(entries) << text << ": " << entries.error();
    EXPECT_EQ(*entries, expected) << text;
  }
  for (const char* text : {"", "a=b", "{a}", "{}", "{=b}", "{a=b", "{ {a=b }", "{ {a} }"}) {
    EXPECT_FALSE(lookup::parse_inline_entries(text)) << text;
  }
}

}  // namespace
