#include "lookup/keyed_table.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lookup/table_text.hpp"

namespace {

using lookup::Answer;
using lookup::read_keyed_table;

TEST(TableText, joins_lines_and_drops_comments) {
  lookup::TableText lines("# head\n\none  1\n  more\n# between\n\n\tlast\r\ntwo 2\n   \n   # indented\nthree 3");
  lookup::TableLine line;
  std::vector<std::pair<int, std::string>> seen;
  while (lines.next(line)) seen.emplace_back(line.number, line.text);
  const std::vector<std::pair<int, std::string>> expected = {{3, "one  1  more\tlast"}, {8, "two 2"}, {11, "three 3"}};
  EXPECT_EQ(seen, expected);
  EXPECT_FALSE(lines.starts_indented());
}

struct Case {
  const char* name;
  std::string text, key;
  Answer answer;
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.name;
}

class FileTable : public testing::TestWithParam<Case> {};

TEST_P(FileTable, answers) {
  const auto opened = read_keyed_table(GetParam().text, "file:test");
  ASSERT_TRUE(opened) << to_string(opened.error());
  EXPECT_EQ(opened->table->find_now(GetParam().key), GetParam().answer);
  EXPECT_FALSE(opened->table->takes_whole_key());
}

INSTANTIATE_TEST_SUITE_P(
    Keyed, FileTable,
    testing::Values(Case{"plain", "a@x.y REJECT no\n", "a@x.y", Answer::found("REJECT no")},
                    Case{"no_final_line_end", "a b", "a", Answer::found("b")},
                    Case{"empty_table", "", "a", Answer::absent()}, Case{"other_key", "a b\n", "aa", Answer::absent()},
                    Case{"key_is_not_split", "x.y b\n", "a@x.y", Answer::absent()},
                    Case{"key_of_the_file_is_folded", "A@Example.ORG b\n", "a@example.org", Answer::found("b")},
                    Case{"key_asked_is_folded", "a@example.org b\n", "A@EXAMPLE.org", Answer::found("b")},
                    Case{"value_keeps_its_case", "a B c D\n", "a", Answer::found("B c D")},
                    Case{"utf8_key_is_folded", "ÉVA@x.y b\n", "éva@X.Y", Answer::found("b")},
                    Case{"spaces_are_trimmed", "a \t b  \t\r\n", "a", Answer::found("b")},
                    Case{"continued", "a b,\n  c,\n# no end\n  d\n", "a", Answer::found("b,  c,  d")},
                    Case{"catch_all", "@x.y @z.w\n", "@x.y", Answer::found("@z.w")},
                    Case{"null_sender", "<> OK\n", "<>", Answer::found("OK")},
                    Case{"star", "* smtp:[h]:25\n", "*", Answer::found("smtp:[h]:25")},
                    Case{"transport_colon", "x.y :\n", "x.y", Answer::found(":")},
                    Case{"transport_host", "x.y :[h]:25\n", "x.y", Answer::found(":[h]:25")},
                    Case{"ipv6_prefix", "2001:db8:1 REJECT\n", "2001:db8:1", Answer::found("REJECT")},
                    Case{"ipv6_ends_with_colons", "2001:db8:: REJECT\n", "2001:db8::", Answer::found("REJECT")},
                    // Quoted keys
                    Case{"quoted_key", "\"a b\" c\n", "a b", Answer::found("c")},
                    Case{"quoted_local_part", "\"a b\"@x.y c\n", "\"a b\"@x.y", Answer::found("c")},
                    Case{"quoted_local_part_without_quotes", "\"a b\"@x.y c\n", "a b@x.y", Answer::found("c")},
                    Case{"escaped_quote", "\"a\\\"b\" c\n", "a\"b", Answer::found("c")},
                    // Alias files
                    Case{"alias", "postmaster: root\n", "postmaster", Answer::found("root")},
                    Case{"alias_without_space", "postmaster:root\n", "postmaster", Answer::found("root")},
                    Case{"alias_with_space_before", "postmaster : root\n", "postmaster", Answer::found("root")},
                    Case{"alias_list", "Team: a, b,\n\t\"|/bin/x y\"\n", "team", Answer::found("a, b,\t\"|/bin/x y\"")},
                    Case{"alias_include", "l: :include:/etc/l\n", "l", Answer::found(":include:/etc/l")},
                    // Of equal keys the last counts
                    Case{"duplicate", "a 1\nA 2\n", "a", Answer::found("2")}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(FileTable, names_every_bad_line) {
  const auto opened = read_keyed_table("ok 1\nlonely\n\"open x\n# fine\n  \nlast\n", "t", "/etc/t");
  ASSERT_FALSE(opened);
  EXPECT_EQ(to_string(opened.error()),
            "/etc/t:2: expected: key, white space, value; /etc/t:3: the quotes of the key are not closed; "
            "/etc/t:6: expected: key, white space, value");
}

TEST(FileTable, warns_of_duplicates) {
  const auto opened = read_keyed_table(" a 1\nb 1\n\nB 2\n", "t", "f");
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->warnings.size(), 2U);
  EXPECT_EQ(opened->warnings[0].line, 1);
  EXPECT_EQ(to_string(opened->warnings[1]), "f:4: \"B\" was there before: this line counts");
}

TEST(FileTable, holds_a_hundred_thousand_lines) {
  std::string text;
  for (int at = 0; at < 100'000; ++at) text += fmt::format("User{}@Example.ORG\tmailbox-{}\n", at, at);
  const auto before = std::chrono::steady_clock::now();
  const auto opened = read_keyed_table(text, "t");
  const auto taken = std::chrono::steady_clock::now() - before;
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->warnings.empty());
  EXPECT_LT(taken, std::chrono::seconds(10));
  for (const int at : {0, 1, 54'321, 99'999}) {
    EXPECT_EQ(opened->table->find_now(fmt::format("user{}@example.org", at)),
              Answer::found(fmt::format("mailbox-{}", at)));
  }
  EXPECT_EQ(opened->table->find_now("user100000@example.org"), Answer::absent());
}

}  // namespace
