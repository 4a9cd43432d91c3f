#include "lookup/pattern_table.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace {

using lookup::Answer;
using lookup::PatternSyntax;
using lookup::read_pattern_table;

struct Case {
  const char* name;
  PatternSyntax syntax;
  std::string text, key;
  Answer answer;
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.name;
}

class PatternTable : public testing::TestWithParam<Case> {};

TEST_P(PatternTable, answers) {
  const auto opened = read_pattern_table(GetParam().syntax, GetParam().text, "pcre:t");
  ASSERT_TRUE(opened) << to_string(opened.error());
  EXPECT_EQ(opened->table->find_now(GetParam().key), GetParam().answer);
  EXPECT_TRUE(opened->table->takes_whole_key());
}

constexpr auto pcre = PatternSyntax::pcre;
constexpr auto regexp = PatternSyntax::regexp;
constexpr const char* nested =
    "if /@example\\.org$/\nif !/^root@/\n/^([^@]+)@/ user $1\nendif\n/^/ superuser\nendif\n/./ other\n";

INSTANTIATE_TEST_SUITE_P(
    Pattern, PatternTable,
    testing::Values(Case{"match", pcre, "/^a/ REJECT no\n", "abc", Answer::found("REJECT no")},
                    Case{"no_match", pcre, "/^a/ x\n", "ba", Answer::absent()},
                    Case{"first_wins", pcre, "/a/ one\n/a/ two\n", "a", Answer::found("one")},
                    Case{"case_is_ignored", pcre, "/^ABC$/ x\n", "aBc", Answer::found("x")},
                    Case{"flag_i_minds_case", pcre, "/^ABC$/i x\n", "abc", Answer::absent()},
                    Case{"dot_matches_line_end", pcre, "/a.b/ x\n", "a\nb", Answer::found("x")},
                    Case{"flag_s_turns_that_off", pcre, "/a.b/s x\n", "a\nb", Answer::absent()},
                    Case{"caret_only_at_the_start", pcre, "/^b/ x\n", "a\nb", Answer::absent()},
                    Case{"flag_m", pcre, "/^b/m x\n", "a\nb", Answer::found("x")},
                    Case{"flag_x", pcre, "/a b # note/x y\n", "ab", Answer::found("y")},
                    Case{"flag_A", pcre, "/b/A y\n", "ab", Answer::absent()},
                    Case{"flag_U", pcre, "/(a+)/U $1\n", "aaa", Answer::found("a")},
                    Case{"flags_together", pcre, "/^B/im y\n", "a\nB", Answer::found("y")},
                    Case{"other_delimiter", pcre, "%^/etc/(.*)% $1\n", "/etc/x", Answer::found("x")},
                    Case{"escaped_delimiter", pcre, "/a\\/b/ x\n", "a/b", Answer::found("x")},
                    Case{"negated", pcre, "!/^a/ x\n", "b", Answer::found("x")},
                    Case{"negated_no", pcre, "!/^a/ x\n", "a", Answer::absent()},
                    Case{"continued", pcre, "/a/\n   x\n", "a", Answer::found("x")},
                    Case{"empty_key", pcre, "/^$/ empty\n", "", Answer::found("empty")},
                    Case{"octets_in_the_key", pcre, "/^a.b$/ x\n",
                         "a\xe9"
                         "b",
                         Answer::found("x")},
                    Case{"utf8_pattern", pcre, "/^É.$/ x\n", "éß", Answer::found("x")},
                    // Substitution
                    Case{"groups", pcre, "/^(.*)-(.*)@/ $2 ${1} $(2)x $$1\n", "a-b@c", Answer::found("b a bx $1")},
                    Case{"group_without_part", pcre, "/^(a)|(b)$/ <$1><$2>\n", "b", Answer::found("<><b>")},
                    // Blocks
                    Case{"if_inner", pcre, nested, "lea@example.org", Answer::found("user lea")},
                    Case{"if_skips_inner", pcre, nested, "root@example.org", Answer::found("superuser")},
                    Case{"if_skips_all", pcre, nested, "lea@example.com", Answer::found("other")},
                    Case{"if_without_space", pcre, "if/^a/\n/b/ x\nendif\n/./ y\n", "cb", Answer::found("y")},
                    // regexp
                    Case{"regexp", regexp, "/^([[:alpha:]]+)@/ $1\n", "abc@x", Answer::found("abc")},
                    Case{"regexp_ignores_case", regexp, "/^A/ x\n", "a", Answer::found("x")},
                    Case{"regexp_basic", regexp, "/^\\(a+\\){2}(/x <$1>\n", "a+{2}(", Answer::found("<a+>")},
                    Case{"regexp_bracket", regexp, "/^[]x]+$/ y\n", "]x", Answer::found("y")},
                    // The lines of the examples
                    Case{"helo_literal", pcre, "/^\\[?10\\./            REJECT do not use our address\n", "[10.0.0.1]",
                         Answer::found("REJECT do not use our address")}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(PatternTable, names_every_bad_line) {
  const auto opened =
      read_pattern_table(pcre,
                         "/(/ x\nabc y\n/a x\n/a/q x\n/(a)/ $2\n/a/ $x\n!/(a)/ $1\nendif\nif /a/\nif /(/\n"
                         "endif\n/(a)/ ${1\n",
                         "t", "f");
  ASSERT_FALSE(opened);
  std::vector<int> lines;
  for (const auto& problem : opened.error()) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 9})) << to_string(opened.error());
  EXPECT_EQ(to_string(opened.error()[0]), "f:1: the expression has an error at offset 1: missing closing parenthesis");
}

TEST(PatternTable, warns_of_missing_results) {
  const auto opened = read_pattern_table(pcre, "/a/\nif /b/ more\nendif text\n", "t");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->warnings.size(), 3U);
  EXPECT_EQ(opened->table->find_now("a"), Answer::found(""));
}

TEST(PatternTable, catastrophic_expressions_end_as_unavailable) {
  std::string key(50'000, 'a');
  key += '!';
  for (const char* text : {"/^(a+)+$/ x\n", "/^(a|aa)+$/ x\n", "/^(([a-z])+.)+[A-Z]([a-z])+$/i x\n"}) {
    const auto opened = read_pattern_table(pcre, std::string(text) + "/./ later\n", "pcre:t");
    ASSERT_TRUE(opened);
    const auto before = std::chrono::steady_clock::now();
    const auto answer = opened->table->find_now(key);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2)) << text;
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_unavailable()) << text;
    EXPECT_EQ(answer->reason, lookup::Unavailable::too_many_results);
  }
}

TEST(PatternTable, long_keys_are_no_limit) {
  const auto opened = read_pattern_table(pcre, "/^(?:[a-z]+ )*end$/ x\n", "t");
  ASSERT_TRUE(opened);
  std::string key;
  for (int word = 0; word < 2'000; ++word) key += "word ";
  EXPECT_EQ(opened->table->find_now(key + "end"), Answer::found("x"));
}

TEST(PatternTable, is_shared_by_threads) {
  const auto opened = read_pattern_table(pcre, "/^(\\d+)-(\\d+)$/ $2-$1\n", "t");
  ASSERT_TRUE(opened);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      const std::string own = std::to_string(number);
      for (int at = 0; at < 5'000; ++at) {
        if (opened->table->find_now(own + "-9") != Answer::found("9-" + own)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
