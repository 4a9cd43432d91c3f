#include "lookup/ip_address.hpp"

#include <gtest/gtest.h>

namespace {

using lookup::parse_ip;
using lookup::parse_network;

TEST(IpAddress, prints_in_canonical_form) {
  const std::pair<const char*, const char*> rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"[192.0.2.1]", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"::", "::"},
      {"::1", "::1"},
      {"[2001:DB8::1]", "2001:db8::1"},
      {"2001:db8:0:0:0:0:0:0", "2001:db8::"},
      {"2001:0db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"::1:0", "::1:0"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
  };
  for (const auto& [text, printed] : rows) {
    const auto address = parse_ip(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), printed);
    EXPECT_EQ(parse_ip(address->to_string()), address);
  }
}

TEST(IpAddress, refuses_what_is_none) {
  for (const std::string text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "0x7f.1", " 1.2.3.4", "1.2.3.4 ",
                                 "::1%lo", ":::", "1::2::3", "[1.2.3.4", "[]", "[[::1]]", "example.org", "12345::"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
  EXPECT_FALSE(parse_ip(std::string("1.2.3.4\0", 8)));
  EXPECT_FALSE(parse_ip(std::string(5000, '1')));
}

TEST(IpAddress, knows_loopback) {
  EXPECT_TRUE(parse_ip("127.9.8.7")->is_loopback());
  EXPECT_TRUE(parse_ip("::1")->is_loopback());
  EXPECT_TRUE(parse_ip("::ffff:127.0.0.1")->is_loopback());
  EXPECT_FALSE(parse_ip("128.0.0.1")->is_loopback());
  EXPECT_FALSE(parse_ip("7f00::1")->is_loopback());
}

TEST(Network, contains_its_addresses) {
  struct {
    const char *network, *address;
    bool inside;
  } rows[] = {
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"0.0.0.0/0", "255.1.2.3", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.1", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"[2001:db8::]/32", "2001:db8:ffff::1", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::ffff:192.0.2.0/120", "192.0.2.9", true},
  };
  for (const auto& row : rows) {
    const auto network = parse_network(row.network);
    ASSERT_TRUE(network) << row.network;
    EXPECT_EQ(network->contains(*parse_ip(row.address)), row.inside) << row.network << " " << row.address;
  }
}

TEST(Network, prints_and_refuses) {
  EXPECT_EQ(parse_network("10.0.0.0/8")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(parse_network("[::1]")->to_string(), "::1/128");
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "/8", "",
                           "2001:db8::1/64", "::ffff:1.2.3.4/80", "10.0.0.0/08/1", "10.0.0/8"}) {
    EXPECT_FALSE(parse_network(text)) << text;
  }
}

}  // namespace
