// The order in which each map is asked for an address, and the examples that administrators start from.
#include <gtest/gtest.h>

#include "gateway/resolve/expansion.hpp"
#include "gateway/resolve/recipient_search.hpp"
#include "gateway/resolve/rewriting.hpp"
#include "lookup/open_table.hpp"
#include "tests/gateway/resolve_fixture.hpp"

namespace {

using gateway::AddressMaps;
using gateway::AddressRules;
using gateway::Envelope;
using gateway::ExpansionResult;
using gateway::Services;
using gateway::testing::SmallCompany;

/// Knows nothing and remembers what it was asked.
class AskedTable final : public lookup::Table {
 public:
  std::optional<lookup::Answer> find_now(std::string_view key) const override {
    keys += (keys.empty() ? "" : " ") + std::string(key);
    return lookup::Answer::absent();
  }
  const std::string& name() const override { return name_; }
  mutable std::string keys;

 private:
  std::string name_ = "asked";
};

struct KeysCase {
  const char* name;
  AddressMaps AddressRules::*map;
  const char* address;  // sender for sender maps, else recipient
  const char* keys;
};

class KeyOrder : public testing::TestWithParam<KeysCase> {};

TEST_P(KeyOrder, is_that_of_postfix) {
  SmallCompany company;
  auto table = std::make_shared<AskedTable>();
  company.rules().*GetParam().map = {{"asked", table, nullptr}};
  gateway::Resolution resolution;
  const auto address = lookup::split_address(GetParam().address);
  const auto as_sender =
      gateway::rewrite_envelope_address(resolution, company.rules(), address, Services::Role::sender);
  gateway::Resolution second;
  const auto as_recipient =
      gateway::rewrite_envelope_address(second, company.rules(), address, Services::Role::recipient);
  ASSERT_TRUE(as_sender && as_recipient);
  if (table->keys.empty()) {
    Envelope envelope;
    envelope.sender = GetParam().map == &AddressRules::sender_bcc || GetParam().map == &AddressRules::sender_relayhost
                          ? address
                          : lookup::Address{"s", "out.example"};
    envelope.recipients.emplace_back().address =
        GetParam().map == &AddressRules::sender_relayhost ? lookup::Address{"r", "far.example"} : address;
    gateway::Resolution third;
    ASSERT_TRUE(gateway::expand_recipients(third, company.rules(), envelope, {}));
  }
  if (table->keys.empty()) {
    gateway::Resolution fourth;
    ASSERT_TRUE(gateway::rewrite_generic(fourth, company.rules(), address));
  }
  // Both roles ask canonical: once is enough to see.
  const std::string wanted = GetParam().keys;
  EXPECT_TRUE(table->keys == wanted || table->keys == wanted + " " + wanted) << table->keys;
}

constexpr const char* away = "Joe+X@Sub.Far.Example";
constexpr const char* away_keys = "joe+x@sub.far.example joe@sub.far.example @sub.far.example";
constexpr const char* here = "joe+x@mx.example.com";
constexpr const char* here_keys = "joe+x@mx.example.com joe@mx.example.com joe+x joe @mx.example.com";

INSTANTIATE_TEST_SUITE_P(
    Maps, KeyOrder,
    testing::Values(KeysCase{"canonical", &AddressRules::canonical, away, away_keys},
                    KeysCase{"canonical_of_a_local_domain", &AddressRules::canonical, here, here_keys},
                    KeysCase{"sender_canonical", &AddressRules::sender_canonical, away, away_keys},
                    KeysCase{"recipient_canonical", &AddressRules::recipient_canonical, away, away_keys},
                    KeysCase{"generic", &AddressRules::generic, away, away_keys},
                    KeysCase{"generic_of_a_local_domain", &AddressRules::generic, here, here_keys},
                    KeysCase{"virtual_aliases", &AddressRules::virtual_aliases, away, away_keys},
                    KeysCase{"virtual_aliases_of_a_local_domain", &AddressRules::virtual_aliases, here, here_keys},
                    KeysCase{"local_aliases", &AddressRules::local_aliases, here, "joe+x joe"},
                    KeysCase{"relocated", &AddressRules::relocated, away, away_keys},
                    KeysCase{"transport", &AddressRules::transport, away,
                             "joe+x@sub.far.example joe@sub.far.example sub.far.example .far.example .example *"},
                    KeysCase{"sender_bcc", &AddressRules::sender_bcc, away, away_keys},
                    KeysCase{"recipient_bcc", &AddressRules::recipient_bcc, away, away_keys},
                    KeysCase{"sender_relayhost", &AddressRules::sender_relayhost, away, away_keys},
                    KeysCase{"alias_senders", &AddressRules::alias_senders, away, away_keys}),
    [](const auto& row) { return std::string(row.param.name); });

/// A table as administrators write it.
AddressMaps text(const std::string& content) {
  auto opened = lookup::open_table_content("hash", content, "text");
  EXPECT_TRUE(opened);
  return opened ? AddressMaps{{"text", opened->table, nullptr}} : AddressMaps{};
}

std::string expanded(SmallCompany& company, const std::string& recipient) {
  Envelope envelope;
  envelope.sender = {"s", "out.example"};
  envelope.recipients.emplace_back().address = lookup::split_address(recipient);
  gateway::Resolution resolution;
  const auto result = gateway::expand_recipients(resolution, company.rules(), envelope, {});
  if (!result || !*result) return "refused";
  std::string list = (*result)->envelope.sender.to_string() + ":";
  for (const auto& each : (*result)->envelope.recipients) list += " " + each.address.to_string();
  return list;
}

TEST(Examples, etc_aliases_leads_from_postmaster_over_root_to_a_person) {
  SmallCompany company;
  company.rules().local_aliases = text(
      "# /etc/aliases\nmailer-daemon: postmaster\npostmaster: root\nnobody: root\nabuse: root\nsecurity: root\n"
      "root: toto\n");
  company.rules().local_users = SmallCompany::maps({{"toto", "toto:x:1000:1000::/srv/mail/toto:/bin/sh"}});
  for (const char* name : {"mailer-daemon", "postmaster", "Abuse", "root"})
    EXPECT_EQ(expanded(company, std::string(name) + "@mx.example.com"), "s@out.example: toto@mx.example.com");
}

TEST(Examples, virtual_leads_from_addresses_of_domains_to_accounts) {
  SmallCompany company;
  company.rules().virtual_aliases = text("toto@alias.example toto\ntiti@alias.example chti\ntutu@alias.example tutu\n");
  company.rules().local_users = SmallCompany::maps({{"chti", "chti:x:1000:1000::/srv/mail/chti:/bin/sh"}});
  EXPECT_EQ(expanded(company, "titi@alias.example"), "s@out.example: chti@mx.example.com");
}

TEST(Examples, a_hosted_domain_has_a_list_a_forward_and_a_catch_all) {
  SmallCompany company;
  company.rules().virtual_aliases = text(
      "social@alias.example pomme@far.example, poire@far.example\nabuse@alias.example contact@admin.example\n"
      "@alias.example @far.example\n");
  EXPECT_EQ(expanded(company, "social@alias.example"), "s@out.example: pomme@far.example poire@far.example");
  EXPECT_EQ(expanded(company, "abuse@alias.example"), "s@out.example: contact@admin.example");
  EXPECT_EQ(expanded(company, "whoever@alias.example"), "s@out.example: whoever@far.example");
}

TEST(Examples, a_mailing_list_has_an_owner) {
  SmallCompany company;
  company.rules().local_aliases =
      text("xx: user1@domain1.example user2@domain2.example\nowner-xx: admin@domain.example\n");
  EXPECT_EQ(expanded(company, "xx@mx.example.com"),
            "owner-xx@mx.example.com: user1@domain1.example user2@domain2.example");
  company.config->aliases.expand_owner_alias = true;
  EXPECT_EQ(expanded(company, "xx@mx.example.com"),
            "admin@domain.example: user1@domain1.example user2@domain2.example");
}

TEST(Examples, masquerading_spares_root_and_admin_and_takes_the_default_classes) {
  SmallCompany company;
  auto& masquerade = company.config->rewrite.masquerade;
  masquerade.domains = {"example.com"};
  masquerade.exceptions = {"root", "admin"};
  const auto envelope = [&](const std::string& address, Services::Role role) {
    gateway::Resolution resolution;
    return (*gateway::rewrite_envelope_address(resolution, company.rules(), lookup::split_address(address), role))
        ->to_string();
  };
  EXPECT_EQ(envelope("lea@pc7.example.com", Services::Role::sender), "lea@example.com");
  EXPECT_EQ(envelope("admin@pc7.example.com", Services::Role::sender), "admin@pc7.example.com");
  EXPECT_EQ(envelope("lea@pc7.example.com", Services::Role::recipient), "lea@pc7.example.com");
}

TEST(Examples, luser_relay_takes_the_mail_of_unknown_users) {
  SmallCompany company;
  company.config->luser_relay = "spam@far.example";
  EXPECT_EQ(expanded(company, "nosuchuser@mx.example.com"), "s@out.example: spam@far.example");
}

}  // namespace
