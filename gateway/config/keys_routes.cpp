#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

Key protocol_key() {
  Key key = KeyMaker<Route>::make(KeyType::text, "protocol", "lmtp",
                                  "smtp, lmtp, or lmtp:unix:PATH for a socket on this machine.");
  key.store = [](Reading& reading, void* owner, const Value& value) {
    auto& route = *static_cast<Route*>(owner);
    const auto text = reading.scalar(value, "smtp, lmtp or lmtp:unix:PATH");
    if (!text) return;
    if (*text == "smtp" || *text == "lmtp") {
      route.protocol = *text == "smtp" ? Protocol::smtp : Protocol::lmtp;
    } else if (text->starts_with("lmtp:unix:") && text->size() > 10) {
      route.protocol = Protocol::lmtp;
      route.unix_path = reading.absolute(text->substr(10));
    } else {
      reading.error(value.place,
                    fmt::format("\"{}\" is not a protocol; it must be smtp, lmtp or lmtp:unix:PATH", *text));
    }
  };
  key.show = [](const void* owner) {
    const auto& route = *static_cast<const Route*>(owner);
    if (!route.unix_path.empty()) return print_text("lmtp:unix:" + route.unix_path);
    return std::string(route.protocol == Protocol::smtp ? "smtp" : "lmtp");
  };
  return key;
}

}  // namespace

Key route_keys() {
  static const std::vector<std::string> sasl_options{"noplaintext", "noactive",    "nodictionary",
                                                     "noanonymous", "mutual_auth", "forward_secrecy"};
  using K = KeyMaker<Route>;
  using T = KeyMaker<RouteTls>;
  using A = KeyMaker<RouteAuth>;
  Key routes = KeyMaker<Config>::names(
      "routes", &Config::routes, "Where accepted mail goes. \"default\" is for everything without a route of its own.",
      {
          K::texts(
              "relay", &Route::relay, "[\"[10.0.0.5]:25\", \"[10.0.0.6]:25\"]",
              "Servers in the order in which they are tried. \"[host]:port\": that host. \"host\": its MX records. "
              "\"mx\": the MX records of the recipient's domain."),
          protocol_key(),
          K::section(
              "tls", &Route::tls, "Encryption towards these servers.",
              {
                  T::choice<TlsLevel RouteTls::*, TlsLevel>("level", &RouteTls::level,
                                                            {{"none", TlsLevel::none},
                                                             {"may", TlsLevel::may},
                                                             {"encrypt", TlsLevel::encrypt},
                                                             {"dane", TlsLevel::dane},
                                                             {"dane-only", TlsLevel::dane_only},
                                                             {"fingerprint", TlsLevel::fingerprint},
                                                             {"verify", TlsLevel::verify},
                                                             {"secure", TlsLevel::secure}},
                                                            "encrypt", "As Postfix's smtp_tls_security_level."),
                  T::path("ca_file", &RouteTls::ca_file, "/etc/ssl/certs/corp-ca.pem",
                          "Authorities that are trusted; empty: the system's."),
                  T::path("cert_file", &RouteTls::cert_file, "/etc/ssl/certs/gatepost.pem",
                          "Certificate that the gateway shows."),
                  T::path("key_file", &RouteTls::key_file, "/etc/ssl/private/gatepost.key", "Its key."),
                  T::texts("match", &RouteTls::match, "[mail.example.com]",
                           "Names that verify and secure accept in the certificate: hostname, nexthop, "
                           "dot-nexthop or a name; empty: as Postfix."),
                  T::texts("fingerprints", &RouteTls::fingerprints, "[\"sha256:0a1b2c\"]",
                           "Level fingerprint: the digests of certificates or public keys that are accepted."),
                  T::text("protocols", &RouteTls::protocols, "\">=TLSv1.3\"",
                          "Protocols that are spoken, as Postfix's smtp_tls_protocols; empty: TLSv1.2 and later."),
                  T::text("ciphers", &RouteTls::ciphers, "high",
                          "Ciphers for TLS 1.2: low, medium, high or a cipher list of OpenSSL; empty: OpenSSL's."),
                  T::text("servername", &RouteTls::servername, "mail.example.com",
                          "The name sent in the handshake (SNI); empty: that of the server."),
                  T::choice<TlsWrapper RouteTls::*, TlsWrapper>(
                      "wrapper", &RouteTls::wrapper,
                      {{"auto", TlsWrapper::automatic}, {"no", TlsWrapper::no}, {"yes", TlsWrapper::yes}}, "yes",
                      "TLS from the first octet on instead of STARTTLS. auto: on port 465."),
                  T::maps("policy", &RouteTls::policy, "[\"hash:/etc/postfix/tls_policy\"]",
                          "Tables in the manner of smtp_tls_policy_maps: destination, then LEVEL match=... "
                          "protocols=... ciphers=... servername=...; what they find replaces the values here."),
                  T::yes_no("mta_sts", &RouteTls::mta_sts, "yes",
                            "Ask for and keep the policies of MTA-STS (RFC 8461) of domains that mail goes to by "
                            "their MX records."),
                  T::duration("timeout", &RouteTls::timeout, "30s", "For the handshake, as smtp_starttls_timeout."),
              }),
          K::section(
              "auth", &Route::auth, "The login that these servers want. A password is sent only over TLS.",
              {
                  A::text("user", &RouteAuth::user, "gateway@example.com", "The name."),
                  A::secret("password", &RouteAuth::password, "\"${env:RELAY_PASSWORD}\"",
                            "The password; best a ${credential:NAME}."),
                  A::maps("passwords", &RouteAuth::passwords, "[\"hash:/etc/postfix/sasl_passwd\"]",
                          "Tables in the manner of smtp_sasl_password_maps: host or destination, then user:password. "
                          "They come before user; a server that they do not name gets that one, or no login."),
                  A::yes_no("by_sender", &RouteAuth::by_sender, "yes",
                            "The envelope sender's address, then its @domain, are looked up first in passwords."),
                  A::texts("mechanisms", &RouteAuth::mechanisms, "[PLAIN, LOGIN]",
                           "Mechanisms in the order of preference; \"!NAME\": never that one; empty: what both sides "
                           "know, the strongest first."),
                  A::texts("security_options", &RouteAuth::security_options, "[noanonymous, noplaintext, noactive]",
                           "What is asked of a mechanism without TLS, as smtp_sasl_security_options.", sasl_options),
                  A::texts("tls_security_options", &RouteAuth::tls_security_options, "[noanonymous, noplaintext]",
                           "The same over TLS.", sasl_options),
              }),
          K::integer("concurrency", &Route::concurrency, 1, 10000, "2",
                     "Most connections at the same time to one destination."),
          K::integer("recipient_limit", &Route::recipient_limit, 1, 100000, "10",
                     "Most recipients of one message in one transaction."),
          K::rate("rate", &Route::rate, "30/1m", "Most messages in a span of time; 0: no limit."),
          K::text("bind_address", &Route::bind_address, "192.0.2.1", "The local address that connections come from."),
          K::texts("fallback", &Route::fallback, "[\"[fallback.example.com]\"]",
                   "Servers to try when none of the others can be reached."),
      });
  return fallback(std::move(routes), "\"default\" with relay: mx");
}

}  // namespace gateway::config
