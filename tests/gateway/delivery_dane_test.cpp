#include "tests/gateway/tls_peer.hpp"

namespace gateway {
namespace {

using config::TlsLevel;
using lookup::DnsType;

/// RFC 7672 with a resolver that says what was validated.
class DeliveryDane : public testing::DeliveryTls {
 protected:
  DeliveryDane() {
    config.hostname = "gw.example.com";
    answer(DnsType::a, "mx.example.org", {"127.0.0.1"}, true);
    answer(DnsType::mx, "example.org", {"10 mx.example.org"}, true);
  }

  void answer(DnsType type, const std::string& name, std::vector<std::string> values, bool secure,
              std::string canonical = {}) {
    lookup::DnsAnswer made;
    if (!values.empty()) made.answer = lookup::Answer::found(std::move(values));
    made.secure = secure;
    made.canonical = std::move(canonical);
    dns.set(type, name, made);
  }
  void tlsa(std::vector<std::string> records, bool secure = true, const std::string& host = "mx.example.org") {
    answer(DnsType::tlsa, tlsa_name(host), std::move(records), secure);
  }
  std::string tlsa_name(const std::string& host) const { return "_" + std::to_string(peer.port) + "._tcp." + host; }

  /// By the MX records of example.org; the certificate's authority is nobody that is trusted.
  void by_mx(TlsLevel level) {
    config::Route& made = add_route("inside", {"mx:" + std::to_string(peer.port)});
    made.tls.level = level;
    made.tls.timeout = std::chrono::seconds{2};
  }
  std::string good_key() const { return "3 1 1 " + certificate.key_fingerprint; }
  static std::string other_key() { return "3 1 1 " + std::string(64, 'a'); }
};

TEST_F(DeliveryDane, AKeyInTheDnsIsEnough) {
  by_mx(TlsLevel::dane);
  tlsa({other_key(), good_key()});
  ASSERT_TRUE(sent()) << log.all();
  EXPECT_TRUE(logged("Verified TLS connection established to mx.example.org[127.0.0.1]:")) << log.all();
  EXPECT_NE(metrics.expose().find("gatepost_delivery_tls_sessions_total{route=\"inside\",security=\"dane\"} 1"),
            std::string::npos);
}

TEST_F(DeliveryDane, UsageThreeAsksNeitherForADateNorForAName) {
  testing::Certificate old(folder.path, -3600);
  std::swap(old.context, certificate.context);
  answer(DnsType::mx, "example.org", {"10 other.example.org"}, true);
  answer(DnsType::a, "other.example.org", {"127.0.0.1"}, true);
  by_mx(TlsLevel::dane_only);
  tlsa({"3 1 1 " + old.key_fingerprint}, true, "other.example.org");
  EXPECT_TRUE(sent()) << log.all();
}

TEST_F(DeliveryDane, AnotherKeyIsRefused) {
  by_mx(TlsLevel::dane);
  tlsa({other_key()});
  EXPECT_TRUE(deferred("Server certificate not verified)")) << log.all();
  EXPECT_EQ(taken_encrypted, 0);
}

TEST_F(DeliveryDane, ABrokenHandshakeNeverFallsBack) {
  break_handshake = true;
  by_mx(TlsLevel::dane);
  tlsa({good_key()});
  EXPECT_TRUE(deferred("")) << log.all();
}

TEST_F(DeliveryDane, AServerWithRecordsMustOfferTls) {
  offers = false;
  by_mx(TlsLevel::dane);
  tlsa({good_key()});
  EXPECT_TRUE(deferred("TLS is required, but was not offered by host")) << log.all();
}

TEST_F(DeliveryDane, RecordsThatCannotBeAskedForMakeMailWait) {
  by_mx(TlsLevel::dane);
  lookup::DnsAnswer bogus;
  bogus.answer = lookup::Answer::unavailable(lookup::Unavailable::malformed, "bogus");
  dns.set(DnsType::tlsa, tlsa_name("mx.example.org"), bogus);
  EXPECT_TRUE(deferred("TLSA lookup error for mx.example.org:" + std::to_string(peer.port))) << log.all();
  EXPECT_EQ(peer.connections, 0);
}

TEST_F(DeliveryDane, WithoutRecordsDaneIsMay) {
  break_handshake = true;
  by_mx(TlsLevel::dane);
  tlsa({});
  EXPECT_TRUE(sent()) << log.all();
  EXPECT_EQ(taken_clear, 1);
}

TEST_F(DeliveryDane, WithoutRecordsDaneOnlyWaits) {
  by_mx(TlsLevel::dane_only);
  tlsa({});
  EXPECT_TRUE(deferred("no TLSA records found)")) << log.all();
}

TEST_F(DeliveryDane, AnUnsignedMxMakesDaneMay) {
  answer(DnsType::mx, "example.org", {"10 mx.example.org"}, false);
  by_mx(TlsLevel::dane);
  tlsa({other_key()});
  EXPECT_TRUE(sent()) << log.all();
  EXPECT_EQ(taken_encrypted, 1);
}

TEST_F(DeliveryDane, AnUnsignedMxMakesDaneOnlyWait) {
  answer(DnsType::mx, "example.org", {"10 mx.example.org"}, false);
  by_mx(TlsLevel::dane_only);
  tlsa({good_key()});
  EXPECT_TRUE(deferred("non DNSSEC destination)")) << log.all();
  EXPECT_EQ(peer.connections, 0);
}

TEST_F(DeliveryDane, AnUnsignedAddressIsAskedForNoRecords) {
  answer(DnsType::a, "mx.example.org", {"127.0.0.1"}, false);
  by_mx(TlsLevel::dane);
  tlsa({other_key()});
  EXPECT_TRUE(sent()) << log.all();
}

TEST_F(DeliveryDane, UnsignedRecordsProveNothing) {
  by_mx(TlsLevel::dane);
  tlsa({other_key()}, false);
  EXPECT_TRUE(sent()) << log.all();
}

TEST_F(DeliveryDane, RecordsForOthersPromiseTlsAllTheSame) {
  break_handshake = true;
  by_mx(TlsLevel::dane);
  tlsa({"1 0 1 " + certificate.fingerprint, "3 1 9 00", "3 1 1 aa"});
  EXPECT_TRUE(deferred("")) << log.all();
}

TEST_F(DeliveryDane, TheEndOfACnameHasTheRecords) {
  answer(DnsType::a, "mx.example.org", {"127.0.0.1"}, true, "real.example.org");
  by_mx(TlsLevel::dane);
  tlsa({good_key()}, true, "real.example.org");
  tlsa({other_key()});
  EXPECT_TRUE(sent()) << log.all();
  EXPECT_TRUE(logged("Verified TLS connection")) << log.all();
}

TEST_F(DeliveryDane, TheSendersWishSetsRecordsAside) {
  break_handshake = true;
  by_mx(TlsLevel::dane);
  tlsa({good_key()});
  open();
  Envelope made = envelope({"lea@example.org"});
  made.tls_not_required = true;
  send(std::move(made));
  EXPECT_TRUE(wait_for_log("status=sent")) << log.all();
  EXPECT_EQ(taken_clear, 1);
}

TEST_F(DeliveryDane, RequiretlsIsHandedOn) {
  extensions = "250-REQUIRETLS\r\n";
  by_mx(TlsLevel::dane);
  tlsa({good_key()});
  open();
  Envelope made = envelope({"lea@example.org"});
  made.require_tls = true;
  send(std::move(made));
  EXPECT_TRUE(wait_for_log("status=sent")) << log.all();
  EXPECT_NE(mail_line.find(" REQUIRETLS"), std::string::npos) << mail_line;
}

TEST_F(DeliveryDane, RequiretlsComesBackWhereItIsUnknown) {
  by_mx(TlsLevel::dane);
  tlsa({good_key()});
  open();
  Envelope made = envelope({"lea@example.org"});
  made.require_tls = true;
  send(std::move(made));
  EXPECT_TRUE(wait_for_log("dsn=5.7.30, status=bounced (REQUIRETLS is required, but was not offered by host"))
      << log.all();
}

TEST_F(DeliveryDane, RequiretlsWaitsForAServerThatProvesItself) {
  extensions = "250-REQUIRETLS\r\n";
  by_mx(TlsLevel::may);
  open();
  Envelope made = envelope({"lea@example.org"});
  made.require_tls = true;
  send(std::move(made));
  EXPECT_TRUE(wait_for_log("status=deferred (Server certificate not verified)")) << log.all();
}

TEST_F(DeliveryDane, RequiretlsNeedsAWayThatNobodyCouldBend) {
  answer(DnsType::mx, "example.org", {"10 mx.example.org"}, false);
  by_mx(TlsLevel::may);
  open();
  Envelope made = envelope({"lea@example.org"});
  made.require_tls = true;
  send(std::move(made));
  EXPECT_TRUE(wait_for_log("dsn=5.7.30, status=bounced (REQUIRETLS needs MX records that are validated")) << log.all();
  EXPECT_EQ(peer.connections, 0);
}

}  // namespace
}  // namespace gateway
