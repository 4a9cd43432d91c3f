#include "lookup/entry_store.hpp"

#include <gtest/gtest.h>

namespace {

using lookup::Scope;

std::shared_ptr<const lookup::EntryStore> company() {
  lookup::EntryStore::Builder builder({"mail", "uid"});
  const auto add = [&](std::string dn, std::vector<std::pair<std::string, std::string>> values) {
    lookup::Entry entry;
    entry.name = std::move(dn);
    for (auto& [name, value] : values) entry.add(name, std::move(value));
    EXPECT_TRUE(builder.add(entry));
  };
  add("dc=example,dc=com", {{"dc", "example"}});
  add("ou=People,dc=example,dc=com", {{"ou", "People"}});
  add("uid=lea,ou=People,dc=example,dc=com", {{"uid", "lea"}, {"mail", "Lea@Example.com"}, {"mail", "l@example.com"}});
  add("uid=max,ou=People,dc=example,dc=com", {{"uid", "max"}, {"mail", "max@example.com"}, {"title", "boss"}});
  add("uid=lea,ou=Old,dc=example,dc=com", {{"uid", "lea"}, {"title", "boss"}});
  return builder.finish();
}

std::vector<std::string> find(std::string_view base, Scope scope, std::string_view text) {
  std::vector<std::string> names;
  const auto store = company();
  const auto known = store->search(base, scope, *lookup::parse_filter(text), [&](const lookup::EntryView& entry) {
    names.emplace_back(entry.dn());
    return true;
  });
  if (!known) names.emplace_back("no such object");
  return names;
}

using Names = std::vector<std::string>;
constexpr auto lea = "uid=lea,ou=People,dc=example,dc=com";
constexpr auto max = "uid=max,ou=People,dc=example,dc=com";
constexpr auto old_lea = "uid=lea,ou=Old,dc=example,dc=com";

TEST(EntryStore, finds_by_indexed_and_other_attributes) {
  EXPECT_EQ(find("", Scope::sub, "(mail=lea@example.COM)"), Names{lea});
  EXPECT_EQ(find("", Scope::sub, "(mail=nobody@example.com)"), Names{});
  EXPECT_EQ(find("", Scope::sub, "(title=boss)"), (Names{max, old_lea}));
  EXPECT_EQ(find("", Scope::sub, "(&(title=boss)(uid=lea))"), Names{old_lea});
  EXPECT_EQ(find("", Scope::sub, "(|(mail=l@example.com)(uid=lea)(uid=max))"), (Names{lea, max, old_lea}));
  EXPECT_EQ(find("", Scope::sub, "(|(uid=max)(ou=people))"), (Names{"ou=People,dc=example,dc=com", max}));
  EXPECT_EQ(find("", Scope::sub, "(!(uid=*))"), (Names{"dc=example,dc=com", "ou=People,dc=example,dc=com"}));
}

TEST(EntryStore, keeps_to_base_and_scope) {
  EXPECT_EQ(find("OU=people, DC=example,dc=com", Scope::sub, "(uid=lea)"), Names{lea});
  EXPECT_EQ(find("dc=example,dc=com", Scope::one, "(uid=lea)"), Names{});
  EXPECT_EQ(find("dc=example,dc=com", Scope::one, "(ou=*)"), Names{"ou=People,dc=example,dc=com"});
  EXPECT_EQ(find(lea, Scope::base, "(objectClass=*)"), Names{});
  EXPECT_EQ(find(lea, Scope::base, "(uid=*)"), Names{lea});
  EXPECT_EQ(find("ou=Old,dc=example,dc=com", Scope::sub, "(uid=max)"), Names{});  // a container without entry
  EXPECT_EQ(find("ou=None,dc=example,dc=com", Scope::sub, "(uid=lea)"), Names{"no such object"});
  EXPECT_EQ(find("uid=none,dc=com", Scope::base, "(uid=lea)"), Names{"no such object"});
}

TEST(EntryStore, keeps_the_first_entry_of_a_name) {
  lookup::EntryStore::Builder builder({});
  lookup::Entry entry;
  entry.name = "uid=a,dc=x";
  entry.add("mail", "first@x");
  EXPECT_TRUE(builder.add(entry));
  entry.name = "UID=A, DC=X";
  EXPECT_FALSE(builder.add(entry));
  EXPECT_EQ(builder.finish()->size(), 1U);
}

TEST(EntryStore, stops_when_told) {
  int visits = 0;
  company()->search("", Scope::sub, *lookup::parse_filter("(&)"),
                    [&](const lookup::EntryView&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TEST(EntryStore, gives_all_values_of_entries_with_many_attributes) {
  lookup::Entry entry;
  entry.name = "cn=wide";
  for (int i = 0; i < 40; ++i) {
    for (int value = 0; value <= i % 7; ++value)
      entry.add("attribute" + std::to_string(i), std::to_string(i) + "." + std::to_string(value));
  }
  lookup::EntryStore::Builder builder({"attribute39"});
  ASSERT_TRUE(builder.add(entry));
  int visited = 0;
  builder.finish()->search("", Scope::sub, *lookup::parse_filter("(attribute39=39.0)"),
                           [&](const lookup::EntryView& found) {
                             ++visited;
                             for (int i = 0; i < 40; ++i) {
                               const auto name = "Attribute" + std::to_string(i);
                               const auto values = found.values(name);
                               EXPECT_EQ(values.size(), entry.values(name).size()) << name;
                               for (std::size_t at = 0; at < values.size(); ++at)
                                 EXPECT_EQ(values[at], entry.values(name)[at]);
                             }
                             EXPECT_TRUE(found.values("absent").empty());
                             return true;
                           });
  EXPECT_EQ(visited, 1);
}

}  // namespace
