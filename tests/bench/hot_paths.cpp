#include "tests/bench/hot_paths.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "gateway/log_line.hpp"
#include "gateway/smtp/command.hpp"
#include "gateway/smtp/content_reader.hpp"
#include "gateway/spool/envelope_codec.hpp"
#include "lookup/entry_store.hpp"
#include "tests/policy/scene.hpp"

namespace bench {

namespace {

/// What a path computes must be what it should be, or its figure says nothing.
void insist(bool right) {
  if (!right) std::abort();
}

std::function<void()> parse_rcpt() {
  return [] {
    const auto command = gateway::parse_command(
        "RCPT TO:<jean-luc.martin+lists@mail.example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;j@x.org",
        gateway::Grammar{});
    insist(std::holds_alternative<gateway::RcptTo>(command.content));
  };
}

struct Count : gateway::ContentSink {
  void take(std::string_view octets) override { seen += octets.size(); }
  std::size_t seen = 0;
};

std::function<void()> read_content() {
  std::string content;
  for (int line = 0; line < 56; ++line) content += fmt::format("{:02} {:x<68}\r\n", line, line % 9 == 0 ? "." : "");
  content += ".\r\n";
  return [content] {
    Count count;
    gateway::ContentReader reader;
    reader.feed(content, count);
    insist(reader.finished() && count.seen == content.size() - 3);
  };
}

std::function<void()> judge_chain() {
  policy::RuleTexts texts;
  texts.relay = policy::RuleTexts::List{"permit_mynetworks", "permit_sasl_authenticated", "reject_unauth_destination"};
  texts.client = policy::RuleTexts::List{"permit_mynetworks", "check_client_access hash:clients",
                                         "reject_unknown_reverse_client_hostname"};
  texts.helo = policy::RuleTexts::List{"reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname",
                                       "check_helo_access hash:helos"};
  texts.sender = policy::RuleTexts::List{"reject_non_fqdn_sender", "reject_unknown_sender_domain",
                                         "check_sender_access hash:senders"};
  texts.recipient =
      policy::RuleTexts::List{"reject_non_fqdn_recipient",      "reject_unknown_recipient_domain",
                              "reject_unlisted_recipient",      "check_recipient_access hash:recipients",
                              "reject_rbl_client one.test",     "reject_rbl_client two.test=127.0.0.[2..11]",
                              "reject_rhsbl_sender three.test", "permit"};
  std::vector<policy::RuleProblem> notices;
  auto rules = policy::parse_rules(texts, notices);
  insist(rules.has_value());
  const auto facts = scene::stranger();
  scene::Told told = {{scene::dns(policy::Ask::dns_mx, "sender.example"), scene::found("10 mx.sender.example")},
                      {scene::dns(policy::Ask::dns_mx, "example.com"), scene::found("10 mx.example.com")},
                      {scene::dns(policy::Ask::recipient_listed, "r@example.com"), scene::found("r")}};
  policy::Answers answers;
  const auto verdict = scene::decide(**rules, policy::Stage::recipient, facts, told, &answers);
  insist(verdict.is_permit());
  return [rules = *rules, facts, answers] {
    const auto judgement = policy::judge(*rules, policy::Stage::recipient, facts, answers);
    const auto* again = std::get_if<policy::Verdict>(&judgement);
    insist(again && again->is_permit());
  };
}

std::function<void()> find_in_replica() {
  lookup::EntryStore::Builder builder({"mailLocalAddress"});
  for (int number = 0; number < 2000; ++number) {
    lookup::Entry entry;
    entry.name = fmt::format("uid=u{0},ou=people,dc=example,dc=com", number);
    entry.add("objectClass", "inetLocalMailRecipient");
    entry.add("uid", fmt::format("u{}", number));
    entry.add("mailLocalAddress", fmt::format("u{}@example.com", number));
    entry.add("homeDirectory", fmt::format("/srv/mail/u{}/", number));
    builder.add(entry);
  }
  auto store = builder.finish();
  auto filter = lookup::parse_filter("(&(objectClass=inetLocalMailRecipient)(mailLocalAddress=u1234@example.com))");
  insist(filter.has_value());
  return [store, filter = *filter] {
    int found = 0;
    store->search("ou=people,dc=example,dc=com", lookup::Scope::sub, filter,
                  [&](const lookup::EntryView&) { return ++found > 0; });
    insist(found == 1);
  };
}

std::function<void()> record_envelope() {
  gateway::Envelope envelope;
  envelope.id = {0x660D405313F61};
  envelope.sender = {"jean-luc.martin", "example.org"};
  envelope.size = 4321;
  envelope.client_name = "mx.client.example";
  envelope.client_address = "192.0.2.7";
  envelope.helo = "mx.client.example";
  envelope.protocol = "ESMTP";
  gateway::EnvelopeRecipient recipient;
  recipient.address = {"lea", "example.com"};
  envelope.recipients.assign(3, recipient);
  return [envelope] {
    const auto record = gateway::encode_envelope(envelope);
    const auto back = gateway::decode_envelope(envelope.id, record);
    insist(back && back->recipients.size() == 3);
  };
}

std::function<void()> write_log_line() {
  return [line = std::string()]() mutable {
    line.clear();
    gateway::append_syslog_head(line, "mx1", "postfix", gateway::Program::smtpd, "4711");
    gateway::append_postfix_line(line, {gateway::Program::smtpd, gateway::Level::info, "client", "660D405313F61",
                                        "client=mx.client.example[192.0.2.7], sasl_method=PLAIN, sasl_username=lea"});
    insist(line.size() > 60);
  };
}

}  // namespace

const std::vector<HotPath>& hot_paths() {
  static const std::vector<HotPath> paths = {
      {"parse_rcpt", parse_rcpt},           {"read_content_4k", read_content},    {"judge_17_items", judge_chain},
      {"find_in_replica", find_in_replica}, {"record_envelope", record_envelope}, {"write_log_line", write_log_line},
  };
  return paths;
}

}  // namespace bench
