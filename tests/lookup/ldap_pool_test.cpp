#include "lookup/ldap_pool.hpp"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <chrono>

#include "all_values.hpp"
#include "lookup/escape.hpp"
#include "slapd_fixture.hpp"

namespace {

using lookup::LdapOptions;
using lookup::LdapPool;
using lookup::SearchRequest;
using lookup::SearchResult;
using lookup::Unavailable;
using lookup_test::Slapd;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string people(int count) {
  std::string ldif;
  for (int i = 0; i < count; ++i) {
    const auto n = std::to_string(i);
    ldif += "dn: uid=u" + n +
            ",dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: inetLocalMailRecipient\nuid: u" + n +
            "\ncn: U " + n + "\nsn: U\nuserPassword: pw" + n + "\nmailLocalAddress: u" + n + "@example.com\n\n";
  }
  return ldif;
}

LdapOptions options_for(std::vector<std::string> servers) {
  LdapOptions options;
  options.servers = std::move(servers);
  options.connect_timeout = 500ms;
  options.search_timeout = 700ms;
  options.probe_interval = 50ms;
  options.fail_back = 1s;
  return options;
}

SearchRequest who_has(std::string_view address) {
  static const auto attributes = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"uid"});
  SearchRequest request;
  request.base = "dc=example,dc=com";
  request.filter = "(mailLocalAddress=" + lookup::escape_filter_value(address) + ")";
  request.attributes = attributes;
  return request;
}

class LdapPoolTest : public testing::Test {
 protected:
  SearchResult ask(LdapPool& pool, SearchRequest request) {
    std::optional<SearchResult> result;
    pool.search(std::move(request), [&](SearchResult given) { result = std::move(given); });
    run_until([&] { return result.has_value(); });
    return result.value_or(SearchResult{Unavailable::timed_out, "the test's limit", false, {}, {}});
  }

  template <typename Condition>
  bool run_until(Condition condition, std::chrono::milliseconds limit = 10s) {
    const auto end = Clock::now() + limit;
    loop_.restart();
    while (!condition() && Clock::now() < end) {
      loop_.restart();
      loop_.run_one_for(50ms);
    }
    return condition();
  }

  asio::io_context loop_;
};

TEST_F(LdapPoolTest, finds_and_misses) {
  Slapd slapd(people(3));
  LdapPool pool(options_for({slapd.url()}), loop_);
  const auto found = ask(pool, who_has("U1@example.com "));
  ASSERT_FALSE(found.is_unavailable()) << found.detail;
  ASSERT_EQ(found.entries.size(), 1U);
  EXPECT_EQ(found.entries[0].name, "uid=u1,dc=example,dc=com");
  EXPECT_EQ(lookup_test::all_values(found.entries[0], "UID"), (std::vector<std::string_view>{"u1"}));
  EXPECT_TRUE(found.entries[0].values("cn").empty());
  EXPECT_EQ(found.server, slapd.url());
  const auto missed = ask(pool, who_has("nobody@example.com"));
  EXPECT_FALSE(missed.is_unavailable()) << missed.detail;
  EXPECT_TRUE(missed.entries.empty());
}

TEST_F(LdapPoolTest, no_address_is_a_filter) {
  Slapd slapd(people(2));
  LdapPool pool(options_for({slapd.url()}), loop_);
  for (const auto* hostile : {"*", "*@example.com", ")(uid=*", "u1@example.com)(uid=*", "\\", "("}) {
    const auto result = ask(pool, who_has(hostile));
    EXPECT_FALSE(result.is_unavailable()) << hostile << ": " << result.detail;
    EXPECT_TRUE(result.entries.empty()) << hostile;
  }
}

TEST_F(LdapPoolTest, answers_a_thousand_questions_at_once) {
  Slapd slapd(people(100));
  auto options = options_for({slapd.url()});
  options.search_timeout = 10s;
  LdapPool pool(options, loop_);
  int answered = 0;
  int right = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto uid = "u" + std::to_string(i % 100);
    pool.search(who_has(uid + "@example.com"), [&, uid](SearchResult result) {
      ++answered;
      right += result.entries.size() == 1 && result.entries[0].values("uid").front() == uid;
    });
  }
  EXPECT_TRUE(run_until([&] { return answered == 1000; }));
  EXPECT_EQ(right, 1000);
}

