#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "policy/policy_request.hpp"
#include "tests/policy/scene.hpp"

namespace {

using namespace scene;
using testing::ElementsAre;
using testing::HasSubstr;
using List = RuleTexts::List;

std::shared_ptr<const policy::RuleSet> parse(const RuleTexts& texts) {
  std::vector<policy::RuleProblem> notices;
  auto rules = policy::parse_rules(texts, notices);
  EXPECT_TRUE(rules);
  return rules ? *rules : nullptr;
}

std::vector<Question> questions(const policy::Judgement& judgement) {
  const auto* open = std::get_if<std::vector<Question>>(&judgement);
  return open ? *open : std::vector<Question>{};
}

policy::Effects effects_of(std::string action) {
  RuleTexts texts;
  texts.recipient = List{"check_sender_access t"};
  texts.reject_unlisted_recipient = false;
  return decide(*parse(texts), Stage::recipient, stranger(),
                {{table("t", "a@sender.example"), found(std::move(action))}})
      .effects;
}

TEST(Effects, of_access_actions) {
  EXPECT_TRUE(effects_of("HOLD look").hold);
  EXPECT_EQ(effects_of("HOLD look").hold_reason, "<a@sender.example>: Sender address look");
  EXPECT_TRUE(effects_of("DISCARD").discard);
  EXPECT_EQ(effects_of("DISCARD").discard_reason, "<a@sender.example>: Sender address triggers DISCARD action");
  EXPECT_THAT(effects_of("PREPEND X-Seen: yes").prepend, ElementsAre("X-Seen: yes"));
  EXPECT_TRUE(effects_of("PREPEND no header").prepend.empty());
  EXPECT_THAT(effects_of("BCC archive@example.com").bcc, ElementsAre("archive@example.com"));
  EXPECT_EQ(effects_of("FILTER smtp:[127.0.0.1]:10025").filter, "smtp:[127.0.0.1]:10025");
  EXPECT_EQ(effects_of("REDIRECT boss@example.com").redirect, "boss@example.com");
  EXPECT_THAT(effects_of("INFO noted").log_lines,
              ElementsAre("info: RCPT from mx.client.example[192.0.2.7]: noted; from=<a@sender.example> "
                          "to=<r@example.com> proto=ESMTP helo=<mx.client.example>"));
}

TEST(Effects, a_warning_is_logged_like_a_rejection) {
  RuleTexts texts;
  texts.recipient = List{"warn_if_reject reject_rbl_client zen.example", "sleep 2"};
  texts.reject_unlisted_recipient = false;
  const auto verdict =
      decide(*parse(texts), Stage::recipient, stranger(), {{listed("zen.example", "7.2.0.192"), found("127.0.0.2")}});
  EXPECT_TRUE(verdict.is_permit());
  EXPECT_EQ(verdict.effects.sleep_seconds, 2);
  ASSERT_EQ(verdict.effects.log_lines.size(), 1U);
  EXPECT_THAT(verdict.effects.log_lines[0],
              HasSubstr("reject_warning: RCPT from mx.client.example[192.0.2.7]: 554 5.7.1 Service unavailable; "
                        "Client host [192.0.2.7] blocked using zen.example; from=<a@sender.example>"));
}

TEST(Effects, touch_no_message_before_mail) {
  RuleTexts texts;
  texts.delay_reject = false;
  texts.client = List{"check_client_access t"};
  auto facts = stranger();
  facts.has_sender = facts.has_recipient = false;
  const auto verdict = decide(*parse(texts), Stage::client, facts, {{table("t", "192.0.2.7"), found("HOLD")}});
  EXPECT_FALSE(verdict.effects.hold);
}

TEST(DelayReject, moves_the_early_lists_to_the_recipient) {
  RuleTexts texts;
  texts.client = List{"reject"};
  const auto delayed = parse(texts);
  for (const auto stage : {Stage::client, Stage::helo, Stage::sender})
    EXPECT_TRUE(decide(*delayed, stage, stranger(), {}).is_permit());
  EXPECT_EQ(decide(*delayed, Stage::recipient, stranger(), {}).code, 554);
  EXPECT_EQ(decide(*delayed, Stage::etrn, stranger(), {}).code, 554);
  texts.delay_reject = false;
  texts.reject_unlisted_recipient = false;
  const auto immediate = parse(texts);
  EXPECT_EQ(decide(*immediate, Stage::client, stranger(), {}).code, 554);
  EXPECT_TRUE(decide(*immediate, Stage::recipient, stranger(), {}).is_permit());
}

TEST(DelayReject, when_off_an_early_deferral_comes_due_at_the_recipient) {
  RuleTexts texts;
  texts.delay_reject = false;
  texts.reject_unlisted_recipient = false;
  texts.client = List{"defer_if_permit"};
  const auto rules = parse(texts);
  EXPECT_TRUE(decide(*rules, Stage::client, stranger(), {}).is_permit());
  EXPECT_EQ(decide(*rules, Stage::recipient, stranger(), {}).code, 450);
}

TEST(Questions, of_all_lists_come_at_once) {
  RuleTexts texts;
  texts.recipient = List{"check_sender_access t", "reject_rbl_client a.example", "reject_rbl_client b.example",
                         "reject_rhsbl_sender c.example", "check_policy_service inet:h:1"};
  const auto open = questions(policy::judge(*parse(texts), Stage::recipient, stranger(), {}));
  ASSERT_FALSE(open.empty());
  EXPECT_EQ(open.front(), table("t", "a@sender.example"));
  const auto has = [&](const Question& wanted) { return std::find(open.begin(), open.end(), wanted) != open.end(); };
  EXPECT_TRUE(has(table("t", "a@")));
  EXPECT_TRUE(has(listed("a.example", "7.2.0.192")));
  EXPECT_TRUE(has(listed("b.example", "7.2.0.192")));
  EXPECT_TRUE(has(listed("c.example", "sender.example")));
  EXPECT_TRUE(has({Ask::recipient_listed, "", "r@example.com"}));
  // A service counts its questions: it is asked only when it is its turn.
  for (const auto& question : open) EXPECT_NE(question.ask, Ask::policy_service);
}

TEST(Questions, are_not_asked_behind_a_decision) {
  RuleTexts texts;
  texts.relay = List{"reject_unauth_destination"};
  texts.recipient = List{"permit_mynetworks", "reject_rbl_client a.example"};
  texts.reject_unlisted_recipient = false;
  const auto rules = parse(texts);
  auto facts = stranger();
  facts.client_in_mynetworks = true;
  EXPECT_TRUE(questions(policy::judge(*rules, Stage::recipient, facts, {})).empty());
  facts = stranger();
  facts.recipient_class = policy::DomainClass::unserved;
  EXPECT_TRUE(questions(policy::judge(*rules, Stage::recipient, facts, {})).empty());
}

TEST(Questions, of_the_client_are_foreseen) {
  RuleTexts texts;
  texts.client = List{"permit_mynetworks", "check_client_access t", "reject_rbl_client a.example"};
  texts.recipient = List{"check_sender_access s", "reject_unauth_destination", "reject_rbl_client b.example"};
  const auto rules = parse(texts);
  auto facts = stranger();
  facts.has_sender = facts.has_recipient = false;
  const auto open = policy::foresee(*rules, facts, {});
  const auto has = [&](const Question& wanted) { return std::find(open.begin(), open.end(), wanted) != open.end(); };
  EXPECT_TRUE(has(listed("a.example", "7.2.0.192")));
  EXPECT_TRUE(has(listed("b.example", "7.2.0.192")));
  EXPECT_TRUE(has(table("t", "192.0.2")));
  facts.client_in_mynetworks = true;
  const auto trusted = policy::foresee(*rules, facts, {});
  EXPECT_EQ(std::count(trusted.begin(), trusted.end(), listed("a.example", "7.2.0.192")), 0);
}

TEST(Trace, tells_items_keys_answers_and_outcomes) {
  RuleTexts texts;
  texts.relay = List{"permit_mynetworks", "reject_unauth_destination"};
  texts.recipient = List{"check_sender_access t", "permit", "reject"};
  texts.reject_unlisted_recipient = false;
  policy::Trace trace;
  decide(*parse(texts), Stage::recipient, stranger(), {{table("t", "sender.example"), found("DUNNO")}}, nullptr,
         &trace);
  ASSERT_EQ(trace.size(), 5U);
  EXPECT_EQ(trace[0].stage, Stage::relay);
  EXPECT_EQ(trace[0].outcome, "dunno");
  EXPECT_EQ(trace[2].item, "check_sender_access t");
  ASSERT_EQ(trace[2].asked.size(), 2U);
  EXPECT_EQ(trace[2].asked[1].key, "sender.example");
  EXPECT_TRUE(trace[2].answers[1].is_found());
  EXPECT_EQ(trace[3].outcome, "permit");
  EXPECT_THAT(trace[4].outcome, HasSubstr("skipped"));
}

TEST(PolicyRequest, holds_every_attribute_and_no_forged_one) {
  auto facts = stranger();
  facts.helo = "x\nsasl_username=root";
  facts.instance = "1.2.3";
  facts.login = "lea";
  facts.tls_protocol = "TLSv1.3";
  const auto text = policy::policy_request(Stage::recipient, facts, "mx");
  EXPECT_TRUE(text.starts_with("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"));
  EXPECT_TRUE(text.ends_with("\n\n"));
  for (const auto* line : {"\nclient_address=192.0.2.7\n",
                           "\nclient_name=mx.client.example\n",
                           "\nclient_port=4711\n",
                           "\nreverse_client_name=mx.client.example\n",
                           "\nserver_address=198.51.100.1\n",
                           "\nserver_port=25\n",
                           "\nhelo_name=x?sasl_username=root\n",
                           "\nsender=a@sender.example\n",
                           "\nrecipient=r@example.com\n",
                           "\nrecipient_count=0\n",
                           "\nqueue_id=\n",
                           "\ninstance=1.2.3\n",
                           "\nsize=0\n",
                           "\netrn_domain=\n",
                           "\nstress=\n",
                           "\nsasl_method=\n",
                           "\nsasl_username=lea\n",
                           "\nsasl_sender=\n",
                           "\nccert_subject=\n",
                           "\nccert_issuer=\n",
                           "\nccert_fingerprint=\n",
                           "\nccert_pubkey_fingerprint=\n",
                           "\nencryption_protocol=TLSv1.3\n",
                           "\nencryption_cipher=\n",
                           "\nencryption_keysize=0\n",
                           "\npolicy_context=mx\n",
                           "\ncompatibility_level=",
                           "\nmail_version="})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Judging, costs_microseconds) {
  RuleTexts texts;
  texts.relay = List{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination"};
  texts.recipient = List{"reject_non_fqdn_sender",
                         "reject_non_fqdn_recipient",
                         "reject_unknown_sender_domain",
                         "reject_unauth_pipelining",
                         "permit_mynetworks",
                         "reject_unauth_destination",
                         "check_client_access c",
                         "check_helo_access h",
                         "check_sender_access s",
                         "check_recipient_access r",
                         "reject_invalid_helo_hostname",
                         "reject_non_fqdn_helo_hostname",
                         "reject_rbl_client a.example",
                         "reject_rbl_client b.example",
                         "reject_rbl_client c.example",
                         "reject_rhsbl_sender d.example",
                         "reject_unlisted_recipient"};
  const auto rules = parse(texts);
  policy::Answers answers;
  const auto facts = stranger();
  const Told told = {{dns(Ask::dns_mx, "sender.example"), found("10 mx.sender.example")},
                     {{Ask::recipient_listed, "", "r@example.com"}, found("r")}};
  EXPECT_TRUE(decide(*rules, Stage::recipient, facts, told, &answers).is_permit());
  constexpr int rounds = 2000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i)
    ASSERT_TRUE(std::holds_alternative<Verdict>(policy::judge(*rules, Stage::recipient, facts, answers)));
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  std::cout << "20 items, " << answers.size() << " answers: " << spent.count() / rounds << " us a judgement\n";
}

}  // namespace
