#include "gateway/smtp/client_counters.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using std::chrono::seconds;
const ClientCounters::Clock::time_point start{std::chrono::hours(1)};
const config::Rate ten_a_minute{10, seconds(60)};

ClientCounters::Client client(const char* address) {
  return ClientCounters::client(*lookup::parse_ip(address), 0);
}

TEST(ClientCounters, the_window_slides) {
  ClientCounters counters;
  const auto who = client("192.0.2.1");
  for (std::uint32_t i = 1; i <= 10; ++i)
    EXPECT_EQ(counters.count(who, ClientCounters::Event::message, ten_a_minute, start), i);
  EXPECT_EQ(counters.rate(who, ClientCounters::Event::message, ten_a_minute, start + seconds(90)), 5u);
  EXPECT_EQ(counters.rate(who, ClientCounters::Event::message, ten_a_minute, start + seconds(125)), 0u);
  EXPECT_EQ(counters.rate(who, ClientCounters::Event::recipient, ten_a_minute, start), 0u);
}

TEST(ClientCounters, an_ipv6_client_is_a_network) {
  ClientCounters counters;
  EXPECT_EQ(counters.enter(client("2001:db8::1:1")), 1u);
  EXPECT_EQ(counters.enter(client("2001:db8::2:2")), 2u);
  EXPECT_EQ(counters.enter(client("2001:db8:1::1")), 1u);
}

TEST(ClientCounters, a_network_is_what_the_configuration_says) {
  config::RateLimits limits;
  const auto of = [&](const char* address) {
    return ClientCounters::network(*lookup::parse_ip(address), limits).address.to_string();
  };
  EXPECT_EQ(of("192.0.2.201"), "192.0.2.0");
  EXPECT_EQ(of("2001:db8:1:2::3"), "2001:db8:1::");
  limits.ipv4_prefix = 30;
  limits.ipv6_prefix = 128;
  EXPECT_EQ(of("192.0.2.201"), "192.0.2.200");
  EXPECT_EQ(of("2001:db8:1:2::3"), "2001:db8:1:2::3");
}

TEST(ClientCounters, scopes_and_names_are_counted_apart) {
  using Scope = ClientCounters::Scope;
  ClientCounters counters;
  const auto count = [&](const ClientCounters::Client& who) {
    return counters.count(who, ClientCounters::Event::message, ten_a_minute, start);
  };
  const auto address = *lookup::parse_ip("192.0.2.0");
  EXPECT_EQ(count(ClientCounters::client(address, 0)), 1u);
  EXPECT_EQ(count(ClientCounters::client(address, 1)), 1u);
  EXPECT_EQ(count(ClientCounters::client(address)), 1u);
  EXPECT_EQ(count(ClientCounters::network(address, {})), 1u);
  EXPECT_EQ(count(ClientCounters::subject(Scope::login, "lea")), 1u);
  EXPECT_EQ(count(ClientCounters::subject(Scope::login, "LEA")), 2u);
  EXPECT_EQ(count(ClientCounters::subject(Scope::login, "eal")), 1u);
  EXPECT_EQ(count(ClientCounters::subject(Scope::sender, "lea")), 1u);
  EXPECT_EQ(count(ClientCounters::subject(Scope::sender, "")), 1u);
}

TEST(ClientCounters, who_has_left_is_forgotten) {
  ClientCounters counters;
  counters.enter(client("192.0.2.1"));
  counters.leave(client("192.0.2.1"));
  EXPECT_EQ(counters.size(), 0u);
}

TEST(ClientCounters, memory_is_bounded) {
  ClientCounters counters;
  for (std::uint32_t i = 0; i < 300000; ++i) {
    lookup::IpAddress address;
    for (unsigned octet = 0; octet < 4; ++octet) address.bytes[octet] = static_cast<std::uint8_t>(i >> (8 * octet));
    counters.count(ClientCounters::client(address, 0), ClientCounters::Event::message, ten_a_minute, start);
  }
  EXPECT_LE(counters.size(), 16u * 8192u);
}

}  // namespace
}  // namespace gateway
