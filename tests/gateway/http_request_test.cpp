#include "gateway/admin/http_request.hpp"

#include <gtest/gtest.h>

namespace {

using gateway::HttpProgress;
using gateway::parse_http;

TEST(HttpRequest, has_a_method_a_path_and_fields) {
  const auto parsed = parse_http("GET /metrics?a=b HTTP/1.1\r\nHost:  here \r\nX-Y: 1\r\n\r\n");
  ASSERT_EQ(parsed.progress, HttpProgress::complete);
  EXPECT_EQ(parsed.request.method, "GET");
  EXPECT_EQ(parsed.request.path, "/metrics");
  EXPECT_EQ(parsed.request.field("host"), "here");
  EXPECT_EQ(parsed.request.field("x-y"), "1");
  EXPECT_EQ(parsed.request.field("absent"), "");
}

TEST(HttpRequest, waits_for_the_whole_body_and_no_longer) {
  const std::string head = "POST /queue HTTP/1.1\r\nContent-Length: 11\r\n\r\n";
  EXPECT_EQ(parse_http(head + "verb=hol").progress, HttpProgress::incomplete);
  const auto parsed = parse_http(head + "verb=hold&xTOO MUCH");
  ASSERT_EQ(parsed.progress, HttpProgress::complete);
  EXPECT_EQ(parsed.request.body, "verb=hold&x");
}

TEST(HttpRequest, decodes_a_form) {
  gateway::HttpRequest request;
  request.body = "ids=3A%20B+C&token=a%3Db&bad=%zz&last";
  EXPECT_EQ(request.form("ids"), "3A B C");
  EXPECT_EQ(request.form("token"), "a=b");
  EXPECT_EQ(request.form("bad"), "%zz");
  EXPECT_EQ(request.form("last"), "");
  EXPECT_EQ(request.form("none"), "");
}

TEST(HttpRequest, refuses_what_could_be_read_in_two_ways) {
  struct Case {
    std::string_view octets;
    HttpProgress progress;
  };
  const Case cases[] = {
      {"GET /\r\n\r\n", HttpProgress::malformed},
      {"GET  HTTP/1.1\r\n\r\n", HttpProgress::malformed},
      {"GET metrics HTTP/1.1\r\n\r\n", HttpProgress::malformed},
      {"GET / FTP/1.1\r\n\r\n", HttpProgress::malformed},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", HttpProgress::malformed},
      {"GET / HTTP/1.1\r\nnothing\r\n\r\n", HttpProgress::malformed},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", HttpProgress::malformed},
      {"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", HttpProgress::malformed},
      {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", HttpProgress::malformed},
      {"POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n", HttpProgress::too_large},
      {"GET / HTTP/1.1\r\nHost: x\r\n", HttpProgress::incomplete},
  };
  for (const auto& each : cases) EXPECT_EQ(parse_http(each.octets).progress, each.progress) << each.octets;
  EXPECT_EQ(parse_http("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x')).progress, HttpProgress::too_large);
}

TEST(HttpRequest, proves_a_login) {
  gateway::HttpRequest request;
  const auto with = [&](std::string value) {
    request.fields = {{"authorization", std::move(value)}};
    return gateway::has_login(request, "ada", "s3:cret");
  };
  EXPECT_TRUE(with("Basic YWRhOnMzOmNyZXQ="));   // ada:s3:cret
  EXPECT_TRUE(with("basic  YWRhOnMzOmNyZXQ="));  // RFC 7617 2: the scheme ignores case
  EXPECT_FALSE(with("Basic YWRhOnMzOmNyZXR4"));
  EXPECT_FALSE(with("Basic !!!"));
  EXPECT_FALSE(with("Bearer YWRhOnMzOmNyZXQ="));
  EXPECT_FALSE(with(""));
}

}  // namespace
