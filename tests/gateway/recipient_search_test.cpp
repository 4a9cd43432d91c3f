#include "gateway/resolve/recipient_search.hpp"

#include <gtest/gtest.h>

#include "gateway/resolve/posting.hpp"
#include "gateway/resolve/transport_result.hpp"
#include "tests/gateway/resolve_fixture.hpp"

namespace {

using gateway::Delivery;
using gateway::FollowAliases;
using gateway::RecipientSearch;
using gateway::testing::MapTable;
using gateway::testing::SmallCompany;

RecipientSearch search(SmallCompany& company, const std::string& address, FollowAliases aliases = FollowAliases::yes) {
  RecipientSearch result;
  gateway::run_resolution<RecipientSearch>(
      std::make_shared<gateway::Resolution>(),
      [&](gateway::Resolution& resolution) {
        return gateway::search_recipient(resolution, company.rules(), lookup::split_address(address), aliases);
      },
      [&](RecipientSearch found) { result = std::move(found); });
  return result;
}

TEST(RecipientSearch, finds_a_mailbox_by_the_home_of_the_directory) {
  SmallCompany company;
  const auto found = search(company, "Alice@Example.com");
  ASSERT_TRUE(found.answer.answer.is_found());
  EXPECT_EQ(found.answer.delivery.kind, Delivery::Kind::maildir);
  EXPECT_EQ(found.answer.delivery.path, "/srv/mail/alice/");
}

TEST(RecipientSearch, names_the_table_of_an_unknown_recipient) {
  SmallCompany company;
  EXPECT_EQ(search(company, "nobody@example.com").answer.answer.detail, "virtual mailbox");
  EXPECT_EQ(search(company, "nobody@alias.example").answer.answer.detail, "virtual alias");
  EXPECT_EQ(search(company, "nobody@mx.example.com").answer.answer.detail, "local recipient");
  company.rules().domains["relay.example"].recipients = SmallCompany::maps({});
  EXPECT_EQ(search(company, "nobody@relay.example").answer.answer.detail, "relay recipient");
}

TEST(RecipientSearch, finds_the_mailbox_of_an_extended_address) {
  SmallCompany company;
  const auto found = search(company, "alice+lists@example.com");
  ASSERT_TRUE(found.answer.answer.is_found());
  EXPECT_EQ(found.answer.delivery.path, "/srv/mail/alice/");
}

TEST(RecipientSearch, is_unavailable_and_not_absent_when_the_directory_is_gone) {
  SmallCompany company;
  company.directory->gone = true;
  EXPECT_TRUE(search(company, "alice@example.com").answer.answer.is_unavailable());
  EXPECT_TRUE(search(company, "nobody@example.com").answer.answer.is_unavailable());
}

TEST(RecipientSearch, is_unavailable_for_a_home_outside_the_base) {
  SmallCompany company;
  company.directory->people["alice@example.com"].home = "/etc/alice/";
  const auto found = search(company, "alice@example.com");
  EXPECT_TRUE(found.answer.answer.is_unavailable());
  EXPECT_NE(found.answer.answer.detail.find("uid=alice"), std::string::npos);
}

TEST(RecipientSearch, accepts_every_recipient_of_a_relay_domain_without_table) {
  SmallCompany company;
  const auto found = search(company, "anyone@relay.example");
  ASSERT_TRUE(found.answer.answer.is_found());
  EXPECT_EQ(found.answer.delivery.route, "inside");
}

TEST(RecipientSearch, relays_to_the_mail_host_of_the_entry) {
  SmallCompany company;
  company.directory->people["alice@example.com"].mail_host = "imap2.example.com";
  const auto found = search(company, "alice@example.com");
  EXPECT_EQ(found.answer.delivery.kind, Delivery::Kind::relay);
  EXPECT_EQ(found.answer.delivery.nexthop, "[imap2.example.com]");
}

TEST(RecipientSearch, delivers_here_when_the_mail_host_is_this_one) {
  SmallCompany company;
  company.directory->people["alice@example.com"].mail_host = "MX.example.com";
  EXPECT_EQ(search(company, "alice@example.com").answer.delivery.kind, Delivery::Kind::maildir);
}

TEST(RecipientSearch, follows_the_routing_address_without_a_remote_host) {
  SmallCompany company;
  company.directory->people["alice@example.com"].forward = {"alice@elsewhere.example"};
  const auto found = search(company, "alice@example.com");
  EXPECT_TRUE(found.answer.expands);
  EXPECT_EQ(found.targets, std::vector<std::string>{"alice@elsewhere.example"});
}

TEST(RecipientSearch, hands_the_routing_address_to_the_remote_host) {
  SmallCompany company;
  company.directory->people["alice@example.com"].forward = {"a2@inside.example"};
  company.directory->people["alice@example.com"].mail_host = "imap2.example.com";
  const auto found = search(company, "alice@example.com");
  EXPECT_TRUE(found.answer.expands);
  EXPECT_EQ(found.answer.delivery.nexthop, "[imap2.example.com]");
}

TEST(RecipientSearch, keeps_the_extension_that_an_alias_was_found_without) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({{"joe@alias.example", "alice@example.com"}});
  EXPECT_EQ(search(company, "joe+x@alias.example").targets, std::vector<std::string>{"alice+x@example.com"});
}

