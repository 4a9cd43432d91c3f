#include "lookup/cidr_table.hpp"

#include <gtest/gtest.h>

namespace {

using lookup::Answer;
using lookup::read_cidr_table;

constexpr const char* table = R"(# first match wins
192.0.2.7         OK
192.0.2.0/24      REJECT documentation
!0.0.0.0/0        DUNNO six
if 10.0.0.0/8
10.1.0.0/16       one
if !10.2.0.0/15
10.4.0.0/16       four
endif
10.2.3.4          deep
endif
if !10.0.0.0/8
198.51.100.0/24   outside
endif
172.16.0.0/12     REJECT
                  private
)";

TEST(CidrTable, answers_for_the_whole_key) {
  const auto opened = read_cidr_table(table, "cidr:t");
  ASSERT_TRUE(opened) << to_string(opened.error());
  const std::pair<const char*, Answer> rows[] = {
      {"192.0.2.7", Answer::found("OK")},
      {"192.0.2.8", Answer::found("REJECT documentation")},
      {"::ffff:192.0.2.8", Answer::found("REJECT documentation")},
      {"[192.0.2.8]", Answer::found("REJECT documentation")},
      {"2001:db8::1", Answer::found("DUNNO six")},
      {"10.1.2.3", Answer::found("one")},
      {"10.2.3.4", Answer::found("deep")},
      {"10.4.3.4", Answer::found("four")},
      {"10.9.9.9", Answer::absent()},
      {"198.51.100.1", Answer::found("outside")},
      {"172.31.0.1", Answer::found("REJECT                  private")},
      {"8.8.8.8", Answer::absent()},
      {"192.0.2", Answer::absent()},
      {"mail.example.org", Answer::absent()},
      {"", Answer::absent()},
  };
  for (const auto& [key, answer] : rows) EXPECT_EQ(opened->table->find_now(key), answer) << key;
  EXPECT_TRUE(opened->table->takes_whole_key());
}

TEST(CidrTable, knows_ipv6_networks) {
  const auto opened = read_cidr_table("2001:db8::/32 doc\n[2001:db9::]/33 half\n::/0 six\n", "t");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->table->find_now("2001:DB8:1::1"), Answer::found("doc"));
  EXPECT_EQ(opened->table->find_now("2001:db9:7fff::"), Answer::found("half"));
  EXPECT_EQ(opened->table->find_now("2001:db9:8000::"), Answer::found("six"));
  EXPECT_EQ(opened->table->find_now("192.0.2.1"), Answer::absent());
}

TEST(CidrTable, names_every_bad_line) {
  const auto opened = read_cidr_table(
      "10.0.0.1/8 x\nexample.org y\n10.0.0.0/8\nendif\nif 10.0.0.0/8\nif nonsense\nendif\n", "t", "/etc/c");
  ASSERT_FALSE(opened);
  EXPECT_EQ(to_string(opened.error()),
            "/etc/c:1: \"10.0.0.1/8\" has host bits set: perhaps 10.0.0.0/8 is meant; "
            "/etc/c:2: \"example.org\" is no network (192.0.2.0/24, 2001:db8::/32); "
            "/etc/c:3: expected: network, white space, result; /etc/c:4: endif without if; "
            "/etc/c:6: \"nonsense\" is no network (192.0.2.0/24, 2001:db8::/32); /etc/c:5: this if has no endif");
}

}  // namespace
