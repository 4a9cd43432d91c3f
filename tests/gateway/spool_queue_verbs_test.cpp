#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "gateway/cli/queue_change.hpp"
#include "gateway/cli/queue_text.hpp"

namespace gateway::cli {
namespace {

SystemTime at(std::int64_t seconds) {
  return SystemTime{std::chrono::seconds{seconds}};
}

Envelope deferred() {
  Envelope envelope;
  envelope.id = {0x65BC9A3F1D2E4};
  envelope.arrival = at(1000);
  envelope.next_try = at(5000);
  envelope.attempts = 2;
  envelope.size = 2048;
  envelope.sender = {"Lea", "Example.org"};
  envelope.recipients.push_back({{"max", "example.com"}, "", "", 0, RecipientState::pending, "Connection timed out"});
  envelope.recipients.push_back({{"eva", "example.net"}, "", "", 0, RecipientState::delivered});
  return envelope;
}

TEST(QueueText, mailq_lines_stand_in_their_columns) {
  setenv("TZ", "UTC", 1);
  tzset();
  std::string text;
  append_mailq(text, deferred());
  EXPECT_EQ(text, "65BC9A3F1D2E4   2048 Thu Jan  1 00:16:40  Lea@Example.org\n" + std::string(54, ' ') +
                      "(Connection timed out)\n" + std::string(42, ' ') + "max@example.com\n" + std::string(46, ' ') +
                      "(next try Thu Jan  1 01:23:20)\n\n");
}

TEST(QueueText, held_message_is_marked_and_null_sender_is_the_daemon) {
  Envelope envelope = deferred();
  envelope.state = MessageState::hold;
  envelope.sender = {};
  std::string text;
  append_mailq(text, envelope);
  EXPECT_EQ(text.substr(0, 15), "65BC9A3F1D2E4! ");
  EXPECT_NE(text.find("  MAILER-DAEMON\n"), std::string::npos);
}

TEST(QueueText, marks_say_what_becomes_of_a_message) {
  Envelope envelope = deferred();
  const auto mark = [&](bool active) {
    std::string text;
    append_mailq(text, envelope, active);
    return text.substr(13, 1);
  };
  EXPECT_EQ(mark(false), " ");
  EXPECT_EQ(mark(true), "*");
  envelope.expired = true;
  EXPECT_EQ(mark(false), "#");
  EXPECT_EQ(mark(true), "*");
  envelope.state = MessageState::hold;
  EXPECT_EQ(mark(true), "!") << "what is under way ends, the rest is kept";
}

TEST(QueueText, totals) {
  EXPECT_EQ(mailq_total(0, 0), "Mail queue is empty\n");
  EXPECT_EQ(mailq_total(1, 2047), "-- 1 Kbytes in 1 Request.\n");
  EXPECT_EQ(mailq_total(2, 4096), "-- 4 Kbytes in 2 Requests.\n");
}

TEST(QueueText, json_line_has_the_promised_names) {
  std::string text;
  append_json_line(text, deferred());
  EXPECT_EQ(
      text,
      R"({"id":"65BC9A3F1D2E4","state":"deferred","size":2048,"arrival":"1970-01-01T00:16:40Z",)"
      R"("sender":"Lea@Example.org","recipients":[{"address":"max@example.com","reason":"Connection timed out"}],)"
      R"("next_try":"1970-01-01T01:23:20Z","attempts":2})"
      "\n");
}

TEST(QueueText, json_strings_are_always_valid) {
  std::string text;
  append_json(text, std::string_view("a\"\\\n\0\x7f\xc3\xa4\xc3|\xed\xa0\x80", 13));
  EXPECT_EQ(text, "\"a\\\"\\\\\\u000a\\u0000\\u007f\xc3\xa4\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(QueueText, terminal_gets_no_control_characters) {
  Envelope envelope = deferred();
  envelope.recipients[0].last_reply = "\x1b[2Jgone";
  std::string text;
  append_mailq(text, envelope);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

struct FilterCase {
  const char* name;
  std::vector<std::string> arguments;
  bool matches;
};

class FilterTest : public testing::TestWithParam<FilterCase> {};

INSTANTIATE_TEST_SUITE_P(
    Queue, FilterTest,
    testing::Values(FilterCase{"nothing_given", {}, true}, FilterCase{"its_id", {"65BC9A3F1D2E4"}, true},
                    FilterCase{"another_id", {"65BC9A3F1D2E5"}, false},
                    FilterCase{"sender_in_other_case", {"--sender", "lea@example.ORG"}, true},
                    FilterCase{"sender_domain", {"--sender=@example.org"}, true},
                    FilterCase{"null_sender", {"--sender", "<>"}, false},
                    FilterCase{"recipient", {"--recipient", "max@example.com"}, true},
                    FilterCase{"recipient_already_served", {"--recipient", "eva@example.net"}, false},
                    FilterCase{"domain", {"--domain", "EXAMPLE.com"}, true},
                    FilterCase{"domain_already_served", {"--domain", "example.net"}, false},
                    FilterCase{"reason", {"--reason", "TIMED out"}, true},
                    FilterCase{"other_reason", {"--reason", "refused"}, false},
                    FilterCase{"old_enough", {"--older-than", "1h"}, true},
                    FilterCase{"too_young", {"--older-than", "2h"}, false},
                    FilterCase{"deferred_is_queued", {"--state", "queued"}, true},
                    FilterCase{"deferred", {"--state", "deferred"}, true},
                    FilterCase{"hold", {"--state", "hold"}, false},
                    FilterCase{"all_must_hold", {"--state", "deferred", "--domain", "example.net"}, false}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_P(FilterTest, matches) {
  const auto options = parse_queue_options(GetParam().arguments);
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->filter.matches(deferred(), at(1000 + 4000)), GetParam().matches);
}

TEST(QueueOptions, errors_are_sentences) {
  const auto error = [](std::vector<std::string> arguments) { return parse_queue_options(arguments).error(); };
  EXPECT_EQ(error({"XYZ"}), "\"XYZ\" is not a queue ID");
  EXPECT_EQ(error({"--sendr", "x"}), "unknown option \"--sendr\"");
  EXPECT_EQ(error({"--sender"}), "--sender needs a value");
  EXPECT_EQ(error({"--older-than", "soon"}), "\"soon\" is not an age (90s, 5m, 3h, 2d)");
  EXPECT_EQ(error({"--state", "lost"}), "\"lost\" is not a state (queued, deferred, hold, corrupt)");
}

TEST(QueueChange, each_verb_does_what_it_says) {
  const Envelope queued = deferred();
  Envelope held = queued, corrupt = queued;
  held.state = MessageState::hold;
  corrupt.state = MessageState::corrupt;
  const auto now = at(9000);
  const auto after = [now](QueueVerb verb, Envelope envelope) {
    EXPECT_EQ(merge({envelope.id, QueueOrder{verb, now}}, envelope), Merged::changed);
    EXPECT_TRUE(concerns(verb, envelope) || verb == QueueVerb::hold || verb == QueueVerb::release);
    return envelope;
  };
  const auto leaves = [now](QueueVerb verb, Envelope envelope) {
    EXPECT_FALSE(concerns(verb, envelope));
    return merge({envelope.id, QueueOrder{verb, now}}, envelope) == Merged::unchanged;
  };

  EXPECT_EQ(after(QueueVerb::retry, queued).next_try, now);
  EXPECT_TRUE(leaves(QueueVerb::retry, held));
  EXPECT_EQ(after(QueueVerb::hold, queued).state, MessageState::hold);
  EXPECT_TRUE(leaves(QueueVerb::hold, held));
  EXPECT_EQ(after(QueueVerb::release, held).state, MessageState::queued);
  EXPECT_TRUE(leaves(QueueVerb::release, queued));
  EXPECT_EQ(merge({{}, QueueOrder{QueueVerb::remove, now}}, corrupt), Merged::gone);
  EXPECT_TRUE(leaves(QueueVerb::requeue, corrupt));
  EXPECT_TRUE(after(QueueVerb::expire, held).expired);
  EXPECT_EQ(after(QueueVerb::expire, held).state, MessageState::queued);
  const Envelope requeued = after(QueueVerb::requeue, queued);
  EXPECT_EQ(requeued.attempts, 0U);
  EXPECT_EQ(requeued.recipients[0].last_reply, "");
  EXPECT_EQ(requeued.recipients[1].state, RecipientState::delivered);
}

AttemptResult deferral_of(const Envelope& began_with) {
  AttemptResult result;
  result.recipients.push_back({0, RecipientState::pending, "450 later", "4.2.0"});
  result.ended = true;
  result.began_from = began_with.next_try;
  result.next_try = began_with.next_try + std::chrono::hours(1);
  return result;
}

TEST(QueueChange, an_attempt_undoes_no_order_that_came_meanwhile) {
  const Envelope began_with = deferred();
  for (const QueueVerb verb : {QueueVerb::hold, QueueVerb::expire, QueueVerb::requeue, QueueVerb::retry}) {
    Envelope stored = began_with;
    ASSERT_EQ(merge({{}, QueueOrder{verb, at(9000)}}, stored), Merged::changed);
    const Envelope ordered = stored;
    EXPECT_EQ(merge({{}, deferral_of(began_with)}, stored), Merged::changed);
    EXPECT_EQ(stored.state, ordered.state) << to_string(verb);
    EXPECT_EQ(stored.expired, ordered.expired) << to_string(verb);
    EXPECT_EQ(stored.recipients[0].last_reply, "450 later") << to_string(verb);
    if (verb == QueueVerb::hold) continue;
    EXPECT_EQ(stored.next_try, at(9000)) << to_string(verb);
    EXPECT_EQ(stored.attempts, ordered.attempts) << to_string(verb);
  }
}

TEST(QueueChange, an_attempt_without_orders_sets_its_schedule) {
  Envelope stored = deferred();
  const auto attempts = stored.attempts;
  const AttemptResult result = deferral_of(stored);
  EXPECT_EQ(merge({{}, result}, stored), Merged::changed);
  EXPECT_EQ(stored.next_try, result.next_try);
  EXPECT_EQ(stored.attempts, attempts + 1);
}

TEST(QueueChange, an_attempt_never_makes_a_delivered_recipient_wait_again) {
  Envelope stored = deferred();
  AttemptResult result;
  result.recipients.push_back({1, RecipientState::pending, "450 later", "4.2.0"});
  result.recipients.push_back({99, RecipientState::failed, "none", "5.0.0"});
  EXPECT_EQ(merge({{}, result}, stored), Merged::changed);
  EXPECT_EQ(stored.recipients[1].state, RecipientState::delivered);
  for (auto& recipient : stored.recipients) recipient.state = RecipientState::delivered;
  result.ended = true;
  EXPECT_EQ(merge({{}, result}, stored), Merged::gone);
}

TEST(QueueChange, filter_chooses_the_messages_of_a_real_spool) {
  char name[] = "/tmp/gatepost-queue-XXXXXX";
  const std::string base = mkdtemp(name);
  SpoolOptions options;
  options.directory = base;
  auto spool = open_spool(options);
  ASSERT_TRUE(spool) << spool.error();
  std::vector<MessageId> ids;
  for (const char* domain : {"example.com", "example.net", "example.com"}) {
    Envelope envelope = deferred();
    envelope.id = ids.emplace_back(next_message_id());
    envelope.recipients[0].address.domain = domain;
    std::promise<bool> stored;
    (*spool)->store(envelope, (*spool)->new_content(envelope.id), [&](auto result) { stored.set_value(!!result); });
    ASSERT_TRUE(stored.get_future().get());
  }
  QueueFilter filter;
  filter.domain = "example.com";
  const auto held = change_messages(**spool, QueueVerb::hold, filter, at(9000));
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, (std::vector{ids[0], ids[2]}));
  EXPECT_EQ((*spool)->totals().hold, 2U);
  filter = {};
  filter.ids = {ids[0]};
  EXPECT_EQ(change_messages(**spool, QueueVerb::remove, filter, at(9000))->size(), 1U);
  EXPECT_FALSE((*spool)->find(ids[0]));
  spool->reset();
  std::filesystem::remove_all(base);
}

}  // namespace
}  // namespace gateway::cli
