#include "lookup/ldif_source.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "all_values.hpp"

namespace {

struct Reading {
  std::vector<lookup::Entry> entries;
  std::vector<lookup::LdifFault> faults;
};

Reading read(std::string_view text) {
  Reading reading;
  reading.faults = lookup::read_ldif(text, [&](lookup::Entry&& entry) { reading.entries.push_back(std::move(entry)); });
  return reading;
}

TEST(Ldif, reads_records_with_folding_base64_comments_and_crlf) {
  const auto reading = read(
      "version: 1\r\n"
      "# people\r\n"
      "#  folded\r\n"
      "  comment\r\n"
      "\r\n"
      "dn: uid=lea,\r\n"
      " ou=people\r\n"
      "cn:: TMOpYQ==\r\n"
      "mail: lea@exam\r\n"
      " ple.com\r\n"
      "# between\r\n"
      "mail: lea2@example.com\r\n"
      "description:\r\n"
      "\r\n"
      "\r\n"
      "dn:: dWlkPW1heA==\r\n"
      "changetype: add\r\n"
      "mail:max@example.com");
  EXPECT_TRUE(reading.faults.empty()) << reading.faults.front().text;
  ASSERT_EQ(reading.entries.size(), 2U);
  EXPECT_EQ(reading.entries[0].name, "uid=lea,ou=people");
  EXPECT_EQ(lookup_test::all_values(reading.entries[0], "CN"), (std::vector<std::string_view>{"L\xc3\xa9"
                                                                                              "a"}));
  EXPECT_EQ(lookup_test::all_values(reading.entries[0], "mail"),
            (std::vector<std::string_view>{"lea@example.com", "lea2@example.com"}));
  EXPECT_EQ(lookup_test::all_values(reading.entries[0], "description"), (std::vector<std::string_view>{""}));
  EXPECT_EQ(reading.entries[1].name, "uid=max");
  EXPECT_EQ(lookup_test::all_values(reading.entries[1], "mail"), (std::vector<std::string_view>{"max@example.com"}));
}

struct BadRow {
  const char* name;
  const char* record;
  std::size_t line;
};

class BadRecord : public testing::TestWithParam<BadRow> {};

TEST_P(BadRecord, is_named_and_disturbs_no_other) {
  const auto reading = read(std::string("dn: uid=a\nmail: a@x\n\n") + GetParam().record + "\n\ndn: uid=z\nmail: z@x\n");
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_EQ(reading.faults[0].line, GetParam().line) << reading.faults[0].text;
  ASSERT_EQ(reading.entries.size(), 2U);
  EXPECT_EQ(reading.entries[0].name, "uid=a");
  EXPECT_EQ(reading.entries[1].name, "uid=z");
}

INSTANTIATE_TEST_SUITE_P(
    Ldif, BadRecord,
    testing::Values(BadRow{"no_dn", "mail: b@x\nsn: b", 4}, BadRow{"no_colon", "dn: uid=b\nmail", 5},
                    BadRow{"bad_base64", "dn: uid=b\nmail:: a*b=", 5},
                    BadRow{"url_value", "dn: uid=b\njpegPhoto:< file:///etc/passwd", 5},
                    BadRow{"delete", "dn: uid=b\nchangetype: delete", 5},
                    BadRow{"modify", "dn: uid=b\nchangetype: modify\nreplace: mail\nmail: c@x\n-", 5},
                    BadRow{"two_dns", "dn: uid=b\nmail: b@x\ndn: uid=c\nmail: c@x", 6}, BadRow{"empty", "dn: uid=b", 5},
                    BadRow{"bad_name", "dn: uid=b\nma il: x", 5},
                    BadRow{"control", "dn: uid=b\ncontrol: 1.2.3 true\nmail: b@x", 5}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Ldif, bounds_the_faults_it_keeps) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "bad\n\n";
  const auto reading = read(text);
  EXPECT_EQ(reading.faults.size(), 1001U);
  EXPECT_EQ(reading.faults.back().text, "4000 more faults");
}

TEST(Ldif, says_which_file_cannot_be_read) {
  const auto take = [](lookup::Entry&&) {};
  const auto missing = lookup::read_ldif_file("/nonexistent/people.ldif", take);
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().find("/nonexistent/people.ldif: "), std::string::npos);
  EXPECT_FALSE(lookup::read_ldif_file(std::filesystem::temp_directory_path().string(), take).has_value());
}

}  // namespace
