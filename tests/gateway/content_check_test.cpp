#include "gateway/content/content_check.hpp"

#include <gtest/gtest.h>

#include "lookup/open_table.hpp"

namespace gateway {
namespace {

ContentTables::List pcre(std::string_view lines) {
  auto opened = lookup::open_table_content("pcre", lines, "checks");
  EXPECT_TRUE(opened.has_value());
  return {opened->table};
}

struct Gathered final : ContentSink {
  void take(std::string_view octets) override { text += octets; }
  std::string text;
};

struct Result {
  std::string text, reply, events;
  policy::Effects effects;
};

Result run(const ContentTables& tables, std::string_view content, std::size_t step = 1000000) {
  Gathered gathered;
  ContentCheck check(tables, gathered);
  for (std::size_t at = 0; at < content.size(); at += step) check.take(content.substr(at, step));
  check.finish();
  Result result;
  result.text = gathered.text;
  if (check.refusal()) result.reply = to_string(*check.refusal());
  for (const auto& event : check.events())
    result.events +=
        std::string(to_string(event.kind)) + ": " + event.what + (event.text.empty() ? "" : ": ") + event.text + "\n";
  result.effects = check.effects();
  return result;
}

ContentTables for_header(std::string_view lines) {
  ContentTables tables;
  tables.header = tables.mime_header = tables.nested_header = pcre(lines);
  return tables;
}

ContentTables for_body(std::string_view lines) {
  ContentTables tables;
  tables.body = pcre(lines);
  return tables;
}

constexpr auto letter = "From: a@b\r\nSubject: make\r\n money\r\nX-A: 1\r\n\r\nFirst line\r\nsecond\r\n";

TEST(ContentCheck, does_with_fields_what_the_table_says) {
  struct Row {
    const char* table;
    const char* text;
    const char* reply;
    const char* events;
  };
  const Row rows[] = {
      {"/^nothing/ REJECT", letter, "", ""},
      {"/^Subject:.*money$/ REJECT", "From: a@b\r\n", "550 5.7.1 message content rejected",
       "reject: header Subject: make? money\n"},
      {"/^Subject: make\\n/ REJECT no thanks", "From: a@b\r\n", "550 5.7.1 no thanks",
       "reject: header Subject: make? money: no thanks\n"},
      {"/^Subject/ REJECT 5.6.0 odd", "From: a@b\r\n", "550 5.6.0 odd",
       "reject: header Subject: make? money: 5.6.0 odd\n"},
      {"/^subject/ IGNORE", "From: a@b\r\nX-A: 1\r\n\r\nFirst line\r\nsecond\r\n", "", ""},
      {"/^subject/ STRIP why", "From: a@b\r\nX-A: 1\r\n\r\nFirst line\r\nsecond\r\n", "",
       "strip: header Subject: make? money: why\n"},
      {"/^(X-A): (.*)/ REPLACE $1: was $2",
       "From: a@b\r\nSubject: make\r\n money\r\nX-A: was 1\r\n\r\nFirst line\r\nsecond\r\n", "",
       "replace: header X-A: 1: X-A: was 1\n"},
      {"/^X-A/ prepend X-B: 2",
       "From: a@b\r\nSubject: make\r\n money\r\nX-B: 2\r\nX-A: 1\r\n\r\nFirst line\r\nsecond\r\n", "",
       "prepend: header X-A: 1: X-B: 2\n"},
      {"/^X-A/ WARN seen", letter, "", "warning: header X-A: 1: seen\n"},
      {"/^X-A/ INFO", letter, "", "info: header X-A: 1\n"},
      {"/^X-A/ DUNNO", letter, "", ""},
      {"/^X-A/ JUMP", letter, "", "warning: header: checks has no known action: JUMP\n"},
      {"/^X-A/ PREPEND", letter, "", "warning: header: checks has no known action: PREPEND\n"},
      {"/First/ REJECT", letter, "", ""},
      {"/^From/ PASS\n/^X-A/ REJECT", letter, "", ""},
  };
  for (const auto& row : rows)
    for (const std::size_t step : {1, 7, 1000000}) {
      const auto result = run(for_header(row.table), letter, step);
      EXPECT_EQ(result.text, row.text) << row.table << " in steps of " << step;
      EXPECT_EQ(result.reply, row.reply) << row.table;
      EXPECT_EQ(result.events, row.events) << row.table;
    }
}

TEST(ContentCheck, does_with_body_lines_what_the_table_says) {
  EXPECT_EQ(run(for_body("/^First/ REJECT spam"), letter).reply, "550 5.7.1 spam");
  EXPECT_EQ(run(for_body("/^second/ IGNORE"), letter).text,
            "From: a@b\r\nSubject: make\r\n money\r\nX-A: 1\r\n\r\nFirst line\r\n");
  EXPECT_EQ(run(for_body("/money|X-A/ REJECT"), letter).reply, "");
  EXPECT_EQ(run(for_body("/^second$/ REPLACE third"), letter, 3).text,
            "From: a@b\r\nSubject: make\r\n money\r\nX-A: 1\r\n\r\nFirst line\r\nthird\r\n");
}

TEST(ContentCheck, asks_for_effects) {
  const auto result = run(for_header("/^From/ HOLD look\n/^Subject/ BCC c@d\n/^X-A/ REDIRECT e@f"), letter);
  EXPECT_TRUE(result.effects.hold);
  EXPECT_EQ(result.effects.hold_reason, "look");
  EXPECT_EQ(result.effects.bcc, std::vector<std::string>{"c@d"});
  EXPECT_EQ(result.effects.redirect, "e@f");
  EXPECT_EQ(result.text, letter);
  EXPECT_TRUE(run(for_header("/^From/ DISCARD"), letter).effects.discard);
  EXPECT_EQ(run(for_header("/^From/ FILTER smtp:[127.0.0.1]:10025"), letter).effects.filter, "smtp:[127.0.0.1]:10025");
}

constexpr auto mixed =
    "Subject: top\r\nContent-Type: multipart/mixed;\r\n\tboundary=\"=_one\"\r\n\r\npreamble\r\n--=_one\r\n"
    "Content-Type: application/x; name=\"run.exe\"\r\n\r\nbinary\r\n--=_one\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: inner\r\n\r\ninner body\r\n--=_one--\r\nContent-Type: text; name=\"epilogue.exe\"\r\n";

TEST(ContentCheck, tells_the_headers_of_a_message_apart) {
  ContentTables tables;
  tables.header = pcre("/^Subject: inner/ REJECT header");
  tables.mime_header = pcre("/name=\"run\\.exe/ WARN mime\n/epilogue/ WARN mime");
  tables.nested_header = pcre("/^Subject: inner/ WARN nested");
  tables.body = pcre("/^Content|^Subject/ WARN body\n/^inner body/ WARN inner");
  for (const std::size_t step : {1, 1000000}) {
    const auto result = run(tables, mixed, step);
    EXPECT_EQ(result.text, mixed);
    EXPECT_EQ(result.reply, "");
    EXPECT_EQ(result.events,
              "warning: header Content-Type: application/x; name=\"run.exe\": mime\n"
              "warning: header Subject: inner: nested\nwarning: body inner body: inner\n"
              "warning: body Content-Type: text; name=\"epilogue.exe\": body\n");
  }
}

TEST(ContentCheck, looks_at_so_much_of_each_part) {
  auto tables = for_body("/here/ WARN");
  tables.body_size_limit = 10;
  EXPECT_EQ(run(tables, "A: b\r\n\r\n0123456789\r\nhere\r\n").events, "");
  EXPECT_EQ(run(tables, "A: b\r\n\r\n01234\r\nhere\r\n").events, "warning: body here\n");
}

TEST(ContentCheck, passes_what_is_longer_than_any_line) {
  const std::string content =
      "A: " + std::string(200000, 'x') + "\r\n\r\n" + std::string(10000, 'y') + "here" + std::string(3000, 'z');
  ContentTables tables = for_body("/here/ WARN");
  tables.body_size_limit = 0;
  tables.header = pcre("/^A/ REJECT");
  const auto result = run(tables, content, 777);
  EXPECT_EQ(result.text, content);
  EXPECT_EQ(result.reply, "");
}

}  // namespace
}  // namespace gateway
