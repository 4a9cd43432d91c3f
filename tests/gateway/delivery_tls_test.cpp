#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/gateway/delivery_world.hpp"
#include "tests/gateway/scripted_peer.hpp"

namespace gateway {
namespace {

using testing::DeliveryWorld;
using testing::PeerTalk;
using testing::relay;
using testing::ScriptedPeer;

/// A self-signed certificate for mx.example.org, as a server's context and as a file of authorities.
class Certificate {
 public:
  explicit Certificate(const std::filesystem::path& folder) : ca_file((folder / "ca.pem").string()) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("mx.example.org"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:mx.example.org");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    FILE* file = std::fopen(ca_file.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { SSL_CTX_free(context); }

  std::string ca_file;
  SSL_CTX* context = nullptr;
};

class DeliveryTls : public ::testing::Test, public DeliveryWorld {
 protected:
  DeliveryTls() : certificate(folder.path), peer([this](PeerTalk& talk, int) { serve(talk); }) {
    dns.add(lookup::DnsType::a, "mx.example.org", "127.0.0.1");
    dns.add(lookup::DnsType::a, "other.example.org", "127.0.0.1");
    resolver.table["@example.org"] = relay("inside");
  }
  ~DeliveryTls() override { queue.reset(); }

  config::Route& route(const std::string& host, config::TlsLevel level) {
    config::Route& made = add_route("inside", {"[" + host + "]:" + std::to_string(peer.port)});
    made.tls.level = level;
    made.tls.ca_file = certificate.ca_file;
    return made;
  }
  std::string outcome() {
    open();
    send(envelope({"lea@example.org"}));
    wait_for_log("status=");
    return log.find("status=");
  }

  void serve(PeerTalk& talk) {
    talk.say("220 peer\r\n");
    bool encrypted = false;
    for (std::string line = talk.hear(); !line.empty(); line = talk.hear()) {
      if (line.starts_with("EHLO")) {
        talk.say(encrypted ? "250-peer\r\n250-AUTH PLAIN LOGIN\r\n250 PIPELINING\r\n" : "250-peer\r\n250 STARTTLS\r\n");
      } else if (line == "STARTTLS") {
        talk.say("220 go\r\n");
        if (break_handshake) return talk.say("nonsense");
        encrypted = talk.start_tls(certificate.context);
        if (!encrypted) return;
      } else if (line.starts_with("AUTH")) {
        auth_line = line;
        talk.say(line == "AUTH PLAIN AHVzZXIAc2VjcmV0" ? "235 2.7.0 ok\r\n" : "535 5.7.8 no\r\n");
      } else if (line == "DATA") {
        talk.say("354 go\r\n");
        talk.hear_content();
        ++(encrypted ? taken_encrypted : taken_clear);
        talk.say("250 2.0.0 ok\r\n");
      } else {
        talk.say("250 ok\r\n");
      }
    }
  }

  std::atomic<int> taken_encrypted{0}, taken_clear{0};
  std::atomic<bool> break_handshake{false};
  std::string auth_line;
  Certificate certificate;
  ScriptedPeer peer;
};

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
  route("mx.example.org", config::TlsLevel::encrypt).auth = config::RouteAuth{"user", "secret", {"PLAIN"}};
  EXPECT_NE(outcome().find("status=sent"), std::string::npos) << log.all();
  EXPECT_EQ(auth_line, "AUTH PLAIN AHVzZXIAc2VjcmV0");
}

TEST_F(DeliveryTls, AWrongPasswordDefers) {
  route("mx.example.org", config::TlsLevel::encrypt).auth = config::RouteAuth{"user", "wrong", {}};
  EXPECT_NE(outcome().find(
                "dsn=4.7.0, status=deferred (SASL authentication failed; server mx.example.org[127.0.0.1] said: 535"),
            std::string::npos)
      << log.all();
}

}  // namespace
}  // namespace gateway
