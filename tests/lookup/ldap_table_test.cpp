#include "lookup/ldap_table.hpp"

#include <gtest/gtest.h>

#include "company.hpp"
#include "lookup/ldif_source.hpp"
#include "lookup/store_searcher.hpp"

namespace {

using lookup::Answer;
using Parameters = std::map<std::string, std::string>;
using Values = std::vector<std::string>;

std::shared_ptr<lookup::Searcher> company() {
  lookup::EntryStore::Builder builder({"cn", "uid", "mailLocalAddress"});
  lookup::read_ldif(lookup_test::company, [&](lookup::Entry&& entry) { builder.add(entry); });
  return std::make_shared<lookup::StoreSearcher>(builder.finish());
}

Answer ask(Parameters parameters, std::string_view key) {
  parameters.try_emplace("search_base", "dc=example,dc=com");
  auto options = lookup::parse_ldap_table(parameters);
  EXPECT_TRUE(options.has_value()) << options.error();
  const auto table = lookup::make_ldap_table("ldap:people", *options, company());
  Answer answer = Answer::unavailable(lookup::Unavailable::timed_out, "never answered");
  table->ask(key, [&](Answer given) { answer = std::move(given); });
  return answer;
}

TEST(LdapTable, answers_like_the_table_of_a_virtual_mailbox) {
  const Parameters mailbox{{"query_filter", "(mailLocalAddress=%s)"}, {"result_attribute", "homeDirectory"}};
  EXPECT_EQ(ask(mailbox, "mvegas@example.com"), Answer::found("/home/vmail/virtual.example.com/mvegas/"));
  EXPECT_TRUE(ask(mailbox, "nobody@example.com").is_absent());
  EXPECT_TRUE(ask(mailbox, "*").is_absent());
  EXPECT_TRUE(ask(mailbox, "away@example.com").is_absent()) << "found without the attribute";
}

struct Row {
  const char* name;
  Parameters parameters;
  const char* key;
  Values values;
};

class LdapTableRow : public testing::TestWithParam<Row> {};

TEST_P(LdapTableRow, values) {
  EXPECT_EQ(ask(GetParam().parameters, GetParam().key).values, GetParam().values);
}

const Parameters staff{{"query_filter", "cn=%u"},
                       {"special_result_attribute", "member"},
                       {"result_attribute", ""},
                       {"leaf_result_attribute", "mailLocalAddress"}};

Parameters with(Parameters parameters, const Parameters& more) {
  for (const auto& [name, value] : more) parameters[name] = value;
  return parameters;
}

const Parameters uid{{"query_filter", "(mailLocalAddress=%s)"}, {"result_attribute", "uid"}};

INSTANTIATE_TEST_SUITE_P(
    LdapTable, LdapTableRow,
    testing::Values(
        Row{"members_through_groups_and_cycles",
            staff,
            "staff@example.com",
            {"mvegas@example.com", "vegas@example.com", "away@example.com"}},
        Row{"terminal_attribute_ends_it", with(staff, {{"terminal_result_attribute", "cn"}}), "staff", {"staff"}},
        Row{"format",
            with(uid, {{"result_format", "smtp:[%s.internal]"}}),
            "away@example.com",
            {"smtp:[away.internal]"}},
        Row{"format_of_value_and_key",
            {{"query_filter", "(mailLocalAddress=%s)"},
             {"result_attribute", "mailRoutingAddress"},
             {"result_format", "%u at %d for %U (%1)"}},
            "away@example.com",
            {"away at elsewhere.example for away (com)"}},
        Row{"format_skips_a_value_without_domain", with(uid, {{"result_format", "%d"}}), "away@example.com", {}},
        Row{"domain", with(uid, {{"domain", "example.org, Example.com"}}), "away@example.com", {"away"}},
        Row{"another_domain", with(uid, {{"domain", "example.org"}}), "away@example.com", {}},
        Row{"domain_of_a_table",
            with(uid, {{"domain", "example.org, inline:{example.com=x}"}}),
            "away@Example.com",
            {"away"}},
        Row{"domain_of_another_table", with(uid, {{"domain", "inline:{example.org=x}"}}), "away@example.com", {}},
        Row{"domain_wants_full_addresses", with(staff, {{"domain", "example.com"}}), "staff", {}},
        Row{"base_from_the_key", with(uid, {{"search_base", "ou=People,dc=%2,dc=%1"}}), "away@example.com", {"away"}},
        Row{"missing_base_from_the_key",
            with(uid, {{"search_base", "ou=%u,dc=example,dc=com"}}),
            "away@example.com",
            {}},
        Row{"no_label_no_question", with(uid, {{"search_base", "dc=%3,dc=example,dc=com"}}), "away@example.com", {}},
        Row{"scope_one", with(uid, {{"scope", "one"}}), "away@example.com", {}},
        Row{"several_entries", with(uid, {}), "twin@example.com", {"twin1", "twin2"}}),
    [](const auto& test) { return std::string(test.param.name); });

struct FaultRow {
  const char* name;
  Parameters parameters;
  lookup::Unavailable reason;
};

class LdapTableFault : public testing::TestWithParam<FaultRow> {};

TEST_P(LdapTableFault, is_unavailable_not_absent) {
  EXPECT_EQ(ask(GetParam().parameters, "staff").reason, GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    LdapTable, LdapTableFault,
    testing::Values(FaultRow{"expansion_limit", with(staff, {{"expansion_limit", "2"}, {"size_limit", "9"}}),
                             lookup::Unavailable::too_many_results},
                    FaultRow{"recursion_limit", with(staff, {{"recursion_limit", "1"}}),
                             lookup::Unavailable::too_many_results},
                    FaultRow{"size_limit",
                             {{"query_filter", "(uid=*)"}, {"result_attribute", "uid"}, {"size_limit", "3"}},
                             lookup::Unavailable::too_many_results},
                    FaultRow{"missing_base", {{"search_base", "dc=none"}}, lookup::Unavailable::misconfigured}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(LdapTable, reads_a_postfix_file) {
  const auto parameters = lookup::read_cf(
      "# people\n"
      "server_host = ldap1.example.com,\n"
      "   ldaps://ldap2.example.com:1636\n"
      "server_port = 1389\n"
      "\n"
      "search_base=dc=example,dc=com\r\n"
      "query_filter = (&(mail=%s)\n\t(objectClass=*))\n"
      "bind = yes\nbind_dn = cn=a\nbind_pw = b\nversion = 3\ntimeout = 5\nstart_tls = yes\ntls_require_cert = yes\n"
      "tls_ca_cert_file = /ca.pem\ncache = yes\n");
  ASSERT_TRUE(parameters.has_value()) << parameters.error();
  const auto options = lookup::parse_ldap_table(*parameters);
  ASSERT_TRUE(options.has_value()) << options.error();
  EXPECT_EQ(options->ldap.servers, (Values{"ldap://ldap1.example.com:1389", "ldaps://ldap2.example.com:1636"}));
  EXPECT_EQ(options->query_filter, "(&(mail=%s) (objectClass=*))");
  EXPECT_EQ(options->ldap.bind, lookup::LdapBind::simple);
  EXPECT_EQ(options->ldap.tls, lookup::LdapTls::starttls);
  EXPECT_EQ(options->ldap.verify, lookup::VerifyCertificate::yes);
  EXPECT_EQ(options->ldap.search_timeout, std::chrono::seconds(5));
  EXPECT_EQ(options->warnings, (Values{"cache has no effect"}));
}

TEST(LdapTable, reads_the_legacy_form) {
  const auto parameters =
      lookup::legacy_parameters({{"people_server_host", "h"}, {"people_bind", "no"}, {"other_bind", "yes"}}, "people");
  EXPECT_EQ(parameters, (Parameters{{"server_host", "h"}, {"bind", "no"}}));
}

TEST(LdapTable, names_what_is_wrong) {
  const auto error = [](const Parameters& parameters) { return lookup::parse_ldap_table(parameters).error(); };
  EXPECT_NE(error({{"serch_base", "x"}}).find("serch_base"), std::string::npos);
  EXPECT_NE(error({{"scope", "all"}}).find("scope"), std::string::npos);
  EXPECT_NE(error({{"query_filter", "(a=%s"}}).find("query_filter"), std::string::npos);
  EXPECT_NE(error({{"query_filter", "(a=%x)"}}).find("query_filter"), std::string::npos);
  EXPECT_NE(error({{"timeout", "soon"}}).find("timeout"), std::string::npos);
  EXPECT_NE(error({{"domain", "/nonexistent/domains"}}).find("domain: "), std::string::npos);
  EXPECT_NE(error({{"domain", "ldap:/x.cf"}}).find("cannot be asked here"), std::string::npos);
  EXPECT_NE(error({{"domain", "hash:/nonexistent/domains"}}).find("cannot be opened"), std::string::npos);
  EXPECT_NE(lookup::read_cf("a = b\nnonsense\n").error().find("line 2"), std::string::npos);
}

TEST(LdapTable, defaults_are_those_of_postfix_but_for_the_version) {
  const auto options = lookup::parse_ldap_table({});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->ldap.servers, Values{"ldap://localhost:389"});
  EXPECT_EQ(options->query_filter, "(mailacceptinggeneralid=%s)");
  EXPECT_EQ(options->result_attribute, Values{"maildrop"});
  EXPECT_EQ(options->ldap.version, 3);
  EXPECT_EQ(options->recursion_limit, 1000);
  EXPECT_EQ(options->ldap.verify, lookup::VerifyCertificate::no);
}

}  // namespace
