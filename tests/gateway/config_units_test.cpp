#include <gtest/gtest.h>

#include "gateway/config/nearest.hpp"
#include "gateway/config/units.hpp"

namespace gateway::config {
namespace {

TEST(ConfigUnits, durations) {
  EXPECT_EQ(parse_duration("300"), Seconds(300));
  EXPECT_EQ(parse_duration("010"), Seconds(10));
  EXPECT_EQ(parse_duration("30s"), Seconds(30));
  EXPECT_EQ(parse_duration("5m"), Seconds(300));
  EXPECT_EQ(parse_duration("4h"), Seconds(14400));
  EXPECT_EQ(parse_duration("5D"), Seconds(432000));
  EXPECT_EQ(parse_duration("1w"), Seconds(604800));
  for (const auto* wrong : {"", "s", "-1", "1y", "5 m", "1.5h", "1h30m", "99999999999999999999", "100000w", "5ms"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  EXPECT_EQ(parse_short_duration("250ms"), Millis(250));
  EXPECT_EQ(parse_short_duration("2"), Millis(2000));
}

TEST(ConfigUnits, sizes) {
  EXPECT_EQ(parse_size("10240000"), 10240000U);
  EXPECT_EQ(parse_size("1K"), 1024U);
  EXPECT_EQ(parse_size("50m"), 50U << 20);
  EXPECT_EQ(parse_size("2G"), std::uint64_t{2} << 30);
  for (const auto* wrong : {"", "M", "5MB", "-5", "1.5G", "99999999T"}) EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(ConfigUnits, rates) {
  EXPECT_EQ(parse_rate("60/1m"), (Rate{60, Seconds(60)}));
  EXPECT_EQ(parse_rate("25/1h"), (Rate{25, Seconds(3600)}));
  EXPECT_EQ(parse_rate("5/s"), (Rate{5, Seconds(1)}));
  EXPECT_EQ(parse_rate("0"), Rate{});
  EXPECT_EQ(parse_rate("0/1h"), Rate{});
  for (const auto* wrong : {"", "60", "/1m", "60/", "60/0", "x/1m", "-1/1m", "5000000000/1m"})
    EXPECT_FALSE(parse_rate(wrong)) << wrong;
}

TEST(ConfigUnits, percentages) {
  EXPECT_EQ(parse_percent("20%"), 20);
  EXPECT_EQ(parse_percent("0"), 0);
  EXPECT_EQ(parse_percent("100%"), 100);
  for (const auto* wrong : {"", "%", "101%", "-1%", "2 %"}) EXPECT_FALSE(parse_percent(wrong)) << wrong;
}

TEST(ConfigUnits, yes_and_no) {
  for (const auto* word : {"yes", "true", "on", "YES", "True"}) EXPECT_EQ(parse_yes_no(word), true) << word;
  for (const auto* word : {"no", "false", "off", "No"}) EXPECT_EQ(parse_yes_no(word), false) << word;
  for (const auto* word : {"", "y", "n", "1", "0", "yess"}) EXPECT_FALSE(parse_yes_no(word)) << word;
}

TEST(ConfigUnits, print_is_the_inverse_of_parse) {
  for (const std::int64_t seconds : {0, 1, 59, 60, 61, 3600, 4000, 86400, 604800, 432000})
    EXPECT_EQ(parse_duration(print_duration(Seconds(seconds))), Seconds(seconds));
  for (const std::uint64_t bytes : {0U, 1U, 1023U, 1024U, 10240000U, 52428800U})
    EXPECT_EQ(parse_size(print_size(bytes)), bytes);
  for (const std::int64_t millis : {0, 1, 250, 1000, 5000, 60000})
    EXPECT_EQ(parse_short_duration(print_short_duration(Millis(millis))), Millis(millis));
  const Rate rate{7, Seconds(90)};
  EXPECT_EQ(parse_rate(print_rate(rate)), rate);
}

TEST(ConfigNearest, finds_typing_errors_only) {
  const std::vector<std::string> known{"connections", "connection_rate", "message_rate"};
  EXPECT_EQ(nearest("conections", known), "connections");
  EXPECT_EQ(nearest("conenctions", known), "connections");
  EXPECT_EQ(nearest("Connection-Rate", known), "connection_rate");
  EXPECT_EQ(nearest("zebra", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(did_you_mean("mesage_rate", known), "; did you mean \"message_rate\"?");
}

}  // namespace
}  // namespace gateway::config
