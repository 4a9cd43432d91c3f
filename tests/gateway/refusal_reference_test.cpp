#include "gateway/smtp/refusal_reference.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gateway {

namespace {

TEST(RefusalReference, IsShortAndNeverTheSame) {
  std::set<std::string> all;
  for (int i = 0; i < 10'000; ++i) all.insert(next_refusal_reference());
  EXPECT_EQ(all.size(), 10'000u);
  for (const auto& each : all) {
    ASSERT_EQ(each.size(), 8u);
    ASSERT_EQ(each.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos) << each;
  }
}

TEST(RejectFooter, StandsWhereItIsWanted) {
  policy::Facts facts;
  facts.client_address = *lookup::parse_ip("192.0.2.7");
  facts.client_name = "mx.client.example";
  facts.client_port = 4711;
  facts.helo = "evil\r\n250 Ok";
  facts.has_sender = true;
  facts.sender = {"a", "sender.example"};
  const std::pair<const char*, const char*> cases[] = {
      {"ask us", "no\nask us"},
      {"\\c; ask us", "no; ask us"},
      {"one\\ntwo", "no\none\ntwo"},
      {"$client $client_port $sender", "no\nmx.client.example[192.0.2.7] 4711 a@sender.example"},
      {"$reference at $server_name", "no\nREF at mx.example.com"},
      {"${recipient?for $recipient}${recipient:for nobody}", "no\nfor nobody"},
      {"$helo_name", "no\nevil??250 Ok"},
      {"$unknown$", "no\n$"},
      {"\\c", "no"},
  };
  for (const auto& [footer, wanted] : cases) {
    Reply reply{554, "5.7.1", "no"};
    append_footer(reply, footer, facts, "mx.example.com", "REF");
    EXPECT_EQ(reply.text, wanted) << footer;
  }
}

}  // namespace

}  // namespace gateway
