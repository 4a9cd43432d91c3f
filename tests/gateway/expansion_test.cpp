#include "gateway/resolve/expansion.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "gateway/resolve/rewriting.hpp"
#include "tests/gateway/resolve_fixture.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace {

using gateway::Delivery;
using gateway::Envelope;
using gateway::ExpansionResult;
using gateway::testing::MapTable;
using gateway::testing::SmallCompany;

ExpansionResult expand(SmallCompany& company, const std::vector<std::string>& recipients) {
  Envelope envelope;
  envelope.sender = {"s", "out.example"};
  for (const auto& text : recipients) {
    gateway::EnvelopeRecipient recipient;
    recipient.address = lookup::split_address(text);
    envelope.recipients.push_back(recipient);
  }
  ExpansionResult result = tl::unexpected(gateway::Refusal{});
  gateway::run_resolution<ExpansionResult>(
      std::make_shared<gateway::Resolution>(),
      [&](gateway::Resolution& resolution) {
        return gateway::expand_recipients(resolution, company.rules(), envelope, {});
      },
      [&](ExpansionResult expanded) { result = std::move(expanded); });
  return result;
}

std::vector<std::string> addresses(const ExpansionResult& result) {
  std::vector<std::string> list;
  if (!result) return {"refused: " + result.error().text};
  for (const auto& recipient : result->envelope.recipients) list.push_back(recipient.address.to_string());
  return list;
}

using List = std::vector<std::string>;

TEST(Expansion, replaces_an_alias_by_its_list_and_remembers_the_original) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({{"team@alias.example", "alice@example.com, bob@far.example"}});
  const auto result = expand(company, {"team@alias.example"});
  EXPECT_EQ(addresses(result), (List{"alice@example.com", "bob@far.example"}));
  EXPECT_EQ(result->envelope.recipients[0].original, "team@alias.example");
  EXPECT_EQ(result->deliveries[0].kind, Delivery::Kind::maildir);
  EXPECT_EQ(result->deliveries[1].kind, Delivery::Kind::relay);
}

TEST(Expansion, follows_aliases_of_aliases_and_drops_duplicates) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({{"a@alias.example", "b@alias.example, alice@example.com"},
                                                        {"b@alias.example", "alice@example.com, c@far.example"}});
  EXPECT_EQ(addresses(expand(company, {"a@alias.example", "alice@example.com"})),
            (List{"alice@example.com", "c@far.example"}));
}

TEST(Expansion, ends_a_circle_of_aliases) {
  SmallCompany company;
  company.rules().virtual_aliases =
      SmallCompany::maps({{"a@alias.example", "b@alias.example"}, {"b@alias.example", "a@alias.example"}});
  const auto result = expand(company, {"a@alias.example"});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->deliveries.size(), 1u);
  EXPECT_EQ(result->deliveries[0].kind, Delivery::Kind::fail);
  EXPECT_EQ(result->deliveries[0].dsn, "5.4.6");
}

TEST(Expansion, delivers_to_the_mailbox_of_an_address_that_maps_onto_itself) {
  SmallCompany company;
  company.rules().virtual_aliases =
      SmallCompany::maps({{"alice@example.com", "alice@example.com, archive@far.example"}});
  EXPECT_EQ(addresses(expand(company, {"alice@example.com"})), (List{"alice@example.com", "archive@far.example"}));
}

TEST(Expansion, ends_a_directory_entry_that_forwards_to_itself_at_its_mailbox) {
  SmallCompany company;
  company.directory->people["alice@example.com"].forward = {"alice@example.com"};
  const auto result = expand(company, {"alice@example.com"});
  ASSERT_EQ(addresses(result), List{"alice@example.com"});
  EXPECT_EQ(result->deliveries[0].path, "/srv/mail/alice/");
}

TEST(Expansion, keeps_a_copy_beside_the_forward_when_the_entry_says_so) {
  SmallCompany company;
  company.directory->people["alice@example.com"].forward = {"alice@home.example"};
  company.directory->people["alice@example.com"].keep_copy = true;
  EXPECT_EQ(addresses(expand(company, {"alice@example.com"})), (List{"alice@example.com", "alice@home.example"}));
}

TEST(Expansion, takes_the_members_of_a_directory_group) {
  SmallCompany company;
  lookup::DirectoryEntry group;
  group.is_group = true;
  group.members = {"alice@example.com", "group@example.com", "bob@far.example"};
  company.directory->people["group@example.com"] = group;
  EXPECT_EQ(addresses(expand(company, {"group@example.com"})), (List{"alice@example.com", "bob@far.example"}));
}

