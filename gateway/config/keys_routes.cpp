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
          K::section("tls", &Route::tls, "Encryption towards these servers.",
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
                                  "Names that verify and secure accept in the certificate; empty: as Postfix."),
                         T::texts("fingerprints", &RouteTls::fingerprints, "[\"sha256:0a1b2c\"]",
                                  "Level fingerprint: the digests that are accepted."),
                     }),
          K::section("auth", &Route::auth, "The login that these servers want. Sent only over TLS.",
                     {
                         required(A::text("user", &RouteAuth::user, "gateway@example.com", "The name.")),
                         required(A::secret("password", &RouteAuth::password, "\"${env:RELAY_PASSWORD}\"",
                                            "The password; best a ${credential:NAME}.")),
                         A::texts("mechanisms", &RouteAuth::mechanisms, "[PLAIN, LOGIN]",
                                  "Mechanisms in the order of preference; empty: what both sides know."),
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
