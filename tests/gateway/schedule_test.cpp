#include "gateway/delivery/schedule.hpp"

#include <gtest/gtest.h>

#include "gateway/delivery/delivery_log.hpp"
#include "gateway/delivery/destination.hpp"

namespace gateway {
namespace {

using std::chrono::seconds;

TEST(Schedule, WaitsAsLongAsTheMessageIsOldWithinLimits) {
  config::Queue queue;
  const SystemTime arrival{seconds{1000000}};
  const struct {
    int age, wait;
  } rows[] = {{0, 300}, {100, 300}, {301, 301}, {1200, 1200}, {4000, 4000}, {90000, 4000}, {-50, 300}};
  for (const auto& row : rows) {
    const SystemTime now = arrival + seconds{row.age};
    EXPECT_EQ(next_try(queue, arrival, now) - now, seconds{row.wait}) << row.age;
  }
}

TEST(Schedule, OneSecondValuesWork) {
  config::Queue queue;
  queue.minimal_backoff_time = queue.maximal_backoff_time = seconds{1};
  const SystemTime arrival{seconds{1000000}};
  EXPECT_EQ(next_try(queue, arrival, arrival + seconds{77}), arrival + seconds{78});
}

TEST(Schedule, ALifetimeOfZeroIsOneAttempt) {
  config::Queue queue;
  Envelope envelope;
  envelope.arrival = SystemTime{seconds{1000000}};
  envelope.sender = {"a", "example.net"};
  EXPECT_FALSE(is_expired(queue, envelope, envelope.arrival + seconds{431999}));
  EXPECT_TRUE(is_expired(queue, envelope, envelope.arrival + seconds{432000}));
  queue.maximal_queue_lifetime = seconds{0};
  EXPECT_TRUE(is_expired(queue, envelope, envelope.arrival));
  envelope.sender = {};
  EXPECT_FALSE(is_expired(queue, envelope, envelope.arrival));
}

TEST(Destination, GrowsWithSuccessUpToItsLimit) {
  Destination destination;
  destination.set_limits(7, {});
  const Destination::Time now{};
  for (int round = 0; round < 10; ++round) {
    while (destination.may_start(now)) destination.started(now);
    destination.reached();
    destination.ended();
  }
  EXPECT_EQ(destination.window(), 7);
}

TEST(Destination, IsDeadAfterAWindowOfFailures) {
  Destination destination;
  destination.set_limits(20, {});
  const Destination::Time now{std::chrono::hours{1}};
  int failures = 0;
  for (bool dead = false; !dead && failures < 100;) {
    destination.started(now);
    destination.ended();
    dead = destination.missed(now, seconds{10}, "refused");
    ++failures;
  }
  EXPECT_LE(failures, 5);
  EXPECT_TRUE(destination.is_dead(now + seconds{9}));
  EXPECT_FALSE(destination.is_dead(now + seconds{10}));
  destination.revive();
  EXPECT_FALSE(destination.is_dead(now));
}

TEST(Destination, OneSuccessForgivesFailures) {
  Destination destination;
  destination.set_limits(20, {});
  for (int round = 0; round < 50; ++round) {
    EXPECT_FALSE(destination.missed({}, seconds{1}, "x"));
    destination.started({});
    destination.reached();
    destination.ended();
  }
}

TEST(Destination, SpacesStartsByItsRate) {
  Destination destination;
  destination.set_limits(20, {60, seconds{60}});
  const Destination::Time now{std::chrono::hours{1}};
  ASSERT_TRUE(destination.may_start(now));
  destination.started(now);
  EXPECT_FALSE(destination.may_start(now + std::chrono::milliseconds{999}));
  EXPECT_TRUE(destination.may_start(now + seconds{1}));
}

TEST(DeliveryLog, DelaysHaveTwoDigitsThatMatter) {
  const struct {
    double seconds;
    const char* text;
  } rows[] = {{0, "0"},      {0.004, "0"}, {0.01, "0.01"}, {0.114, "0.11"}, {0.1, "0.1"},
              {1.24, "1.2"}, {2.0, "2"},   {12.4, "12"},   {99.6, "100"},   {4000, "4000"}};
  for (const auto& row : rows) EXPECT_EQ(format_delay(row.seconds), row.text) << row.seconds;
}

}  // namespace
}  // namespace gateway