TEST(Expansion, completes_bare_names_with_myorigin) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({{"a@alias.example", "root"}});
  EXPECT_EQ(addresses(expand(company, {"a@alias.example"})), List{"root@mx.example.com"});
}

TEST(Expansion, refuses_for_now_when_a_map_cannot_be_asked) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({}, MapTable::Speed::broken);
  const auto result = expand(company, {"alice@example.com"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, 451);
}

TEST(Expansion, refuses_for_now_beyond_the_expansion_limit) {
  SmallCompany company;
  company.config->aliases.expansion_limit = 3;
  company.rules().virtual_aliases =
      SmallCompany::maps({{"a@alias.example", "1@far.example, 2@far.example, 3@far.example, 4@far.example"}});
  EXPECT_EQ(addresses(expand(company, {"a@alias.example"})), List{"refused: Alias expansion error"});
}

TEST(Expansion, drops_dev_null_and_refuses_commands_and_files) {
  SmallCompany company;
  company.rules().local_aliases =
      SmallCompany::maps({{"nobody", "/dev/null"}, {"prog", "\"|/bin/cat\""}, {"file", "/var/tmp/x"}});
  const auto dropped = expand(company, {"nobody@mx.example.com"});
  ASSERT_TRUE(dropped);
  EXPECT_TRUE(dropped->deliveries.empty());
  for (const auto* name : {"prog@mx.example.com", "file@mx.example.com"}) {
    const auto refused = expand(company, {name});
    ASSERT_EQ(refused->deliveries.size(), 1u);
    EXPECT_EQ(refused->deliveries[0].dsn, "5.7.1");
  }
}

TEST(Expansion, of_a_large_group_through_a_slow_table_needs_few_rounds) {
  SmallCompany company;
  std::map<std::string, std::string> entries;
  std::string members;
  for (int i = 0; i < 900; ++i) members += "m" + std::to_string(i) + "@far.example, ";
  entries["all@alias.example"] = members;
  const auto table = std::make_shared<MapTable>(entries, MapTable::Speed::later);
  company.rules().virtual_aliases = {{"slow", table, nullptr}};
  EXPECT_EQ(addresses(expand(company, {"all@alias.example"})).size(), 900u);
  EXPECT_LE(table->asked, 2 * 901 + 2);  // each address and its catch-all once
}

TEST(Bcc, copies_go_to_always_sender_and_recipient_addresses) {
  SmallCompany company;
  company.config->bcc.always = "journal@far.example";
  company.rules().sender_bcc = SmallCompany::maps({{"s@out.example", "sender-copy@far.example"}});
  company.rules().recipient_bcc = SmallCompany::maps({{"@example.com", "recipient-copy@far.example"}});
  EXPECT_EQ(
      addresses(expand(company, {"alice@example.com"})),
      (List{"alice@example.com", "journal@far.example", "sender-copy@far.example", "recipient-copy@far.example"}));
}

TEST(Bcc, is_never_left_out_because_its_map_is_away) {
  SmallCompany company;
  company.rules().sender_bcc = SmallCompany::maps({}, MapTable::Speed::broken);
  EXPECT_EQ(addresses(expand(company, {"alice@example.com"})), List{"refused: Temporary lookup failure"});
}

/// "sender: recipients" of each message that comes of it.
List messages(const ExpansionResult& result) {
  if (!result) return {"refused: " + result.error().text};
  const auto line = [](const gateway::Services::Expansion& message) {
    std::string text = "<" + message.envelope.sender.to_string() + ">";
    for (const auto& recipient : message.envelope.recipients) text += " " + recipient.address.to_string();
    if (message.content == gateway::Services::Expansion::Content::journal_report) text += " (report)";
    EXPECT_EQ(message.envelope.recipients.size(), message.deliveries.size());
    return text;
  };
  List lines{line(*result)};
  for (const auto& other : result->others) lines.push_back(line(other));
  return lines;
}

TEST(Owner, sends_to_the_members_of_its_list) {
  SmallCompany company;
  company.rules().local_aliases =
      SmallCompany::maps({{"list", "a@far.example, b@far.example"}, {"owner-list", "keeper@far.example"}});
  EXPECT_EQ(messages(expand(company, {"list@mx.example.com"})),
            List{"<owner-list@mx.example.com> a@far.example b@far.example"});
}

TEST(Owner, leaves_other_recipients_to_the_sender_in_a_message_of_their_own) {
  SmallCompany company;
  company.rules().local_aliases = SmallCompany::maps(
      {{"list", "a@far.example, alice@example.com"}, {"owner-list", "keeper@far.example"}, {"other", "c@far.example"}});
  EXPECT_EQ(messages(expand(company, {"alice@example.com", "list@mx.example.com", "other@mx.example.com"})),
            (List{"<s@out.example> alice@example.com c@far.example", "<owner-list@mx.example.com> a@far.example"}));
}

