#include "tests/gateway/tls_peer.hpp"

namespace gateway {
namespace {

using testing::DeliveryTls;

config::RouteAuth login(std::string password, std::vector<std::string> mechanisms) {
  config::RouteAuth auth;
  auth.user = "user";
  auth.password = std::move(password);
  auth.mechanisms = std::move(mechanisms);
  return auth;
}

TEST_F(DeliveryTls, MailTravelsEncryptedWhenOffered) {
  route("mx.example.org", config::TlsLevel::may);
  EXPECT_NE(outcome().find("status=sent"), std::string::npos) << log.all();
  EXPECT_EQ(taken_encrypted, 1);
  EXPECT_NE(metrics.expose().find("gatepost_delivery_tls_sessions_total{route=\"inside\",security=\"verified\"} 1"),
            std::string::npos);
}

TEST_F(DeliveryTls, AVerifiedNameIsTrusted) {
  route("mx.example.org", config::TlsLevel::secure);
  EXPECT_NE(outcome().find("status=sent"), std::string::npos) << log.all();
  EXPECT_EQ(taken_encrypted, 1);
}

TEST_F(DeliveryTls, AnotherNameIsNot) {
  route("other.example.org", config::TlsLevel::verify);
  EXPECT_NE(outcome().find("dsn=4.7.5, status=deferred (Server certificate not verified)"), std::string::npos)
      << log.all();
  EXPECT_EQ(taken_encrypted + taken_clear, 0);
}

TEST_F(DeliveryTls, AnUnknownAuthorityIsNot) {
  route("mx.example.org", config::TlsLevel::verify).tls.ca_file.clear();
  EXPECT_NE(outcome().find("dsn=4.7.5, status=deferred (Server certificate not verified)"), std::string::npos)
      << log.all();
}

TEST_F(DeliveryTls, ABrokenHandshakeFallsBackOnlyAtMay) {
  break_handshake = true;
  route("mx.example.org", config::TlsLevel::may);
  EXPECT_NE(outcome().find("status=sent"), std::string::npos) << log.all();
  EXPECT_EQ(taken_clear, 1);
}

TEST_F(DeliveryTls, ABrokenHandshakeDefersAtEncrypt) {
  break_handshake = true;
  route("mx.example.org", config::TlsLevel::encrypt);
  EXPECT_NE(outcome().find("dsn=4.7.5, status=deferred"), std::string::npos) << log.all();
  EXPECT_EQ(taken_clear, 0);
}

TEST_F(DeliveryTls, PasswordsTravelOnlyBehindTls) {
  route("mx.example.org", config::TlsLevel::encrypt).auth = login("secret", {"PLAIN"});
  EXPECT_NE(outcome().find("status=sent"), std::string::npos) << log.all();
  EXPECT_EQ(auth_line, "AUTH PLAIN AHVzZXIAc2VjcmV0");
}

TEST_F(DeliveryTls, AWrongPasswordDefers) {
  route("mx.example.org", config::TlsLevel::encrypt).auth = login("wrong", {});
  EXPECT_NE(outcome().find(
                "dsn=4.7.0, status=deferred (SASL authentication failed; server mx.example.org[127.0.0.1] said: 535"),
            std::string::npos)
      << log.all();
}

TEST_F(DeliveryTls, EachSessionIsLoggedWithItsTrust) {
  route("mx.example.org", config::TlsLevel::may);
  ASSERT_TRUE(sent()) << log.all();
  EXPECT_TRUE(logged("Trusted TLS connection established to mx.example.org[127.0.0.1]:")) << log.all();
  EXPECT_TRUE(logged(": TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)")) << log.all();
}

TEST_F(DeliveryTls, AStrangeAuthorityIsLoggedAsUntrusted) {
  route("mx.example.org", config::TlsLevel::encrypt).tls.ca_file.clear();
  ASSERT_TRUE(sent()) << log.all();
  EXPECT_TRUE(logged("Untrusted TLS connection established to")) << log.all();
}

TEST_F(DeliveryTls, TextBehindTheReplyToStarttlsEndsTheConversation) {
  injects = true;
  route("mx.example.org", config::TlsLevel::encrypt);
  EXPECT_TRUE(deferred("host mx.example.org[127.0.0.1] sent text before the TLS handshake)")) << log.all();
  EXPECT_EQ(taken_encrypted, 0);
}

TEST_F(DeliveryTls, AHandshakeThatStallsHasADeadline) {
  stalls = true;
  route("mx.example.org", config::TlsLevel::encrypt);
  EXPECT_TRUE(deferred("Cannot start TLS: handshake failure)")) << log.all();
  EXPECT_TRUE(logged("SSL_connect error to mx.example.org[127.0.0.1]:")) << log.all();
  EXPECT_TRUE(logged(": timed out")) << log.all();
}

TEST_F(DeliveryTls, NoOfferDefersAtEncrypt) {
  offers = false;
  route("mx.example.org", config::TlsLevel::encrypt);
  EXPECT_TRUE(deferred("TLS is required, but was not offered by host mx.example.org[127.0.0.1])")) << log.all();
}

TEST_F(DeliveryTls, AnExpiredCertificateIsRefusedByName) {
  testing::Certificate old(folder.path, -3600);
  std::swap(old.context, certificate.context);
  route("mx.example.org", config::TlsLevel::verify);
  EXPECT_TRUE(deferred("Server certificate not verified)")) << log.all();
  EXPECT_TRUE(logged("certificate has expired")) << log.all();
}

TEST_F(DeliveryTls, TheWrapperNeedsNoStarttls) {
  wrapped = true;
  route("mx.example.org", config::TlsLevel::encrypt).tls.wrapper = config::TlsWrapper::yes;
  EXPECT_TRUE(sent()) << log.all();
  EXPECT_EQ(taken_encrypted, 1);
}

TEST_F(DeliveryTls, AFingerprintOfTheCertificateOrItsKeyIsEnough) {
  auto& made = route("mx.example.org", config::TlsLevel::fingerprint);
  made.tls.ca_file.clear();
  made.tls.fingerprints = {"sha256:00", "SHA256:" + certificate.key_fingerprint};
  EXPECT_TRUE(sent()) << log.all();
  EXPECT_TRUE(logged("Verified TLS connection")) << log.all();
}

TEST_F(DeliveryTls, AnotherFingerprintIsNot) {
  route("mx.example.org", config::TlsLevel::fingerprint).tls.fingerprints = {std::string(64, 'a')};
  EXPECT_TRUE(deferred("Server certificate not verified)")) << log.all();
}

TEST_F(DeliveryTls, ThePolicyTableReplacesTheRoutesLevel) {
  route("mx.example.org", config::TlsLevel::none).tls.policy = {{"inline:{}", {}}};
  resolver.values["[mx.example.org]:" + std::to_string(peer.port)] = "verify match=mx.example.org protocols=>=TLSv1.2";
  EXPECT_TRUE(sent()) << log.all();
  EXPECT_TRUE(logged("Verified TLS connection")) << log.all();
}

TEST_F(DeliveryTls, AWrongEntryOfThePolicyTableMakesMailWait) {
  route("mx.example.org", config::TlsLevel::may).tls.policy = {{"inline:{}", {}}};
  resolver.values["[mx.example.org]:" + std::to_string(peer.port)] = "very-secure";
  EXPECT_TRUE(deferred("client TLS configuration problem)")) << log.all();
}

TEST_F(DeliveryTls, APolicyTableThatCannotBeAskedMakesMailWait) {
  route("mx.example.org", config::TlsLevel::may).tls.policy = {{"ldap:down", {}}};
  resolver.broken = true;
  EXPECT_TRUE(deferred("client TLS configuration problem)")) << log.all();
  EXPECT_EQ(peer.connections, 0);
}

TEST_F(DeliveryTls, TheServersOwnLimitOnProtocolsIsRespected) {
  SSL_CTX_set_max_proto_version(certificate.context, TLS1_2_VERSION);
  route("mx.example.org", config::TlsLevel::encrypt).tls.protocols = ">=TLSv1.3";
  EXPECT_TRUE(deferred("Cannot start TLS: handshake failure)")) << log.all();
}

}  // namespace
}  // namespace gateway
