#include <gtest/gtest.h>

#include "gateway/sasl/base64.hpp"
#include "gateway/sasl/dovecot_protocol.hpp"
#include "gateway/sasl/mechanisms.hpp"
#include "gateway/sasl/password_exchange.hpp"
#include "gateway/smtp/login_failures.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(Base64, is_strict) {
  for (const char* bad : {"A", "AA=A", "====", "A===", "AAA ", "AA\n="}) EXPECT_FALSE(decode_base64(bad)) << bad;
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("TWE="), "Ma");
}

TEST(Base64, decodes_what_it_encodes) {
  for (const auto& octets : {""s, "a"s, "ab"s, "abc"s, "\0\xff\x80z"s})
    EXPECT_EQ(decode_base64(encode_base64(octets)), octets);
}

TEST(PasswordExchange, plain_takes_name_and_password) {
  PasswordExchange exchange(PasswordExchange::Mechanism::plain);
  EXPECT_EQ(exchange.start("\0alice\0secret"s), PasswordExchange::Step::complete);
  EXPECT_EQ(exchange.login(), "alice");
  EXPECT_EQ(exchange.take_password(), "secret");
}

TEST(PasswordExchange, plain_takes_the_own_name_as_authorization) {
  PasswordExchange exchange(PasswordExchange::Mechanism::plain);
  EXPECT_EQ(exchange.start("alice\0alice\0secret"s), PasswordExchange::Step::complete);
}

TEST(PasswordExchange, plain_refuses_to_act_for_another) {
  PasswordExchange exchange(PasswordExchange::Mechanism::plain);
  EXPECT_EQ(exchange.start("root\0alice\0secret"s), PasswordExchange::Step::foreign);
}

TEST(PasswordExchange, plain_wants_two_separators) {
  for (const auto& octets : {""s, "alice"s, "\0alice"s, "\0alice\0x\0y"s}) {
    PasswordExchange exchange(PasswordExchange::Mechanism::plain);
    EXPECT_EQ(exchange.start(octets), PasswordExchange::Step::malformed) << encode_base64(octets);
  }
}

TEST(PasswordExchange, login_asks_twice) {
  PasswordExchange exchange(PasswordExchange::Mechanism::login);
  EXPECT_EQ(exchange.start(std::nullopt), PasswordExchange::Step::challenge);
  EXPECT_EQ(exchange.challenge(), "Username:");
  EXPECT_EQ(exchange.feed("alice"), PasswordExchange::Step::challenge);
  EXPECT_EQ(exchange.challenge(), "Password:");
  EXPECT_EQ(exchange.feed("secret"), PasswordExchange::Step::complete);
}

struct Claim {
  const char *name, *mechanism;
  std::string octets, login;
};

class ClaimedLogin : public testing::TestWithParam<Claim> {};

TEST_P(ClaimedLogin, is_read) {
  EXPECT_EQ(claimed_login(GetParam().mechanism, GetParam().octets, 0), GetParam().login);
}

INSTANTIATE_TEST_SUITE_P(
    Mechanisms, ClaimedLogin,
    testing::Values(Claim{"plain", "PLAIN", "\0lea\0pass"s, "lea"}, Claim{"broken_plain", "PLAIN", "lea", ""},
                    Claim{"login", "LOGIN", "lea@example.com", "lea@example.com"},
                    Claim{"cram", "CRAM-MD5", "lea b. 9dbb6a", "lea b."},
                    Claim{"digest", "DIGEST-MD5", "charset=utf-8,username=\"lea\",realm=\"x\"", "lea"},
                    Claim{"scram", "SCRAM-SHA-256", "n,,n=l=2Ce=3Da,r=abc", "l,e=a"},
                    Claim{"external", "EXTERNAL", "lea", "lea"}, Claim{"gssapi", "GSSAPI", "\x60\x82", ""}),
    [](const auto& each) { return each.param.name; });

struct Option {
  const char *name, *option, *mechanism;
  bool keeps;
};

class SecurityOptions : public testing::TestWithParam<Option> {};

TEST_P(SecurityOptions, are_kept) {
  EXPECT_EQ(keeps_to({GetParam().option}, GetParam().mechanism), GetParam().keeps);
}

INSTANTIATE_TEST_SUITE_P(Words, SecurityOptions,
                         testing::Values(Option{"plain_shows_the_password", "noplaintext", "PLAIN", false},
                                         Option{"cram_does_not", "noplaintext", "CRAM-MD5", true},
                                         Option{"anonymous_is_anonymous", "noanonymous", "ANONYMOUS", false},
                                         Option{"cram_can_be_guessed_at", "nodictionary", "CRAM-MD5", false},
                                         Option{"gssapi_cannot", "nodictionary", "GSSAPI", true},
                                         Option{"scram_proves_the_server", "mutual_auth", "SCRAM-SHA-256", true},
                                         Option{"strangers_keep_nothing", "noanonymous", "SRP", false}),
                         [](const auto& each) { return each.param.name; });

