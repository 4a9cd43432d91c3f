#include <gtest/gtest.h>

#include "tests/policy/scene.hpp"

// Whole restriction sets as administrators publish them, old spellings included.

namespace {

using namespace scene;
using List = RuleTexts::List;

std::shared_ptr<const policy::RuleSet> parse(RuleTexts texts) {
  texts.reject_unlisted_recipient = false;
  std::vector<policy::RuleProblem> notices;
  auto rules = policy::parse_rules(texts, notices);
  EXPECT_TRUE(rules);
  return rules ? *rules : nullptr;
}

Facts foreign() {
  auto facts = stranger();
  facts.recipient = {"r", "elsewhere.example"};
  facts.recipient_class = policy::DomainClass::unserved;
  return facts;
}

// Relay denial in the client list works because everything is judged at RCPT.
RuleTexts mailbox_server() {
  RuleTexts texts;
  texts.helo_required = true;
  texts.client = List{
      "permit_mynetworks, permit_sasl_authenticated,\n    reject_unauth_destination, "
      "check_client_access hash:/etc/postfix/acces_client"};
  texts.helo = List{"reject_invalid_hostname"};
  texts.sender = List{"check_sender_access hash:/etc/postfix/acces_expediteur"};
  texts.recipient = List{"permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"};
  return texts;
}

TEST(PublishedLists, mailbox_server) {
  const auto rules = parse(mailbox_server());
  EXPECT_TRUE(decide(*rules, Stage::recipient, stranger(), {}).is_permit());
  EXPECT_EQ(to_text(decide(*rules, Stage::recipient, foreign(), {})),
            "554 5.7.1 <r@elsewhere.example>: Relay access denied");
  auto trusted = foreign();
  trusted.client_in_mynetworks = true;
  EXPECT_TRUE(decide(*rules, Stage::recipient, trusted, {}).is_permit());
  auto clumsy = stranger();
  clumsy.helo = "my pc";
  EXPECT_EQ(to_text(decide(*rules, Stage::recipient, clumsy, {})),
            "501 5.5.2 <my pc>: Helo command rejected: Invalid name");
  EXPECT_EQ(to_text(decide(*rules, Stage::recipient, stranger(),
                           {{table("hash:/etc/postfix/acces_expediteur", "sender.example"), found("REJECT")}})),
            "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied");
  EXPECT_EQ(to_text(decide(*rules, Stage::recipient, stranger(),
                           {{table("hash:/etc/postfix/acces_client", "192.0.2"), found("REJECT")}})),
            "554 5.7.1 <mx.client.example[192.0.2.7]>: Client host rejected: Access denied");
}

TEST(PublishedLists, submission) {
  RuleTexts texts;
  texts.client = List{"permit_sasl_authenticated,reject"};
  texts.recipient = List{"permit_sasl_authenticated, reject"};
  const auto rules = parse(texts);
  EXPECT_EQ(decide(*rules, Stage::recipient, foreign(), {}).code, 554);
  auto facts = foreign();
  facts.login = "lea";
  EXPECT_TRUE(decide(*rules, Stage::recipient, facts, {}).is_permit());
}

TEST(PublishedLists, protected_group_address) {
  RuleTexts texts;
  texts.classes = {{"onlylocal", {"check_sender_access hash:/etc/postfix/local_domains", "reject"}}};
  texts.recipient = List{"check_recipient_access hash:/etc/postfix/protected", "permit"};
  const auto rules = parse(texts);
  Told told = {{table("hash:/etc/postfix/protected", "r@"), found("onlylocal")}};
  EXPECT_EQ(to_text(decide(*rules, Stage::recipient, stranger(), told)),
            "554 5.7.1 <r@example.com>: Recipient address rejected: Access denied");
  told.push_back({table("hash:/etc/postfix/local_domains", "sender.example"), found("OK")});
  EXPECT_TRUE(decide(*rules, Stage::recipient, stranger(), told).is_permit());
}

RuleTexts corporate_gateway() {
  RuleTexts texts;
  texts.relay = List{};
  texts.recipient = List{"check_sender_access hash:/etc/postfix/whitelist,",
                         "reject_invalid_hostname,",
                         "reject_non_fqdn_sender,",
                         "reject_non_fqdn_recipient,",
                         "reject_unknown_sender_domain,",
                         "reject_unknown_recipient_domain,",
                         "reject_unauth_pipelining,",
                         "permit_mynetworks,",
                         "reject_unauth_destination,",
                         "reject_rbl_client cbl.abuseat.org,",
                         "reject_rbl_client sbl-xbl.spamhaus.org,",
                         "reject_rbl_client bl.spamcop.net,",
                         "reject_rbl_client dnsbl.sorbs.net,",
                         "reject_rhsbl_sender dsn.rfc-ignorant.org,",
                         "permit"};
  return texts;
}

TEST(PublishedLists, corporate_gateway) {
  const auto rules = parse(corporate_gateway());
  const Told known = {{dns(Ask::dns_mx, "sender.example"), found("10 mx.sender.example")}};
  const auto with = [&](Question question, Answer answer) {
    auto told = known;
    told.emplace_back(std::move(question), std::move(answer));
    return told;
  };
  const auto text = [&](const Facts& facts, const Told& told) {
    return to_text(decide(*rules, Stage::recipient, facts, told));
  };
  EXPECT_EQ(text(stranger(), known), "permit");
  EXPECT_EQ(text(stranger(), {}), "450 4.1.8 <a@sender.example>: Sender address rejected: Domain not found");
  const auto spammer = with(listed("bl.spamcop.net", "7.2.0.192"), found("127.0.0.2"));
  EXPECT_EQ(text(stranger(), spammer),
            "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.spamcop.net");
  auto excused = spammer;
  excused.emplace_back(table("hash:/etc/postfix/whitelist", "a@sender.example"), found("OK"));
  EXPECT_EQ(text(stranger(), excused), "permit");
  EXPECT_EQ(text(stranger(), with(table("hash:/etc/postfix/whitelist", "a@sender.example"), found("REJECT"))),
            "554 5.7.1 <a@sender.example>: Sender address rejected: Access denied");
  EXPECT_EQ(text(stranger(), with(listed("dsn.rfc-ignorant.org", "sender.example"), found("127.0.0.2"))),
            "554 5.7.1 Service unavailable; Sender address [a@sender.example] blocked using dsn.rfc-ignorant.org");
  auto elsewhere = with(dns(Ask::dns_mx, "elsewhere.example"), found("10 mx.elsewhere.example"));
  EXPECT_EQ(text(foreign(), elsewhere), "554 5.7.1 <r@elsewhere.example>: Relay access denied");
  // All lists of the chain are dead: mail flows.
  auto dead = known;
  for (const auto* zone : {"cbl.abuseat.org", "sbl-xbl.spamhaus.org", "bl.spamcop.net", "dnsbl.sorbs.net"})
    dead.emplace_back(listed(zone, "7.2.0.192"), unavailable());
  dead.emplace_back(listed("dsn.rfc-ignorant.org", "sender.example"), unavailable());
  EXPECT_EQ(text(stranger(), dead), "permit");
}

}  // namespace
