#include "gateway/delivery/tls_policy.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "gateway/delivery/certificate_match.hpp"
#include "gateway/delivery/login_choice.hpp"
#include "gateway/delivery/sasl_client.hpp"
#include "gateway/delivery/tls_protocols.hpp"

namespace gateway {
namespace {

using config::TlsLevel;

TEST(TlsPolicyKeys, ADomainComesWithItsParents) {
  EXPECT_EQ(tls_policy_keys("Mail.Example.Com"),
            (std::vector<std::string>{"mail.example.com", ".example.com", ".com"}));
  EXPECT_EQ(tls_policy_keys("example.com:2525"), (std::vector<std::string>{"example.com:2525", "example.com", ".com"}));
}

TEST(TlsPolicyKeys, ABracketedHostHasNoParents) {
  EXPECT_EQ(tls_policy_keys("[mail.example.com]"), (std::vector<std::string>{"[mail.example.com]"}));
  EXPECT_EQ(tls_policy_keys("2001:db8::1"), (std::vector<std::string>{"2001:db8::1"}));
}

TEST(TlsPolicyKeys, APortIsAlsoFoundByItsName) {
  EXPECT_EQ(tls_policy_keys("[mail.example.com]:587"),
            (std::vector<std::string>{"[mail.example.com]:587", "[mail.example.com]:submission"}));
}

struct PolicyCase {
  const char* name;
  const char* entry;
  bool good;
};
class TlsPolicyEntry : public ::testing::TestWithParam<PolicyCase> {};

TEST_P(TlsPolicyEntry, IsUnderstoodOrRefused) {
  EXPECT_EQ(apply_tls_policy({}, GetParam().entry).has_value(), GetParam().good) << GetParam().entry;
}

INSTANTIATE_TEST_SUITE_P(
    All, TlsPolicyEntry,
    ::testing::Values(PolicyCase{"a_level_alone", "encrypt", true}, PolicyCase{"in_capitals", "MAY", true},
                      PolicyCase{"dane_only", "dane-only", true},
                      PolicyCase{"with_attributes", "secure match=example.com:.example.com ciphers=high", true},
                      PolicyCase{"commas", "encrypt, protocols=!SSLv3, ciphers=medium", true},
                      PolicyCase{"postfix_reuse", "may connection_reuse=yes", true}, PolicyCase{"empty", "", false},
                      PolicyCase{"unknown_level", "high", false}, PolicyCase{"unknown_attribute", "may x=y", false},
                      PolicyCase{"no_value", "verify match=", false}, PolicyCase{"no_equals", "verify strict", false},
                      PolicyCase{"match_at_encrypt", "encrypt match=a", false},
                      PolicyCase{"fingerprint_without_any", "fingerprint", false},
                      PolicyCase{"no_protocol_left", "may protocols=!TLSv1.2:!TLSv1.3", false}),
    [](const auto& each) { return each.param.name; });

TEST(TlsPolicy, ItsValuesReplaceThoseOfTheRoute) {
  config::RouteTls route;
  route.match = {"of.the.route"};
  route.ca_file = "/ca.pem";
  const auto applied = apply_tls_policy(route,
                                        "verify match=a.example:b.example protocols=TLSv1.3 exclude=aes128:RC4 "
                                        "servername=sni.example");
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->level, TlsLevel::verify);
  EXPECT_EQ(applied->match, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(applied->ca_file, "/ca.pem");
  EXPECT_EQ(applied->ciphers, "medium:!aes128:!RC4");
  EXPECT_EQ(applied->servername, "sni.example");
}

TEST(TlsPolicy, DigestsArePartedByBars) {
  const auto applied = apply_tls_policy({}, "fingerprint match=AA:BB|CC:DD match=EE:FF");
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->fingerprints, (std::vector<std::string>{"AA:BB", "CC:DD", "EE:FF"}));
}

TEST(TlsProtocols, ReadAsPostfixReadsThem) {
  EXPECT_EQ(parse_tls_protocols("")->least, TLS1_2_VERSION);
  EXPECT_EQ(parse_tls_protocols(">=TLSv1.3")->least, TLS1_3_VERSION);
  EXPECT_EQ(parse_tls_protocols("<=TLSv1.2")->most, TLS1_2_VERSION);
  EXPECT_EQ(parse_tls_protocols("!SSLv2, !SSLv3:!TLSv1.3")->excluded,
            static_cast<std::uint64_t>(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1_3));
  EXPECT_NE(parse_tls_protocols("TLSv1.3")->excluded & SSL_OP_NO_TLSv1_2, 0U);
  EXPECT_FALSE(parse_tls_protocols("TLSv2"));
  EXPECT_FALSE(parse_tls_protocols(">=TLSv1.3 <=TLSv1.2"));
  EXPECT_FALSE(parse_tls_protocols("!TLSv1.2 !TLSv1.3"));
}

TEST(Tlsa, OnlyWhatDaneForSmtpAllowsIsUsable) {
  const std::string sha256(64, 'a'), sha512(128, 'b');
  EXPECT_TRUE(is_usable_tlsa("3 1 1 " + sha256));
  EXPECT_TRUE(is_usable_tlsa("2 0 2 " + sha512));
  EXPECT_TRUE(is_usable_tlsa("3 0 0 3082"));
  for (const std::string& each : {"0 0 1 " + sha256, "1 0 1 " + sha256, "3 2 1 " + sha256, "3 1 3 " + sha256,
                                  "3 1 1 " + sha512, std::string("3 1 1 abc"), std::string("3 1 1"), std::string(""),
                                  std::string("x y z 00"), "3 1 1 " + std::string(64, 'g')})
    EXPECT_FALSE(is_usable_tlsa(each)) << each;
}

TEST(Fingerprint, IsKnownByItsLength) {
  EXPECT_TRUE(is_fingerprint("sha256:" + std::string(64, '0')));
  EXPECT_TRUE(is_fingerprint("SHA1:" + std::string(40, 'F')));
  EXPECT_TRUE(is_fingerprint("AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99"));
  EXPECT_FALSE(is_fingerprint("sha256:0a1b2c"));
  EXPECT_FALSE(is_fingerprint("mail.example.com"));
}

TEST(LoginChoice, StrongMechanismsComeFirst) {
  const config::RouteAuth wishes;
  const auto choice =
      choose_mechanisms(wishes, {"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256", "ANONYMOUS"}, Plaintext::allowed);
  EXPECT_EQ(choice.plugins, (std::vector<std::string>{"CRAM-MD5", "SCRAM-SHA-256"}));
  EXPECT_EQ(choice.ordered, (std::vector<std::string>{"PLAIN", "LOGIN"}));
}

TEST(LoginChoice, PlaintextStaysHomeWithoutTls) {
  const auto choice = choose_mechanisms({}, {"PLAIN", "LOGIN"}, Plaintext::refused);
  EXPECT_TRUE(choice.is_empty());
}

TEST(LoginChoice, TheAdministratorsOrderRules) {
  config::RouteAuth wishes;
  wishes.mechanisms = {"login", "!PLAIN", "SCRAM-SHA-1"};
  const auto choice = choose_mechanisms(wishes, {"PLAIN", "LOGIN", "SCRAM-SHA-1"}, Plaintext::allowed);
  EXPECT_EQ(choice.ordered, (std::vector<std::string>{"LOGIN", "SCRAM-SHA-1"}));
  wishes.mechanisms = {"!CRAM-MD5"};
  EXPECT_TRUE(choose_mechanisms(wishes, {"CRAM-MD5"}, Plaintext::allowed).is_empty());
}

TEST(Login, EverythingBehindTheFirstColonIsThePassword) {
  EXPECT_EQ(parse_login("user:a:b"), (PeerLogin{"user", "a:b"}));
  EXPECT_EQ(parse_login("user"), (PeerLogin{"user", ""}));
}

TEST(SaslClient, AnswersTheChallengeOfCramMd5) {
  // RFC 2195 2.
  SaslClient client({{"tim", "tanstaaftanstaaf"}, "postoffice.example.net", {"noanonymous"}});
  const auto started = client.start({"CRAM-MD5"});
  ASSERT_TRUE(started) << started.error();
  EXPECT_EQ(started->mechanism, "CRAM-MD5");
  EXPECT_FALSE(started->initial);
  const auto answer = client.step("PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+");
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(*answer, "tim b913a602c7eda7a495b4e6e7334d3890");
}

TEST(SaslClient, RefusesWhatNoPluginDoes) {
  SaslClient client({{"u", "p"}, "host", {}});
  const auto started = client.start({"X-UNKNOWN"});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "no mechanism available");
}

}  // namespace
}  // namespace gateway
