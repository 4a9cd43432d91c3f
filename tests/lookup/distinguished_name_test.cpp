#include "lookup/distinguished_name.hpp"

#include <gtest/gtest.h>

namespace {

using lookup::is_within;
using lookup::normalised_dn;
using lookup::parent_dn;

TEST(DistinguishedName, spellings_of_one_name_are_equal) {
  const auto plain = normalised_dn("uid=lea,ou=people,dc=example,dc=com");
  EXPECT_EQ(plain, "uid=lea,ou=people,dc=example,dc=com");
  EXPECT_EQ(normalised_dn("UID=Lea, OU = People ,DC=Example;dc=com"), plain);
  EXPECT_EQ(normalised_dn("uid=\\6cea,ou=people,dc=example,dc=com"), plain);
  EXPECT_EQ(normalised_dn("cn=Dupont\\, L\\c3\\a9a,dc=x"), normalised_dn("cn=\"Dupont, L\xc3\xa9"
                                                                         "a\",dc=x"));
  EXPECT_EQ(normalised_dn("cn=a  b,dc=x"), "cn=a b,dc=x");
}

TEST(DistinguishedName, different_names_stay_different) {
  EXPECT_NE(normalised_dn("cn=a\\,dc=x"), normalised_dn("cn=a,dc=x"));
  EXPECT_NE(normalised_dn("cn=a\\\\,dc=x"), normalised_dn("cn=a\\,dc=x"));
}

TEST(DistinguishedName, survives_text_that_is_no_name) {
  for (const auto* text : {"", "\\", ",", "=", "+=,", "\"", "a\\", "  ", "\\,"}) {
    const auto normal = normalised_dn(text);
    parent_dn(normal);
    EXPECT_TRUE(is_within(normal, ""));
  }
}

TEST(DistinguishedName, knows_what_is_below) {
  EXPECT_TRUE(is_within("uid=a,dc=x", "dc=x"));
  EXPECT_TRUE(is_within("dc=x", "dc=x"));
  EXPECT_FALSE(is_within("dc=xdc=x", "dc=x"));
  EXPECT_FALSE(is_within("cn=a\\,dc=x", "dc=x"));
  EXPECT_TRUE(is_within("cn=a\\\\,dc=x", "dc=x"));
  EXPECT_FALSE(is_within("dc=x", "uid=a,dc=x"));
  EXPECT_EQ(parent_dn("cn=a\\,b,dc=x"), "dc=x");
  EXPECT_EQ(parent_dn("dc=x"), "");
}

}  // namespace