TEST(RecipientSearch, tries_the_keys_of_virtual_maps_in_postfixs_order) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps(
      {{"joe+x@alias.example", "first"}, {"joe@alias.example", "second"}, {"@alias.example", "third"}});
  EXPECT_EQ(search(company, "joe+x@alias.example").targets, std::vector<std::string>{"first"});
  EXPECT_EQ(search(company, "joe@alias.example").targets, std::vector<std::string>{"second"});
  EXPECT_EQ(search(company, "bob@alias.example").targets, std::vector<std::string>{"third"});
}

TEST(RecipientSearch, keeps_the_user_of_a_domain_to_domain_alias) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({{"@alias.example", "@example.com"}});
  EXPECT_EQ(search(company, "alice@alias.example").targets, std::vector<std::string>{"alice@example.com"});
}

TEST(RecipientSearch, asks_slow_tables_and_comes_to_the_same_answer) {
  SmallCompany company;
  company.rules().virtual_aliases =
      SmallCompany::maps({{"joe@alias.example", "alice@example.com"}}, MapTable::Speed::later);
  EXPECT_EQ(search(company, "joe@alias.example").targets, std::vector<std::string>{"alice@example.com"});
  EXPECT_TRUE(search(company, "alice@example.com").answer.answer.is_found());
}

TEST(RecipientSearch, does_not_look_past_a_map_that_is_unavailable) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({}, MapTable::Speed::broken);
  EXPECT_TRUE(search(company, "alice@example.com").answer.answer.is_unavailable());
}

struct LuserCase {
  const char* name;
  const char* text;
  const char* result;
};

class LuserRelay : public testing::TestWithParam<LuserCase> {};

