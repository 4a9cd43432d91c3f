#include "lookup/dns.hpp"

#include <gtest/gtest.h>

#include "lookup/dns_cache.hpp"
#include "lookup/dns_record.hpp"
#include "lookup/question_key.hpp"
#include "lookup/static_resolver.hpp"

namespace {

using lookup::Answer;
using lookup::DnsAnswer;
using lookup::DnsCache;
using lookup::DnsType;

TEST(Dns, reverses_addresses) {
  EXPECT_EQ(lookup::reversed_labels(*lookup::parse_ip("127.0.0.2")), "2.0.0.127");
  EXPECT_EQ(lookup::ptr_name(*lookup::parse_ip("192.0.2.1")), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(lookup::ptr_name(*lookup::parse_ip("2001:db8::1f")),
            "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(DnsRecord, malformed_rdata_is_refused) {
  using Octets = std::vector<std::uint8_t>;
  const std::pair<DnsType, Octets> rows[] = {
      {DnsType::a, {1, 2, 3}},  {DnsType::aaaa, {1, 2, 3, 4}}, {DnsType::mx, {0, 10}}, {DnsType::mx, {0, 10, 3, 'a'}},
      {DnsType::ns, {}},        {DnsType::ns, {1, 'a'}},       {DnsType::ns, {0, 0}},  {DnsType::ptr, {0xc0, 12}},
      {DnsType::txt, {3, 'a'}}, {DnsType::tlsa, {3, 1, 1}},
  };
  for (const auto& [type, rdata] : rows) EXPECT_FALSE(lookup::record_text(type, rdata)) << to_string(type);
  EXPECT_EQ(lookup::record_text(DnsType::ptr, Octets{3, 'a', '.', '\n', 1, 'b', 0}), "a\\.\\010.b");
  EXPECT_EQ(lookup::record_text(DnsType::txt, Octets{1, 'a', 0, 2, 'b', 'c'}), "abc");
}

TEST(QuestionKey, is_the_same_for_the_same_question) {
  const auto text = [](DnsType type, std::string_view name) {
    const auto key = lookup::QuestionKey::make(type, name);
    return key ? std::string(key->text()) : "none";
  };
  EXPECT_EQ(text(DnsType::a, "Mail.Example.ORG."), text(DnsType::a, "mail.example.org"));
  EXPECT_NE(text(DnsType::a, "example.org"), text(DnsType::mx, "example.org"));
  EXPECT_EQ(text(DnsType::a, "CAFÉ.test"), text(DnsType::a, "xn--caf-dma.test"));
  std::string longest;
  while (longest.size() < 253) longest += longest.size() % 64 == 63 ? '.' : 'a';
  EXPECT_EQ(text(DnsType::a, longest).size(), 254U);
  EXPECT_EQ(text(DnsType::a, longest + "a"), "none");
}

std::shared_ptr<const DnsAnswer> found(const char* value) {
  DnsAnswer answer;
  answer.answer = Answer::found(value);
  return std::make_shared<const DnsAnswer>(answer);
}

TEST(DnsCache, forgets_what_expired_and_what_is_unused) {
  DnsCache cache(2);
  const DnsCache::Clock::time_point start{};
  const auto later = start + std::chrono::seconds(10);
  cache.store("a", found("1"), later);
  cache.store("b", found("2"), later);
  EXPECT_NE(cache.find("a", start), nullptr);
  cache.store("c", found("3"), start + std::chrono::seconds(1));
  EXPECT_EQ(cache.find("b", start), nullptr) << "the one unused for longest goes";
  EXPECT_NE(cache.find("a", start), nullptr);
  EXPECT_NE(cache.find("c", start), nullptr);
  EXPECT_EQ(cache.find("c", start + std::chrono::seconds(1)), nullptr);
  EXPECT_EQ(cache.size(), 1U);
  cache.store("a", found("4"), later);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.find("a", start)->answer, Answer::found("4"));
}

TEST(StaticResolver, knows_what_it_was_told) {
  lookup::StaticResolver resolver;
  resolver.add(DnsType::mx, "Example.org", "10 mx").add(DnsType::mx, "example.org.", "20 mx2");
  DnsAnswer down;
  down.answer = Answer::unavailable(lookup::Unavailable::timed_out, "");
  resolver.set(DnsType::a, "slow.test", down);
  std::vector<DnsAnswer> answers;
  const auto keep = [&](const DnsAnswer& answer) { answers.push_back(answer); };
  resolver.ask(DnsType::mx, "EXAMPLE.ORG", keep);
  resolver.ask(DnsType::a, "example.org", keep);
  resolver.ask(DnsType::a, "example.com", keep);
  resolver.ask(DnsType::a, "slow.test", keep);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].answer, Answer::found(std::vector<std::string>{"10 mx", "20 mx2"}));
  EXPECT_TRUE(answers[1].answer.is_absent() && !answers[1].nxdomain);
  EXPECT_TRUE(answers[2].answer.is_absent() && answers[2].nxdomain);
  EXPECT_TRUE(answers[3].answer.is_unavailable());
}

}  // namespace
