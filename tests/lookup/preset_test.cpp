#include "lookup/preset.hpp"

#include <gtest/gtest.h>

#include "lookup/embedded_presets.hpp"
#include "lookup/expansion.hpp"

namespace {

using lookup::find_preset;

TEST(Preset, every_shipped_one_can_be_read) {
  EXPECT_EQ(lookup::embedded_presets().size(), 12U);
  for (const auto& shipped : lookup::embedded_presets()) {
    const auto preset = find_preset(shipped.name);
    ASSERT_TRUE(preset.has_value()) << shipped.name << ": " << preset.error();
    EXPECT_EQ(preset->name, shipped.name);
    EXPECT_FALSE(preset->title.empty());
  }
}

TEST(Preset, lines_can_be_replaced) {
  const auto preset = find_preset("inet-local-mail-recipient", {{"recipient", "(mail=%s)"},
                                                                {"recipient.home", "mailHome"},
                                                                {"recipient.addresses", "mail, alias"},
                                                                {"auth.method", "compare"},
                                                                {"disabled.receive", "yes"},
                                                                {"group.depth", "3"},
                                                                {"sender_owner", "(&(uid=%{login})(mail=%s))"}});
  ASSERT_TRUE(preset.has_value()) << preset.error();
  EXPECT_EQ(preset->recipient.filter, "(mail=%s)");
  EXPECT_EQ(preset->recipient.home, "mailHome");
  EXPECT_EQ(preset->recipient.addresses, (std::vector<std::string>{"mail", "alias"}));
  EXPECT_EQ(preset->recipient.uid, "uidNumber");
  EXPECT_EQ(preset->auth.method, lookup::Preset::AuthMethod::compare);
  EXPECT_TRUE(preset->disabled.receive);
  EXPECT_EQ(preset->group.depth, 3);
}

struct Row {
  const char* name;
  const char* key;
  const char* value;
  const char* error;
};

class RefusedPreset : public testing::TestWithParam<Row> {};

TEST_P(RefusedPreset, override_names_what_is_wrong) {
  const auto preset = find_preset("custom", {{GetParam().key, GetParam().value}});
  ASSERT_FALSE(preset.has_value());
  EXPECT_NE(preset.error().find(GetParam().error), std::string::npos) << preset.error();
}

INSTANTIATE_TEST_SUITE_P(Preset, RefusedPreset,
                         testing::Values(Row{"nearest", "recipient.filtr", "x", "did you mean \"recipient.filter\"?"},
                                         Row{"nearest_of_one_word", "sender_ower", "x",
                                             "did you mean \"sender_owner\"?"},
                                         Row{"filter", "recipient", "(mail=%s", "')' expected"},
                                         Row{"expansion", "recipient", "(mail=%x)", "%x is none of"},
                                         Row{"choice", "auth.method", "guess", "none of bind, compare"},
                                         Row{"number", "group.depth", "deep", "no number"},
                                         Row{"yes_or_no", "disabled.receive", "maybe", "neither yes nor no"},
                                         Row{"no_filter", "recipient", "", "recipient.filter is missing"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Preset, an_unknown_one_lists_the_names) {
  const auto preset = find_preset("exchange");
  ASSERT_FALSE(preset.has_value());
  EXPECT_NE(preset.error().find("active-directory"), std::string::npos);
}

TEST(Preset, yaml_faults_are_told) {
  EXPECT_FALSE(lookup::parse_preset("recipient: [").has_value());
  EXPECT_FALSE(lookup::parse_preset("recipient: {filter: \"(a=%s)\", filter: \"(b=%s)\"}").has_value());
  EXPECT_FALSE(lookup::parse_preset("recipients: {filter: \"(a=%s)\"}").has_value());
}

TEST(Expansion, replaces_and_quotes) {
  using lookup::expand;
  using lookup::Quoting;
  const auto key = lookup::expansion_key("a*b@mail.example.com", "max");
  EXPECT_EQ(expand("(m=%s)", key, Quoting::filter), "(m=a\\2ab@mail.example.com)");
  EXPECT_EQ(expand("%u %d %U %D %1 %2 %3 100%%", key, Quoting::none),
            "a*b mail.example.com a*b mail.example.com com example mail 100%");
  EXPECT_EQ(expand("uid=%{login}", key, Quoting::filter), "uid=max");
  EXPECT_EQ(expand("%4", key, Quoting::filter), std::nullopt);
  EXPECT_EQ(expand("ou=%d", lookup::expansion_key("max"), Quoting::dn), std::nullopt);
  EXPECT_EQ(expand("%u", lookup::expansion_key("@example.com"), Quoting::filter), std::nullopt);
  EXPECT_EQ(expand("ou=%u,dc=x", lookup::expansion_key("a,b@x"), Quoting::dn), "ou=a\\,b,dc=x");
}

}  // namespace
