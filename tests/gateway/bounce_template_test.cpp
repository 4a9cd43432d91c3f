#include "gateway/delivery/bounce_template.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

constexpr std::string_view good = R"(# words of the house
failure_template = <<EOF
Charset: utf-8
From: Postman
Subject: It came back
Postmaster-Subject: Copy: it came back

Host ${myhostname} gave up after $(maximal_queue_lifetime_days) days.
That costs $$ 5.
EOF
)";

TEST(BounceTemplate, ReadsTheFormOfBounce5) {
  const auto read = parse_bounce_templates(good);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->failure.charset, "utf-8");
  EXPECT_EQ(read->failure.from, "Postman");
  EXPECT_EQ(read->failure.subject, "It came back");
  EXPECT_EQ(read->failure.postmaster_subject, "Copy: it came back");
  EXPECT_EQ(read->delay.subject, built_in_bounce_templates().delay.subject) << "what is not defined stays built in";
  config::Config config;
  config.hostname = "gw.example.com";
  EXPECT_EQ(expand_bounce_body(read->failure, config),
            "Host gw.example.com gave up after 5 days.\r\nThat costs $ 5.\r\n");
}

TEST(BounceTemplate, TimesCountInTheUnitOfTheirName) {
  config::Config config;
  config.queue.delay_warning_time = std::chrono::hours(4);
  BounceTemplate made;
  made.body = "$delay_warning_time_hours $delay_warning_time_minutes $delay_warning_time_days $delay_warning_time";
  EXPECT_EQ(expand_bounce_body(made, config), "4 240 1 14400s");
}

struct BadCase {
  const char* name;
  const char* text;
  const char* error;
};

class BadBounceTemplate : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadBounceTemplate, IsAnErrorWithItsLine) {
  const auto read = parse_bounce_templates(GetParam().text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Reports, BadBounceTemplate,
    ::testing::Values(
        BadCase{"unknown_name", "failur_template = <<E\n",
                "line 1: \"failur_template\" is no template (failure_template, delay_template, success_template, "
                "verify_template)"},
        BadCase{"no_mark", "\nfailure_template = x\n", "line 2: \"<<\" and a word that ends the template are expected"},
        BadCase{"no_end", "failure_template = <<E\nFrom: a\nSubject: b\n\ntext\n",
                "line 5: the text ends before \"E\""},
        BadCase{"no_subject", "failure_template = <<E\nFrom: a\n\ntext\nE\n",
                "line 5: the template lacks From or Subject"},
        BadCase{"no_empty_line", "failure_template = <<E\nFrom: a\nSubject: b\nE\n",
                "line 4: the template lacks the empty line before its text"},
        BadCase{"other_header", "failure_template = <<E\nX-Other: a\n",
                "line 2: a template begins with Charset, From, Subject, Postmaster-Subject and an empty line"},
        BadCase{"unknown_value", "failure_template = <<E\nFrom: a\nSubject: b\n\n$nothing\nE\n",
                "line 6: \"$nothing\" is not known in reports"},
        BadCase{"dollar_alone", "failure_template = <<E\nFrom: a\nSubject: b\n\n5 $ \nE\n",
                "line 6: \"$\" begins no name; write \"$$\" for a dollar"},
        BadCase{"not_ascii", "failure_template = <<E\nFrom: a\nSubject: b\n\n\xc3\xa9\nE\n",
                "line 6: the text is not us-ascii, as its Charset says"}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace gateway