TEST(Owner, of_an_inner_list_holds_for_its_members) {
  SmallCompany company;
  company.rules().local_aliases = SmallCompany::maps({{"outer", "a@far.example, inner, z@far.example"},
                                                      {"inner", "b@far.example"},
                                                      {"owner-outer", "x@far.example"},
                                                      {"owner-inner", "y@far.example"}});
  EXPECT_EQ(
      messages(expand(company, {"outer@mx.example.com"})),
      (List{"<owner-outer@mx.example.com> a@far.example z@far.example", "<owner-inner@mx.example.com> b@far.example"}));
}

TEST(Owner, of_a_directory_group_is_an_address_beside_it) {
  SmallCompany company;
  lookup::DirectoryEntry group;
  group.is_group = true;
  group.members = {"bob@far.example"};
  company.directory->people["group@example.com"] = group;
  EXPECT_EQ(messages(expand(company, {"group@example.com"})), List{"<s@out.example> bob@far.example"});
  company.directory->people["owner-group@example.com"] = company.directory->people["alice@example.com"];
  EXPECT_EQ(messages(expand(company, {"group@example.com"})), List{"<owner-group@example.com> bob@far.example"});
}

TEST(Owner, is_expanded_or_ignored_as_the_configuration_says) {
  SmallCompany company;
  company.rules().local_aliases = SmallCompany::maps({{"list", "a@far.example"}, {"owner-list", "keeper@far.example"}});
  company.config->aliases.expand_owner_alias = true;
  EXPECT_EQ(messages(expand(company, {"list@mx.example.com"})), List{"<keeper@far.example> a@far.example"});
  company.config->aliases.owner_request_special = false;
  EXPECT_EQ(messages(expand(company, {"list@mx.example.com"})), List{"<s@out.example> a@far.example"});
}

TEST(Owner, does_not_exist_for_virtual_aliases_as_in_postfix) {
  SmallCompany company;
  company.rules().virtual_aliases =
      SmallCompany::maps({{"list@alias.example", "a@far.example"}, {"owner-list@alias.example", "k@far.example"}});
  EXPECT_EQ(messages(expand(company, {"list@alias.example"})), List{"<s@out.example> a@far.example"});
}

TEST(Journal, gets_a_report_from_nobody_beside_the_message) {
  SmallCompany company;
  company.config->bcc.journal = "journal@far.example";
  EXPECT_EQ(messages(expand(company, {"alice@example.com"})),
            (List{"<s@out.example> alice@example.com", "<> journal@far.example (report)"}));
}

struct RelayhostCase {
  const char* name;
  const char* sender;
  const char* recipient;
  const char* route;
  const char* nexthop;
};

class SenderRelayhost : public testing::TestWithParam<RelayhostCase> {};

TEST_P(SenderRelayhost, decides_the_way_of_mail_for_the_default_route) {
  SmallCompany company;
  company.rules().sender_relayhost = SmallCompany::maps({{"boss@example.com", "inside"},
                                                         {"@branch.example", "[10.1.0.1]:25"},
                                                         {"<>", "[10.1.0.2]"},
                                                         {"plain@branch.example", "DUNNO"}});
  Envelope envelope;
  envelope.sender = lookup::split_address(GetParam().sender);
  envelope.recipients.emplace_back().address = lookup::split_address(GetParam().recipient);
  gateway::Resolution resolution;
  const auto result = gateway::expand_recipients(resolution, company.rules(), envelope, {});
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->deliveries[0].route, GetParam().route);
  EXPECT_EQ((*result)->deliveries[0].nexthop, GetParam().nexthop);
}

