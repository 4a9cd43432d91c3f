#include "gateway/resolve/header_rewriting.hpp"

#include <gtest/gtest.h>

#include "gateway/resolve/rewriting.hpp"
#include "tests/gateway/resolve_fixture.hpp"

namespace {

using gateway::AddressClass;
using gateway::Services;
using gateway::testing::MapTable;
using gateway::testing::SmallCompany;
using Origin = Services::HeaderOrigin;
using Result = tl::expected<std::string, lookup::Answer>;

std::string header(SmallCompany& company, const std::string& section, Origin origin = Origin::ours) {
  std::string text = "never answered";
  gateway::run_resolution<Result>(
      std::make_shared<gateway::Resolution>(),
      [&](gateway::Resolution& resolution) {
        return gateway::rewrite_header(resolution, company.rules(), section, origin);
      },
      [&](const Result& result) { text = result ? *result : "unavailable"; });
  return text;
}

std::string address(SmallCompany& company, const std::string& text, AddressClass kind) {
  std::string changed = "never answered";
  using One = tl::expected<lookup::Address, lookup::Answer>;
  gateway::run_resolution<One>(
      std::make_shared<gateway::Resolution>(),
      [&](gateway::Resolution& resolution) {
        return gateway::rewrite_address(resolution, company.rules(), lookup::split_address(text), kind);
      },
      [&](const One& result) { changed = result ? result->to_string() : "unavailable"; });
  return changed;
}

TEST(HeaderRewriting, completes_addresses_of_our_own_clients) {
  SmallCompany company;
  company.config->rewrite.append_dot_mydomain = true;
  company.config->mydomain = "example.com";
  EXPECT_EQ(header(company, "From: root (Cron)\r\nTo: Lea <lea@host>\r\n"),
            "From: root@mx.example.com (Cron)\r\nTo: Lea <lea@host.example.com>\r\n");
}

TEST(HeaderRewriting, leaves_the_headers_of_others_alone) {
  SmallCompany company;
  EXPECT_TRUE(gateway::rewrites_header(*company.config, Origin::ours));
  EXPECT_FALSE(gateway::rewrites_header(*company.config, Origin::foreign));
}

TEST(HeaderRewriting, completes_the_headers_of_others_with_the_domain_for_them) {
  SmallCompany company;
  company.config->rewrite.remote_header_rewrite_domain = "domain.invalid";
  company.config->rewrite.append_dot_mydomain = true;
  ASSERT_TRUE(gateway::rewrites_header(*company.config, Origin::foreign));
  EXPECT_EQ(header(company, "From: root\r\nTo: a@host, b@[192.0.2.1], c@far.example\r\n", Origin::foreign),
            "From: root@domain.invalid\r\nTo: a@host.domain.invalid, b@[192.0.2.1], c@far.example\r\n");
}

TEST(HeaderRewriting, takes_each_canonical_map_for_its_fields) {
  SmallCompany company;
  company.rules().sender_canonical = SmallCompany::maps({{"a@lan.example", "sender@example.com"}});
  company.rules().recipient_canonical = SmallCompany::maps({{"a@lan.example", "recipient@example.com"}});
  company.rules().canonical = SmallCompany::maps({{"b@lan.example", "both@example.com"}});
  EXPECT_EQ(
      header(company, "From: a@lan.example\r\nSender: b@lan.example\r\nTo: a@lan.example\r\nCc: b@lan.example\r\n"),
      "From: sender@example.com\r\nSender: both@example.com\r\nTo: recipient@example.com\r\n"
      "Cc: both@example.com\r\n");
}

TEST(HeaderRewriting, asks_all_addresses_of_a_header_at_once) {
  SmallCompany company;
  const auto table = std::make_shared<MapTable>(
      std::map<std::string, std::string>{{"a@lan.example", "x@example.com"}, {"@lan.example", "y@example.com"}},
      MapTable::Speed::later);
  company.rules().canonical = {{"map", table, nullptr}};
  EXPECT_EQ(header(company, "From: a@lan.example\r\nTo: b@lan.example\r\n"),
            "From: x@example.com\r\nTo: y@example.com\r\n");
}

TEST(HeaderRewriting, rewrites_nothing_when_a_map_cannot_be_asked) {
  SmallCompany company;
  company.rules().canonical = SmallCompany::maps({}, MapTable::Speed::broken);
  EXPECT_EQ(header(company, "Subject: no address\r\n"), "Subject: no address\r\n");
  EXPECT_EQ(header(company, "From: a@lan.example\r\n"), "unavailable");
}

TEST(HeaderRewriting, masquerades_the_classes_that_are_named) {
  SmallCompany company;
  auto& masquerade = company.config->rewrite.masquerade;
  masquerade.domains = {"!keep.example.com", "example.com"};
  masquerade.exceptions = {"root"};
  const std::string section =
      "From: a@h1.example.com\r\nReply-To: root@h1.example.com\r\nTo: b@h2.example.com, c@x.keep.example.com\r\n";
  EXPECT_EQ(header(company, section),
            "From: a@example.com\r\nReply-To: root@h1.example.com\r\nTo: b@example.com, c@x.keep.example.com\r\n");
  masquerade.classes = {"header_sender"};
  EXPECT_EQ(header(company, section),
            "From: a@example.com\r\nReply-To: root@h1.example.com\r\nTo: b@h2.example.com, c@x.keep.example.com\r\n");
}

struct ClassCase {
  const char* name;
  const char* classes;  // of rewrite.canonical
  const char* changed;  // letters of the classes that change: S R s r
};

class CanonicalClasses : public testing::TestWithParam<ClassCase> {};

TEST_P(CanonicalClasses, change_what_they_name) {
  SmallCompany company;
  company.config->rewrite.canonical_classes = {GetParam().classes};
  company.rules().canonical = SmallCompany::maps({{"a@lan.example", "x@example.com"}});
  std::string changed;
  for (const auto& [letter, kind] :
       {std::pair('S', AddressClass::envelope_sender), std::pair('R', AddressClass::envelope_recipient),
        std::pair('s', AddressClass::header_sender), std::pair('r', AddressClass::header_recipient)})
    if (address(company, "a@lan.example", kind) == "x@example.com") changed += letter;
  EXPECT_EQ(changed, GetParam().changed);
}

INSTANTIATE_TEST_SUITE_P(Classes, CanonicalClasses,
                         testing::Values(ClassCase{"envelope_sender", "envelope_sender", "S"},
                                         ClassCase{"envelope_recipient", "envelope_recipient", "R"},
                                         ClassCase{"header_sender", "header_sender", "s"},
                                         ClassCase{"header_recipient", "header_recipient", "r"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Canonical, is_looked_up_again_until_nothing_changes) {
  SmallCompany company;
  company.rules().canonical = SmallCompany::maps(
      {{"a@x.example", "b@x.example"}, {"b@x.example", "c@x.example"}, {"c@x.example", "c@x.example"}});
  EXPECT_EQ(address(company, "a@x.example", AddressClass::envelope_sender), "c@x.example");
}

TEST(Canonical, that_leads_in_a_circle_is_unavailable) {
  SmallCompany company;
  company.rules().canonical = SmallCompany::maps({{"a@x.example", "b@x.example"}, {"b@x.example", "a@x.example"}});
  EXPECT_EQ(address(company, "a@x.example", AddressClass::envelope_sender), "unavailable");
}

TEST(Canonical, carries_the_extension_over_only_where_it_is_said) {
  SmallCompany company;
  company.rules().canonical = SmallCompany::maps({{"joe@x.example", "jane@example.com"}});
  EXPECT_EQ(address(company, "joe+list@x.example", AddressClass::envelope_sender), "jane+list@example.com");
  company.config->rewrite.propagate_unmatched_extensions = {"virtual"};
  EXPECT_EQ(address(company, "joe+list@x.example", AddressClass::envelope_sender), "jane@example.com");
}

TEST(Generic, is_looked_up_once_and_for_every_address_field) {
  SmallCompany company;
  company.rules().generic = SmallCompany::maps(
      {{"a@lan.example", "b@lan.example"}, {"b@lan.example", "c@lan.example"}, {"@lan.example", "all@example.com"}});
  gateway::Resolution resolution;
  const auto changed = gateway::rewrite_header_generic(
      resolution, company.rules(),
      "From: a@lan.example\r\nTo: z@lan.example, o@far.example\r\nSubject: a@lan.example\r\n");
  ASSERT_TRUE(changed && *changed);
  EXPECT_EQ(**changed, "From: b@lan.example\r\nTo: all@example.com, o@far.example\r\nSubject: a@lan.example\r\n");
  // The null sender has no address to hide.
  EXPECT_TRUE((*gateway::rewrite_generic(resolution, company.rules(), {}))->is_null());
}

}  // namespace
