#include "gateway/resolve/expansion.hpp"

#include <gtest/gtest.h>

#include "gateway/resolve/rewriting.hpp"
#include "tests/gateway/resolve_fixture.hpp"

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

TEST(Expansion, keeps_allowed_commands_and_files_of_local_aliases_beside_each_other) {
  SmallCompany company;
  company.config->mailboxes.local.allow_mail_to_commands = company.config->mailboxes.local.allow_mail_to_files = true;
  company.rules().local_aliases =
      SmallCompany::maps({{"desk", "\"|/bin/cat -v\", |/bin/true, /var/tmp/x, alice@example.com"}});
  const auto found = expand(company, {"desk@mx.example.com"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->deliveries.size(), 4u);
  EXPECT_EQ(found->deliveries[0].kind, Delivery::Kind::command);
  EXPECT_EQ(found->deliveries[0].path, "/bin/cat -v");
  EXPECT_EQ(found->deliveries[1].path, "/bin/true");
  EXPECT_EQ(found->deliveries[2].kind, Delivery::Kind::file);
  EXPECT_EQ(found->deliveries[2].path, "/var/tmp/x");
  const auto& recipients = found->envelope.recipients;
  EXPECT_EQ(recipients[0].address.to_string(), "desk@mx.example.com");
  EXPECT_EQ(recipients[0].target, "\"|/bin/cat -v\"");  // what a later attempt starts from
  EXPECT_EQ(recipients[3].address.to_string(), "alice@example.com");
  EXPECT_EQ(recipients[3].target, "");
}

TEST(Expansion, runs_no_command_that_somebody_else_wrote) {
  SmallCompany company;
  company.config->mailboxes.local.allow_mail_to_commands = company.config->mailboxes.local.allow_mail_to_files = true;
  company.rules().virtual_aliases = SmallCompany::maps({{"v@alias.example", "|/bin/cat"}});
  company.directory->people["alice@example.com"].forward = {"|/bin/cat", "/var/tmp/x"};
  for (const auto* name : {"v@alias.example", "alice@example.com"}) {
    const auto refused = expand(company, {name});
    ASSERT_TRUE(refused);
    for (const auto& delivery : refused->deliveries) EXPECT_EQ(delivery.dsn, "5.7.1") << name;
    for (const auto& recipient : refused->envelope.recipients) EXPECT_EQ(recipient.target, "");
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