INSTANTIATE_TEST_SUITE_P(
    Senders, SenderRelayhost,
    testing::Values(RelayhostCase{"route_by_address", "boss+x@example.com", "a@far.example", "inside", ""},
                    RelayhostCase{"host_by_domain", "x@branch.example", "a@far.example", "default", "[10.1.0.1]:25"},
                    RelayhostCase{"null_sender", "", "a@far.example", "default", "[10.1.0.2]"},
                    RelayhostCase{"dunno", "plain@branch.example", "a@far.example", "default", ""},
                    RelayhostCase{"nobody", "x@other.example", "a@far.example", "default", ""},
                    RelayhostCase{"domain_with_a_route", "boss@example.com", "a@relay.example", "inside", ""},
                    RelayhostCase{"domain_with_a_route_and_host", "x@branch.example", "a@relay.example", "inside", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Expansion, of_a_group_of_10000_needs_little_time_and_no_limit_of_aliases) {
  SmallCompany company;
  lookup::DirectoryEntry group;
  group.is_group = true;
  for (int i = 0; i < 10000; ++i) group.members.push_back("m" + std::to_string(i) + "@far.example");
  group.members.push_back("m1@far.example");
  company.directory->people["all@example.com"] = group;
  const auto begin = std::chrono::steady_clock::now();
  const auto result = expand(company, {"all@example.com"});
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(addresses(result).size(), 10000u);
  EXPECT_TRUE(result->others.empty());
  EXPECT_LT(took, std::chrono::seconds(10)) << "far above what a machine under load needs; linear, not quadratic";
}

TEST(Expansion, ends_an_include_file_that_includes_itself) {
  SmallCompany company;
  const gateway::testing::TempFolder folder;
  const auto path = (folder.path / "list").string();
  std::ofstream(path) << "a@far.example\n:include:" << path << "\n";
  company.rules().local_aliases = SmallCompany::maps({{"list", ":include:" + path}});
  company.config->aliases.expansion_limit = 100000;
  EXPECT_EQ(addresses(expand(company, {"list@mx.example.com"})), List{"refused: Alias expansion error"});
}

struct ExtensionCase {
  const char* name;
  const char* kinds;
  const char* recipient;
  const char* result;
};

class UnmatchedExtensions : public testing::TestWithParam<ExtensionCase> {};

TEST_P(UnmatchedExtensions, go_over_where_they_are_propagated) {
  SmallCompany company;
  company.config->rewrite.propagate_unmatched_extensions = {GetParam().kinds};
  company.rules().virtual_aliases = SmallCompany::maps({{"joe@alias.example", "jane@far.example"}});
  company.rules().local_aliases = SmallCompany::maps({{"joe", "jane@far.example"}});
  company.directory->people["alice@example.com"].forward = {"jane@far.example"};
  EXPECT_EQ(addresses(expand(company, {GetParam().recipient})), List{GetParam().result});
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, UnmatchedExtensions,
    testing::Values(ExtensionCase{"virtual_yes", "virtual", "joe+x@alias.example", "jane+x@far.example"},
                    ExtensionCase{"virtual_no", "alias", "joe+x@alias.example", "jane@far.example"},
                    ExtensionCase{"alias_yes", "alias", "joe+x@mx.example.com", "jane+x@far.example"},
                    ExtensionCase{"alias_no", "virtual", "joe+x@mx.example.com", "jane@far.example"},
                    ExtensionCase{"forward_yes", "forward", "alice+x@example.com", "jane+x@far.example"},
                    ExtensionCase{"forward_no", "virtual", "alice+x@example.com", "jane@far.example"}),
    [](const auto& row) { return std::string(row.param.name); });

std::string rewritten(SmallCompany& company, const std::string& text, gateway::Services::Role role) {
  gateway::Resolution resolution;
  const auto result = gateway::rewrite_envelope_address(resolution, company.rules(), lookup::split_address(text), role);
  return result && *result ? (*result)->to_string() : "unavailable";
}

TEST(Rewriting, maps_canonical_addresses_and_whole_domains) {
  SmallCompany company;
  using Role = gateway::Services::Role;
  company.rules().sender_canonical =
      SmallCompany::maps({{"root@srv1.example.com", "admin@example.com"}, {"@srv1.example.com", "@example.com"}});
  EXPECT_EQ(rewritten(company, "root@srv1.example.com", Role::sender), "admin@example.com");
  EXPECT_EQ(rewritten(company, "joe@srv1.example.com", Role::sender), "joe@example.com");
  EXPECT_EQ(rewritten(company, "joe@srv1.example.com", Role::recipient), "joe@srv1.example.com");
  EXPECT_EQ(rewritten(company, "joe", Role::sender), "joe@mx.example.com");
  EXPECT_EQ(rewritten(company, "", Role::sender), "");
}

TEST(Rewriting, masquerades_hosts_below_a_domain_but_not_the_exceptions) {
  gateway::config::Masquerade settings;
  settings.domains = {"!keep.example.com", "example.com"};
  settings.exceptions = {"root"};
  const auto masked = [&](const std::string& text) {
    auto address = lookup::split_address(text);
    gateway::masquerade(address, settings);
    return address.to_string();
  };
  EXPECT_EQ(masked("joe@a.b.example.com"), "joe@example.com");
  EXPECT_EQ(masked("root@a.example.com"), "root@a.example.com");
  EXPECT_EQ(masked("joe@x.keep.example.com"), "joe@x.keep.example.com");
  EXPECT_EQ(masked("joe@other.example"), "joe@other.example");
}

}  // namespace
