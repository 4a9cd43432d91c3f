#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <set>

#include "tests/gateway/delivery_world.hpp"
#include "tests/gateway/scripted_peer.hpp"

namespace gateway::testing {

/// A self-signed certificate for mx.example.org, as a server's context and as a file of authorities.
class Certificate {
 public:
  explicit Certificate(const std::filesystem::path& folder, long ends_in = 3600)
      : ca_file((folder / "ca.pem").string()), key_file((folder / "key.pem").string()) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), ends_in);
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
    file = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), octets, &size);
    fingerprint = hex(octets, size);
    unsigned char* info = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &info);
    EVP_Digest(info, static_cast<std::size_t>(length), octets, &size, EVP_sha256(), nullptr);
    key_fingerprint = hex(octets, size);
    OPENSSL_free(info);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { SSL_CTX_free(context); }

  static std::string hex(const unsigned char* octets, unsigned size) {
    std::string text;
    for (unsigned at = 0; at < size; ++at) {
      char pair[3];
      std::snprintf(pair, sizeof pair, "%02x", octets[at]);
      text += pair;
    }
    return text;
  }

  std::string ca_file, key_file, fingerprint, key_fingerprint;
  SSL_CTX* context = nullptr;
};

/// A queue with one route "inside" and a server that offers STARTTLS, or refuses to in the ways a test asks for.
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
    made.tls.timeout = std::chrono::seconds{2};
    return made;
  }
  std::string outcome() {
    open();
    send(envelope({"lea@example.org"}));
    wait_for_log("status=");
    return log.find("status=");
  }
  bool sent() { return outcome().find("status=sent") != std::string::npos; }
  bool deferred(const std::string& text) {
    const std::string line = outcome();
    return line.find("status=deferred (" + text) != std::string::npos && taken_clear == 0;
  }
  bool logged(const std::string& text) { return log.count(text) > 0; }

  void serve(PeerTalk& talk) {
    bool encrypted = false;
    if (wrapped) {
      encrypted = talk.start_tls(certificate.context);
      if (!encrypted) return;
    }
    talk.say("220 peer\r\n");
    for (std::string line = talk.hear(); !line.empty(); line = talk.hear()) {
      if (line.starts_with("EHLO")) {
        talk.say(encrypted ? "250-peer\r\n" + extensions + "250 PIPELINING\r\n"
                 : offers  ? "250-peer\r\n250 STARTTLS\r\n"
                           : "250 peer\r\n");
      } else if (line == "STARTTLS") {
        if (injects) return talk.say("220 go\r\n250-peer\r\n250 AUTH PLAIN\r\n");
        talk.say("220 go\r\n");
        if (stalls) {
          talk.hear();
          return;
        }
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
        if (line.starts_with("MAIL")) mail_line = line;
        talk.say("250 ok\r\n");
      }
    }
  }

  std::atomic<int> taken_encrypted{0}, taken_clear{0};
  std::atomic<bool> break_handshake{false}, offers{true}, injects{false}, stalls{false}, wrapped{false};
  std::string auth_line, mail_line;
  std::string extensions = "250-AUTH PLAIN LOGIN\r\n";
  Certificate certificate;
  ScriptedPeer peer;
};

}  // namespace gateway::testing
