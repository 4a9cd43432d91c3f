#include "lookup/dirsync_message.hpp"

#include <gtest/gtest.h>

#include "lookup/ber.hpp"

namespace {

using namespace std::string_literals;
using lookup::parse_dirsync_response;

TEST(DirSyncMessage, asks_with_object_security) {
  EXPECT_EQ(lookup::dirsync_request(""), "\x30\x0a\x02\x01\x01\x02\x03\x10\x00\x00\x04\x00"s);
  EXPECT_EQ(lookup::dirsync_request("abc"), "\x30\x0d\x02\x01\x01\x02\x03\x10\x00\x00\x04\x03"s + "abc");
}

TEST(DirSyncMessage, reads_what_servers_send) {
  const auto last = parse_dirsync_response("\x30\x0b\x02\x01\x00\x02\x01\x00\x04\x03"s + "abc");
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(last->more);
  EXPECT_EQ(last->cookie, "abc");
  const auto more = parse_dirsync_response("\x30\x09\x02\x02\x01\x00\x02\x01\x00\x04\x00"s);
  ASSERT_TRUE(more.has_value());
  EXPECT_TRUE(more->more) << "any number but 0";
}

TEST(DirSyncMessage, refuses_what_is_damaged) {
  const auto good = "\x30\x0b\x02\x01\x00\x02\x01\x00\x04\x03"s + "abc";
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_dirsync_response(good.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(parse_dirsync_response("\x30\x06\x04\x01\x00\x02\x01\x00"s).has_value()) << "no integer";
}

TEST(Ber, integers_take_as_few_octets_as_keep_the_sign) {
  const auto octets = [](std::int32_t number) {
    std::string out;
    lookup::ber::append_integer(out, number);
    return out;
  };
  EXPECT_EQ(octets(0), "\x02\x01\x00"s);
  EXPECT_EQ(octets(127), "\x02\x01\x7f"s);
  EXPECT_EQ(octets(128), "\x02\x02\x00\x80"s);
  EXPECT_EQ(octets(-1), "\x02\x01\xff"s);
  for (const std::int32_t number : {0, 1, -1, 127, 128, -128, -129, 65535, INT32_MAX, INT32_MIN}) {
    const auto written = octets(number);
    std::string_view rest = written;
    std::int64_t read = 0;
    EXPECT_TRUE(lookup::ber::take_integer(rest, read));
    EXPECT_EQ(read, number);
  }
}

}  // namespace
