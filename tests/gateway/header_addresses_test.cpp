#include "gateway/resolve/header_addresses.hpp"

#include <gtest/gtest.h>

namespace {

using gateway::HeaderClass;

/// Moves example.com to example.net, and "root" to admin@example.com; knows nobody else.
std::optional<lookup::Address> moved(const lookup::Address& address) {
  if (address.domain == "example.com") return lookup::Address{address.local, "example.net"};
  if (address.domain.empty() && address.local == "root") return lookup::Address{"admin", "example.com"};
  return std::nullopt;
}

struct Case {
  const char* name;
  std::string body, changed;
};

class HeaderAddresses : public testing::TestWithParam<Case> {};

TEST_P(HeaderAddresses, change) {
  EXPECT_EQ(gateway::change_addresses(GetParam().body, moved), GetParam().changed);
}

const Case cases[] = {
    {"bare_address", " a@example.com\r\n", " a@example.net\r\n"},
    {"bare_name", " root\r\n", " admin@example.com\r\n"},
    {"list", " a@example.com, b@example.org,c@example.com\r\n", " a@example.net, b@example.org,c@example.net\r\n"},
    {"display_name", " Ann Smith <a@example.com>\r\n", " Ann Smith <a@example.net>\r\n"},
    {"quoted_display_name", " \"Smith, Ann <x@example.com>\" <a@example.com>\r\n",
     " \"Smith, Ann <x@example.com>\" <a@example.net>\r\n"},
    {"quoted_pair_in_display_name", " \"a \\\" b@example.com\" <a@example.com>\r\n",
     " \"a \\\" b@example.com\" <a@example.net>\r\n"},
    {"display_name_that_looks_like_an_address", " a@example.com <b@example.org>\r\n",
     " a@example.com <b@example.org>\r\n"},
    {"encoded_display_name", " =?utf-8?q?J=C3=B6rg?= <a@example.com>\r\n",
     " =?utf-8?q?J=C3=B6rg?= <a@example.net>\r\n"},
    {"comment_behind", " a@example.com (Ann, at b@example.com)\r\n", " a@example.net (Ann, at b@example.com)\r\n"},
    {"comment_in_comment", " (x (y) a@example.com) a@example.com\r\n", " (x (y) a@example.com) a@example.net\r\n"},
    {"comment_inside_the_address", " a@ (home) example.com\r\n", " a@example.net (home)\r\n"},
    {"blanks_around_the_at", " a @ example.com\r\n", " a@example.net\r\n"},
    {"folded_list", " a@example.com,\r\n\tb@example.com\r\n", " a@example.net,\r\n\tb@example.net\r\n"},
    {"fold_inside_the_brackets", " Ann <\r\n a@example.com>\r\n", " Ann <\r\n a@example.net>\r\n"},
    {"group", " Friends: a@example.com, B <b@example.com>;, root\r\n",
     " Friends: a@example.net, B <b@example.net>;, admin@example.com\r\n"},
    {"empty_group", " undisclosed-recipients:;\r\n", " undisclosed-recipients:;\r\n"},
    {"route", " <@relay.example,@two.example:a@example.com>\r\n", " <a@example.net>\r\n"},
    {"route_of_an_address_that_stays", " <@relay.example:a@example.org>\r\n", " <@relay.example:a@example.org>\r\n"},
    {"quoted_local_part", " \"a b\"@example.com\r\n", " \"a b\"@example.net\r\n"},
    {"quotes_that_are_not_needed", " \"ab\"@example.com\r\n", " ab@example.net\r\n"},
    {"address_literal", " a@[192.0.2.1], a@example.com\r\n", " a@[192.0.2.1], a@example.net\r\n"},
    {"null_address", " <>\r\n", " <>\r\n"},
    {"words_without_address", " Some words, and more\r\n", " Some words, and more\r\n"},
    {"empty", "", ""},
    {"empty_elements", " ,, a@example.com ,\r\n", " ,, a@example.net ,\r\n"},
    {"unicode_local_part", " j\xc3\xb6rg@example.com\r\n", " j\xc3\xb6rg@example.net\r\n"},
    // What does not end leaves all behind it as it is.
    {"quote_without_end", " a@example.com, \"b@example.com\r\n", " a@example.net, \"b@example.com\r\n"},
    {"comment_without_end", " (b a@example.com\r\n", " (b a@example.com\r\n"},
    {"bracket_without_end", " Ann <a@example.com\r\n", " Ann <a@example.com\r\n"},
    {"stray_bracket", " a@example.com> b\r\n", " a@example.com> b\r\n"},
};

INSTANTIATE_TEST_SUITE_P(Bodies, HeaderAddresses, testing::ValuesIn(cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HeaderSection, changes_address_fields_only_and_tells_senders_from_recipients) {
  const std::string section =
      "Received: from a@example.com\r\nFROM: a@example.com\r\nTo : b@example.com,\r\n c@example.com\r\n"
      "Subject: a@example.com\r\nReply-To: d@example.com\r\nX-To: e@example.com\r\nBcc: f@example.com\r\n";
  std::string asked;
  const auto changed = gateway::change_header(section, [&](const lookup::Address& address, HeaderClass kind) {
    asked += address.local + (kind == HeaderClass::sender ? "S" : "R");
    return std::optional<lookup::Address>({address.local, "x.example"});
  });
  EXPECT_EQ(asked, "aSbRcRdSfR");
  EXPECT_EQ(changed,
            "Received: from a@example.com\r\nFROM: a@x.example\r\nTo : b@x.example,\r\n c@x.example\r\n"
            "Subject: a@example.com\r\nReply-To: d@x.example\r\nX-To: e@example.com\r\nBcc: f@x.example\r\n");
}

TEST(HeaderSection, ends_at_the_empty_line_and_at_what_is_no_field) {
  const auto change = [](const lookup::Address& address, HeaderClass) {
    return std::optional<lookup::Address>({address.local, "x.example"});
  };
  EXPECT_EQ(gateway::change_header("To: a@b\r\n\r\nTo: a@b\r\n", change), "To: a@x.example\r\n\r\nTo: a@b\r\n");
  EXPECT_EQ(gateway::change_header("To: a@b\r\nno field\r\nTo: a@b\r\n", change),
            "To: a@x.example\r\nno field\r\nTo: a@b\r\n");
}

TEST(HeaderSection, takes_nothing_that_would_forge_a_line) {
  const auto evil = [](const lookup::Address&) {
    return std::optional<lookup::Address>({"a\r\nBcc: victim", "example.net"});
  };
  EXPECT_EQ(gateway::change_addresses(" a@example.com\r\n", evil), " a@example.com\r\n");
}

}  // namespace
