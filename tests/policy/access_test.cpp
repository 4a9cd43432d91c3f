#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/access_action.hpp"
#include "policy/access_keys.hpp"
#include "policy/dnsbl_filter.hpp"
#include "policy/host_syntax.hpp"
#include "policy/rbl_reply.hpp"
#include "tests/policy/scene.hpp"

namespace {

using policy::AccessAction;
using testing::ElementsAre;

TEST(AccessKeys, of_an_address_with_extension) {
  EXPECT_THAT(policy::address_keys({"User+News", "Sub.Example.COM"}, {"+", true}),
              ElementsAre("user+news@sub.example.com", "user@sub.example.com", "sub.example.com", "example.com", "com",
                          "user+news@", "user@"));
}

TEST(AccessKeys, of_an_address_without_extension) {
  EXPECT_THAT(policy::address_keys({"user", "example.com"}, {"+", false}),
              ElementsAre("user@example.com", "example.com", ".com", "user@"));
  EXPECT_THAT(policy::address_keys({"postmaster", ""}, {"", true}), ElementsAre("postmaster", "postmaster@"));
  EXPECT_THAT(policy::address_keys({"u", "[192.0.2.1]"}, {"", true}),
              ElementsAre("u@[192.0.2.1]", "[192.0.2.1]", "u@"));
  EXPECT_TRUE(policy::address_keys({}, {"", true}).empty());
}

TEST(AccessKeys, of_names_and_networks) {
  EXPECT_THAT(policy::domain_keys("MX.Example.com.", {}), ElementsAre("mx.example.com", "example.com", "com"));
  EXPECT_THAT(policy::domain_keys("192.0.2.1", {}), ElementsAre("192.0.2.1"));
  EXPECT_TRUE(policy::domain_keys("", {}).empty());
  EXPECT_THAT(policy::network_keys(*lookup::parse_ip("192.0.2.7")),
              ElementsAre("192.0.2.7", "192.0.2", "192.0", "192"));
  EXPECT_THAT(policy::network_keys(*lookup::parse_ip("2001:db8:1::7")),
              ElementsAre("2001:db8:1::7", "2001:db8:1", "2001:db8", "2001"));
  EXPECT_THAT(policy::network_keys(*lookup::parse_ip("::1")), ElementsAre("::1"));
}

TEST(AccessAction, ignores_case_and_keeps_text) {
  const auto action = policy::parse_access_action("  reject 5.7.9   Go  away ");
  EXPECT_EQ(action.kind, AccessAction::Kind::reject);
  EXPECT_EQ(action.dsn, "5.7.9");
  EXPECT_EQ(action.text, "Go  away");
  EXPECT_EQ(policy::parse_access_action("").kind, AccessAction::Kind::empty);
  EXPECT_EQ(policy::parse_access_action("4.7.1").kind, AccessAction::Kind::restrictions);
  EXPECT_EQ(policy::parse_access_action("550 5.1.1").text, "");
  EXPECT_EQ(policy::parse_access_action("550 5.1.1x y").text, "5.1.1x y");
}

TEST(DnsblFilter, reads_numbers_lists_and_ranges) {
  const auto filter = policy::DnsblFilter::parse("127.[0;1].0.[2..11;20]");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->matches("127.0.0.2"));
  EXPECT_TRUE(filter->matches("127.1.0.20"));
  EXPECT_FALSE(filter->matches("127.0.0.12"));
  EXPECT_FALSE(filter->matches("127.2.0.2"));
  EXPECT_FALSE(filter->matches("2001:db8::1"));
  for (const auto* bad : {"", "127", "127.0.0.2.3", "127.0.0.256", "127.0.0.[2..]", "127.0.0.[2;]", "127.0.0.[",
                          "a.b.c.d", "127.0.0.[3..2]", "127.0.0."})
    EXPECT_FALSE(policy::DnsblFilter::parse(bad)) << bad;
}

TEST(HostSyntax, of_names_and_literals) {
  for (const auto* good : {"example.com", "a-b.example", "_dmarc.example", "3com.example", "localhost"})
    EXPECT_TRUE(policy::is_valid_host_name(good)) << good;
  for (const auto* bad : {"", "-a.example", "a-.example", "a..b", ".a", "a.", "a b", "1.2.3.4", "a/b"})
    EXPECT_FALSE(policy::is_valid_host_name(bad)) << bad;
  EXPECT_TRUE(policy::is_valid_address_literal("[192.0.2.1]"));
  EXPECT_TRUE(policy::is_valid_address_literal("[IPv6:2001:db8::1]"));
  EXPECT_FALSE(policy::is_valid_address_literal("[2001:db8::1]"));
  EXPECT_FALSE(policy::is_valid_address_literal("[IPv6:192.0.2.1]"));
  EXPECT_FALSE(policy::is_valid_address_literal("192.0.2.1"));
}

TEST(RblReply, expands_macros) {
  policy::RblReply reply;
  reply.domain = "zen.example";
  const auto facts = scene::stranger();
  EXPECT_EQ(policy::expand_rbl_reply("$rbl_code $rbl_domain${rbl_reason?; $rbl_reason}${rbl_reason:.} $$ ${sender} $x",
                                     reply, facts),
            "554 zen.example. $ a@sender.example ");
  reply.reason = "bad";
  EXPECT_EQ(policy::expand_rbl_reply("${rbl_reason?<${rbl_reason}>} $client", reply, facts),
            "<bad> mx.client.example[192.0.2.7]");
  EXPECT_EQ(policy::expand_rbl_reply("${rbl_reason?${", reply, facts), "");
}

}  // namespace