TEST_P(LuserRelay, fills_in_what_postfix_fills_in) {
  EXPECT_EQ(gateway::expand_luser_relay(GetParam().text, {"joe+$domain", "mx.example.com"}, "+"), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(Names, LuserRelay,
                         testing::Values(LuserCase{"plain", "postmaster", "postmaster"},
                                         LuserCase{"user", "$user@far.example", "joe@far.example"},
                                         LuserCase{"braces", "unknown+${user}-$(extension)@x", "unknown+joe-$domain@x"},
                                         LuserCase{"local", "$local@x", "joe+$domain@x"},
                                         LuserCase{"domain_of_the_recipient_only", "all@$domain", "all@mx.example.com"},
                                         LuserCase{"same_user_elsewhere", "@far.example", "joe+$domain@far.example"},
                                         LuserCase{"delimiter", "a${recipient_delimiter}b@x", "a+b@x"},
                                         LuserCase{"unknown_name", "a$nothing@x", "a@x"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RecipientSearch, says_who_may_send_to_a_list) {
  SmallCompany company;
  company.rules().virtual_aliases = SmallCompany::maps({{"all@alias.example", "a@far.example, b@far.example"}});
  company.rules().alias_senders =
      SmallCompany::maps({{"all@alias.example", "boss@example.com, members"}, {"closed@alias.example", ""}});
  const auto allowed = search(company, "all@alias.example").answer.senders;
  EXPECT_EQ(allowed, (std::vector<std::string>{"boss@example.com", "a@far.example", "b@far.example", "members"}));
  EXPECT_TRUE(search(company, "alice@example.com").answer.senders.empty());
  company.rules().alias_senders = SmallCompany::maps({}, MapTable::Speed::broken);
  EXPECT_TRUE(search(company, "all@alias.example").answer.answer.is_unavailable());
}

struct PostingCase {
  const char* name;
  std::vector<std::string> senders;
  gateway::Poster poster;
  bool may;
};

class Posting : public testing::TestWithParam<PostingCase> {};

TEST_P(Posting, is_for_those_who_are_named) {
  EXPECT_EQ(gateway::may_post(GetParam().senders, GetParam().poster), GetParam().may);
}

const lookup::Address boss{"Boss", "Example.com"};
INSTANTIATE_TEST_SUITE_P(
    Lists, Posting,
    testing::Values(PostingCase{"everybody_without_a_list", {}, {boss}, true},
                    PostingCase{"nobody_with_an_empty_entry", {""}, {boss}, false},
                    PostingCase{"address_in_any_case", {"x@y.example", "boss@example.com"}, {boss}, true},
                    PostingCase{"other_address", {"boss@example.org"}, {boss}, false},
                    PostingCase{"domain", {"@EXAMPLE.com"}, {boss}, true},
                    PostingCase{"subdomain_is_another", {"@com"}, {boss}, false},
                    PostingCase{"null_sender", {"@example.com"}, {{}}, false},
                    PostingCase{"mynetworks", {"mynetworks"}, {{}, true, false}, true},
                    PostingCase{"not_mynetworks", {"mynetworks"}, {boss, false, true}, false},
                    PostingCase{"authenticated", {"authenticated"}, {boss, false, true}, true},
                    PostingCase{"not_authenticated", {"authenticated"}, {boss, true, false}, false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(RecipientSearch, tells_where_a_relocated_user_has_gone) {
  SmallCompany company;
  company.rules().relocated = SmallCompany::maps({{"alice@example.com", "alice@new.example"}});
  const auto found = search(company, "alice@example.com");
  EXPECT_TRUE(found.answer.answer.is_absent());
  EXPECT_TRUE(found.answer.relocated);
  EXPECT_EQ(found.answer.answer.joined(), "alice@new.example");
}

struct TransportCase {
  std::string name, key, value, address, kind_route_nexthop;
};

class Transport : public ::testing::TestWithParam<TransportCase> {};

TEST_P(Transport, decides_where_a_recipient_goes) {
  const auto& row = GetParam();
  SmallCompany company;
  company.rules().transport = SmallCompany::maps({{row.key, row.value}});
  const auto delivery = search(company, row.address).answer.delivery;
  const char* kinds[] = {"maildir", "relay", "discard", "defer", "fail"};
  EXPECT_EQ(std::string(kinds[static_cast<int>(delivery.kind)]) + "|" + delivery.route + "|" + delivery.nexthop + "|" +
                delivery.dsn + "|" + delivery.reply,
            row.kind_route_nexthop);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, Transport,
    ::testing::Values(
        TransportCase{"user", "bob@far.example", "smtp:[10.0.0.1]:26", "bob@far.example",
                      "relay|default|[10.0.0.1]:26||"},
        TransportCase{"domain", "far.example", "inside", "bob@far.example", "relay|inside|||"},
        TransportCase{"parent_domain", ".example", ":[h.example]", "bob@far.example", "relay|default|[h.example]||"},
        TransportCase{"star", "*", "smtp:[smart.example]", "bob@far.example", "relay|default|[smart.example]||"},
        TransportCase{"error", "far.example", "error:5.7.1 closed", "bob@far.example", "fail|||5.7.1|closed"},
        TransportCase{"retry", "far.example", "retry:later", "bob@far.example", "defer|||4.0.0|later"},
        TransportCase{"discard", "far.example", "discard:", "bob@far.example", "discard|default|||"},
        TransportCase{"absent", "other.example", "inside", "bob@far.example", "relay|default|||"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
