#include "lookup/escape.hpp"

#include <gtest/gtest.h>

#include "lookup/utf8.hpp"

namespace {

using namespace std::string_literals;

struct Case {
  const char* name;
  std::string value, expected;
};

void PrintTo(const Case& row, std::ostream* out) {
  *out << row.name;
}

class FilterValue : public testing::TestWithParam<Case> {};
class DnValue : public testing::TestWithParam<Case> {};

TEST_P(FilterValue, is_escaped) {
  EXPECT_EQ(lookup::escape_filter_value(GetParam().value), GetParam().expected);
}
TEST_P(DnValue, is_escaped) {
  EXPECT_EQ(lookup::escape_dn_value(GetParam().value), GetParam().expected);
}

const auto name_of = [](const auto& row) { return std::string(row.param.name); };

INSTANTIATE_TEST_SUITE_P(Escape, FilterValue,
                         testing::Values(Case{"empty", "", ""}, Case{"address", "lea@example.org", "lea@example.org"},
                                         Case{"star", "*", "\\2a"},
                                         Case{"closing_a_filter", "x)(uid=*", "x\\29\\28uid=\\2a"},
                                         Case{"backslash", "a\\b", "a\\5cb"}, Case{"nul", "a\0b"s, "a\\00b"},
                                         Case{"line_end", "a\r\nb", "a\\0d\\0ab"},
                                         Case{"utf8_stays", "andr\xc3\xa9", "andr\xc3\xa9"},
                                         Case{"latin1_is_hexed", "andr\xe9", "andr\\e9"}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Escape, DnValue,
                         testing::Values(Case{"empty", "", ""}, Case{"plain", "Lea Petit", "Lea Petit"},
                                         Case{"comma", "Petit, Lea", "Petit\\, Lea"},
                                         Case{"edge_spaces", " a ", "\\ a\\ "}, Case{"one_space", " ", "\\ "},
                                         Case{"leading_hash", "#1#", "\\#1#"},
                                         Case{"new_rdn", "x,dc=evil+cn=y", "x\\,dc\\=evil\\+cn\\=y"},
                                         Case{"quotes", "\"a\"<b>;c\\", "\\\"a\\\"\\<b\\>\\;c\\\\"},
                                         Case{"nul", "a\0"s, "a\\00"},
                                         Case{"utf8_stays", "J\xc3\xbcrgen", "J\xc3\xbcrgen"},
                                         Case{"latin1_is_hexed", "J\xfcrgen", "J\\fcrgen"}),
                         name_of);

TEST(Utf8, refuses_what_rfc_3629_refuses) {
  EXPECT_TRUE(lookup::is_utf8("\xe6\x97\xa5\xf0\x9f\x93\xa7"));
  for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\x80", "\xff", "\xe0\x80\xaf"}) {
    EXPECT_FALSE(lookup::is_utf8(bad)) << bad;
  }
}

TEST(Utf8, folds_bicameral_scripts) {
  EXPECT_EQ(lookup::fold_case("JOSÉ ŁÓDŹ ŠKODA Ÿ ẞ"), "josé łódź škoda ÿ ß");
  EXPECT_EQ(lookup::fold_case("ΜΑΡΊΑΣ Μαρίας"), "μαρίασ μαρίασ");
  EXPECT_EQ(lookup::fold_case("ПОЧТА Ёлка"), "почта ёлка");
  EXPECT_EQ(lookup::fold_case("×÷日本 i̇"), "×÷日本 i̇");
  EXPECT_EQ(lookup::fold_case("A\xff\xc3"), "a\xff\xc3");
}

}  // namespace