TEST(Dovecot, answers_are_read) {
  const auto ok = parse_dovecot_line("OK\t7\tuser=lea\001tx\tnologin");
  EXPECT_EQ(ok.kind, DovecotLine::Kind::accepted);
  EXPECT_EQ(ok.id, 7u);
  EXPECT_EQ(ok.user, "lea\tx");
  const auto more = parse_dovecot_line("CONT\t8\tUGFzc3dvcmQ6");
  EXPECT_EQ(more.kind, DovecotLine::Kind::challenge);
  EXPECT_EQ(more.octets, "Password:");
  const auto wrong = parse_dovecot_line("FAIL\t9\tuser=lea");
  EXPECT_EQ(wrong.kind, DovecotLine::Kind::refused);
  EXPECT_FALSE(wrong.is_temporary);
  for (const char* later : {"FAIL\t9\tuser=lea\ttemp", "FAIL\t9\tcode=temp_fail\tuser=lea"})
    EXPECT_TRUE(parse_dovecot_line(later).is_temporary) << later;
  const auto mechanism = parse_dovecot_line("MECH\tPLAIN\tplaintext");
  EXPECT_EQ(mechanism.mechanism, "PLAIN");
  EXPECT_EQ(mechanism.properties, std::vector<std::string>{"plaintext"});
}

TEST(Dovecot, broken_lines_are_told_apart) {
  for (const char* bad : {"OK", "OK\tx", "FAIL\t-1", "CONT\t1\t!", "VERSION", "VERSION\tone\t1", "MECH"})
    EXPECT_EQ(parse_dovecot_line(bad).kind, DovecotLine::Kind::malformed) << bad;
  for (const char* other : {"", "SPID\t5", "COOKIE\tabc", "NEWS\t1"})
    EXPECT_EQ(parse_dovecot_line(other).kind, DovecotLine::Kind::other) << other;
}

TEST(Dovecot, what_users_write_begins_no_parameter) {
  LoginPeer peer;
  peer.client_address = "192.0.2.7";
  peer.server_address = "192.0.2.1";
  peer.client_port = 4711;
  peer.server_port = 587;
  peer.tls = true;
  peer.certificate_name = "lea\tnologin\nAUTH";
  EXPECT_EQ(dovecot_request(3, "PLAIN", peer, "\0a\0b"s),
            "AUTH\t3\tPLAIN\tservice=smtp\tnologin\tlip=192.0.2.1\trip=192.0.2.7\tlport=587\trport=4711\tsecured=tls\t"
            "valid-client-cert\tcert_username=lea\001tnologin\001nAUTH\tresp=AGEAYg==\n");
}

const auto start = LoginFailures::Clock::time_point{} + 1000h;

TEST(LoginFailures, no_more_than_the_rate_are_admitted) {
  LoginFailures failures;
  const config::Rate rate{3, 60s};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(failures.admit("login:lea", rate, start));
  EXPECT_FALSE(failures.admit("login:lea", rate, start + 59s));
  EXPECT_TRUE(failures.admit("login:ben", rate, start));
}

TEST(LoginFailures, old_ones_fade) {
  LoginFailures failures;
  const config::Rate rate{2, 60s};
  EXPECT_TRUE(failures.admit("k", rate, start));
  EXPECT_TRUE(failures.admit("k", rate, start));
  EXPECT_FALSE(failures.admit("k", rate, start + 61s));
  EXPECT_TRUE(failures.admit("k", rate, start + 95s));
  EXPECT_TRUE(failures.admit("k", rate, start + 300s));
}

TEST(LoginFailures, an_attempt_that_did_not_fail_is_taken_back) {
  LoginFailures failures;
  const config::Rate rate{1, 60s};
  {
    LoginAttempt attempt(failures);
    EXPECT_TRUE(attempt.admit("k", rate));
    LoginAttempt beside(failures);
    EXPECT_FALSE(beside.admit("k", rate)) << "many at once must not slip through together";
  }
  EXPECT_EQ(failures.size(), 0u);
  {
    LoginAttempt attempt(failures);
    EXPECT_TRUE(attempt.admit("k", rate));
    attempt.fail();
  }
  LoginAttempt next(failures);
  EXPECT_FALSE(next.admit("k", rate));
}

TEST(LoginFailures, spellings_of_one_person_are_one) {
  for (const char* spelling : {"lea", "LEA@example.com", "EXAMPLE\\Lea"}) EXPECT_EQ(counted_login(spelling), "lea");
}

}  // namespace
}  // namespace gateway