TEST_F(LdapPoolTest, bounds_what_waits) {
  auto options = options_for({"ldap://127.0.0.1:" + std::to_string(lookup_test::free_port())});
  options.waiting = 5;
  LdapPool pool(options, loop_);
  int answered = 0;
  for (int i = 0; i < 8; ++i) {
    pool.search(who_has("a@b"), [&](const SearchResult& result) { answered += result.is_unavailable(); });
  }
  EXPECT_EQ(answered, 3);
  EXPECT_TRUE(run_until([&] { return answered == 8; }));
}

TEST_F(LdapPoolTest, says_unavailable_while_stopped_and_recovers) {
  Slapd slapd(people(1));
  LdapPool pool(options_for({slapd.url()}), loop_);
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).entries.size(), 1U);
  slapd.stop();
  const auto start = Clock::now();
  const auto lost = ask(pool, who_has("u0@example.com"));
  EXPECT_EQ(lost.reason, Unavailable::unreachable) << lost.detail;
  EXPECT_LT(Clock::now() - start, 2s);
  bool at_once = false;
  run_until([&] { return pool.state() == LdapPool::State::down; });
  pool.search(who_has("u0@example.com"), [&](const SearchResult& result) { at_once = result.is_unavailable(); });
  EXPECT_TRUE(at_once);
  slapd.start();
  EXPECT_TRUE(run_until([&] { return pool.state() == LdapPool::State::up; }));
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).entries.size(), 1U);
}

TEST_F(LdapPoolTest, goes_to_the_next_server_and_back) {
  Slapd first(people(1));
  Slapd second(people(1));
  LdapPool pool(options_for({first.url(), second.url()}), loop_);
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).server, first.url());
  first.stop();
  const auto moved = ask(pool, who_has("u0@example.com"));
  EXPECT_EQ(moved.entries.size(), 1U) << moved.detail;
  EXPECT_EQ(moved.server, second.url());
  first.start();
  EXPECT_TRUE(run_until([&] { return pool.server() == first.url(); }));
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).entries.size(), 1U);
}

TEST_F(LdapPoolTest, leaves_a_server_that_hangs) {
  Slapd first(people(1));
  Slapd second(people(1));
  LdapPool pool(options_for({first.url(), second.url()}), loop_);
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).server, first.url());
  first.freeze();
  const auto start = Clock::now();
  const auto late = ask(pool, who_has("u0@example.com"));
  EXPECT_EQ(late.reason, Unavailable::timed_out) << late.detail;
  EXPECT_LT(Clock::now() - start, 1500ms);
  const auto moved = ask(pool, who_has("u0@example.com"));
  EXPECT_EQ(moved.server, second.url()) << moved.detail;
  first.thaw();
}

TEST_F(LdapPoolTest, gives_a_server_up_that_hangs_from_the_start) {
  Slapd slapd(people(1));
  slapd.freeze();
  LdapPool pool(options_for({slapd.url()}), loop_);
  const auto start = Clock::now();
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).reason, Unavailable::timed_out);
  EXPECT_LT(Clock::now() - start, 1500ms);
  slapd.thaw();
  EXPECT_TRUE(run_until([&] { return pool.state() == LdapPool::State::up; }));
}

TEST_F(LdapPoolTest, tells_a_refused_bind) {
  Slapd slapd(people(1));
  auto options = options_for({slapd.url()});
  options.bind = lookup::LdapBind::simple;
  options.bind_dn = "uid=u0,dc=example,dc=com";
  options.bind_password = "wrong";
  LdapPool pool(options, loop_);
  const auto refused = ask(pool, who_has("u0@example.com"));
  EXPECT_EQ(refused.reason, Unavailable::rejected_credentials);
  EXPECT_NE(refused.detail.find("Invalid credentials"), std::string::npos) << refused.detail;
}

TEST_F(LdapPoolTest, binds_with_a_password) {
  Slapd slapd(people(1), "access to * by users read by anonymous auth");
  auto options = options_for({slapd.url()});
  options.bind = lookup::LdapBind::simple;
  options.bind_dn = "uid=u0,dc=example,dc=com";
  options.bind_password = "pw0";
  LdapPool pool(options, loop_);
  EXPECT_EQ(ask(pool, who_has("u0@example.com")).entries.size(), 1U);
}

TEST_F(LdapPoolTest, tells_a_size_limit_and_a_missing_base) {
  Slapd slapd(people(20));
  LdapPool pool(options_for({slapd.url()}), loop_);
  auto request = who_has("x");
  request.filter = "(uid=*)";
  request.size_limit = 5;
  const auto many = ask(pool, request);
  EXPECT_EQ(many.reason, Unavailable::too_many_results) << many.detail;
  EXPECT_TRUE(many.entries.empty());
  request.base = "ou=None,dc=example,dc=com";
  const auto missing = ask(pool, request);
  EXPECT_EQ(missing.reason, Unavailable::misconfigured);
  EXPECT_TRUE(missing.no_such_object);
  request.base = "dc=example,dc=com";
  request.filter = "(uid=";
  EXPECT_EQ(ask(pool, request).reason, Unavailable::misconfigured);
}

