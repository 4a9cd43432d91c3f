#include "lookup/server_schema.hpp"

#include <gtest/gtest.h>

namespace {

using lookup::parse_attribute_type;
using lookup::ServerSchema;

TEST(AttributeType, reads_what_servers_show) {
  const auto mail = parse_attribute_type(
      "( 0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) DESC 'RFC1274: (a) mailbox' EQUALITY "
      "caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{256} )");
  ASSERT_TRUE(mail.has_value());
  EXPECT_EQ(mail->names, (std::vector<std::string_view>{"mail", "rfc822Mailbox"}));
  EXPECT_EQ(mail->equality, "caseIgnoreIA5Match");
  const auto name = parse_attribute_type("( 2.5.4.3 NAME 'cn' SUP name )");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->superior, "name");
  EXPECT_EQ(name->equality, "");
  EXPECT_TRUE(parse_attribute_type("(1.2 NAME('a'))").has_value()) << "blanks are not needed";
}

TEST(AttributeType, refuses_what_names_nothing) {
  for (const auto* text : {"", "(", "NAME 'a'", "( 1.2 )", "( 1.2 NAME", "( 1.2 NAME ''", "( 1.2 NAME ( ) )"})
    EXPECT_FALSE(parse_attribute_type(text).has_value()) << text;
}

TEST(ServerSchema, knows_rules_of_superiors_and_indexes) {
  ServerSchema schema;
  EXPECT_FALSE(schema.is_shown());
  EXPECT_TRUE(schema.can_compare("anything")) << "a server that shows no rules is not doubted";
  schema.add("( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch )");
  schema.add("( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )");
  schema.add("( 1.1 NAME 'photo' )");
  schema.add("( 1.2 NAME 'loop' SUP loop )");
  EXPECT_TRUE(schema.has("CN") && schema.has("commonname"));
  EXPECT_FALSE(schema.has("mailLocalAddress"));
  EXPECT_TRUE(schema.can_compare("cn"));
  EXPECT_FALSE(schema.can_compare("photo"));
  EXPECT_FALSE(schema.can_compare("loop"));
  EXPECT_FALSE(schema.shows_indexes());
  schema.add_index("uid,Mail eq,sub");
  schema.add_index("cn sub");
  schema.add_index("entryUUID");
  EXPECT_TRUE(schema.is_indexed("mail") && schema.is_indexed("uid") && schema.is_indexed("entryuuid"));
  EXPECT_FALSE(schema.is_indexed("cn"));
}

}  // namespace