TEST_F(LdapPoolTest, reads_pages) {
  Slapd slapd(people(50));
  LdapPool pool(options_for({slapd.url()}), loop_);
  auto request = who_has("x");
  request.filter = "(uid=*)";
  request.page_size = 7;
  EXPECT_EQ(ask(pool, request).entries.size(), 50U);
  request.size_limit = 20;
  EXPECT_EQ(ask(pool, request).reason, Unavailable::too_many_results);
}

TEST_F(LdapPoolTest, a_tls_handshake_that_hangs_is_cut) {
  Slapd slapd(people(1));
  slapd.freeze();
  auto options = options_for({"ldaps" + slapd.url().substr(4)});
  options.verify = lookup::VerifyCertificate::no;
  options.search_timeout = 5s;
  LdapPool pool(options, loop_);
  const auto start = Clock::now();
  EXPECT_EQ(ask(pool, who_has("a@b")).reason, Unavailable::timed_out);
  EXPECT_LT(Clock::now() - start, 3s);
}

TEST_F(LdapPoolTest, names_a_missing_ca_file) {
  auto options = options_for({"ldaps://127.0.0.1:1"});
  options.ca_file = "/nonexistent/ca.pem";
  LdapPool pool(options, loop_);
  const auto result = ask(pool, who_has("a@b"));
  EXPECT_EQ(result.reason, Unavailable::misconfigured);
  EXPECT_NE(result.detail.find("/nonexistent/ca.pem"), std::string::npos) << result.detail;
}

/// Accepts connections and answers everything with the same octets.
class ScriptedServer {
 public:
  ScriptedServer(asio::io_context& loop, std::string octets)
      : acceptor_(loop, {asio::ip::address_v4::loopback(), 0}), octets_(std::move(octets)) {
    accept();
  }

  std::string url() { return "ldap://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

 private:
  void accept() {
    acceptor_.async_accept([this](const asio::error_code& error, asio::ip::tcp::socket socket) {
      if (error) return;
      sockets_.push_back(std::make_unique<asio::ip::tcp::socket>(std::move(socket)));
      asio::error_code ignored;
      asio::write(*sockets_.back(), asio::buffer(octets_), ignored);
      accept();
    });
  }

  asio::ip::tcp::acceptor acceptor_;
  std::string octets_;
  std::vector<std::unique_ptr<asio::ip::tcp::socket>> sockets_;
};

const std::string bind_success("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", 14);

struct Script {
  const char* name;
  std::string octets;
};

class Garbage : public LdapPoolTest, public testing::WithParamInterface<Script> {};

TEST_P(Garbage, is_unavailable_in_time) {
  ScriptedServer server(loop_, GetParam().octets);
  LdapPool pool(options_for({server.url()}), loop_);
  const auto start = Clock::now();
  const auto result = ask(pool, who_has("a@b"));
  EXPECT_TRUE(result.is_unavailable());
  EXPECT_FALSE(result.detail.empty());
  EXPECT_LT(Clock::now() - start, 2s);
}

INSTANTIATE_TEST_SUITE_P(
    LdapPool, Garbage,
    testing::Values(Script{"text", "HTTP/1.1 400 Bad Request\r\n\r\n"}, Script{"zeros", std::string(4000, '\0')},
                    Script{"endless_length", "\x30\x84\x7f\xff\xff\xff"},
                    Script{"half_a_bind", bind_success.substr(0, 7)},
                    Script{"text_after_the_bind", bind_success + "\x16\x03\x01 what is this?"},
                    Script{"half_an_entry", bind_success + std::string("\x30\x40\x02\x01\x02\x64\x30", 7)},
                    Script{"unsolicited_end",
                           bind_success + std::string("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00", 14)}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(LdapPoolTest, answers_what_is_open_when_it_is_destroyed) {
  Slapd slapd(people(1));
  int answered = 0;
  {
    LdapPool pool(options_for({slapd.url()}), loop_);
    ask(pool, who_has("u0@example.com"));
    for (int i = 0; i < 100; ++i) pool.search(who_has("u0@example.com"), [&](const SearchResult&) { ++answered; });
  }
  EXPECT_EQ(answered, 100);
}

}  // namespace
