#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

Key client_limit_keys() {
  using K = KeyMaker<ClientLimits>;
  return KeyMaker<Listener>::section(
      "client_limits", &Listener::client_limits, "What one client address may do. A limit or rate of 0 means none.",
      {
          K::integer("connections", &ClientLimits::connections, 0, 1000000, "20",
                     "Connections at the same time from one address."),
          K::rate("connection_rate", &ClientLimits::connection_rate, "60/1m", "New connections in a span of time."),
          K::rate("message_rate", &ClientLimits::message_rate, "100/1m", "MAIL commands in a span of time."),
          K::rate("recipient_rate", &ClientLimits::recipient_rate, "300/1m", "RCPT commands in a span of time."),
          K::rate("unknown_recipient_rate", &ClientLimits::unknown_recipient_rate, "10/1h",
                  "Unknown recipients in a span of time; a client that guesses addresses is turned away for the rest "
                  "of it."),
          K::rate("newtls_rate", &ClientLimits::newtls_rate, "30/1m", "New TLS sessions in a span of time."),
          K::rate("auth_rate", &ClientLimits::auth_rate, "10/1m", "AUTH commands in a span of time."),
          K::rate("auth_failure_rate", &ClientLimits::auth_failure_rate, "5/10m",
                  "Failed logins in a span of time; then no password is looked at for the rest of it."),
      });
}

Key pregreet_keys() {
  using K = KeyMaker<Pregreet>;
  return KeyMaker<Listener>::section(
      "pregreet", &Listener::pregreet,
      "Makes clients outside mynetworks wait for the banner, as postscreen does: who speaks before it is refused with "
      "554. Not with tls: wrapper, where the client speaks first.",
      {
          K::duration("wait", &Pregreet::wait, "6s", "How long the banner is held back; 0: not at all."),
          K::text("banner", &Pregreet::banner, "\"mx1.example.com waits\"",
                  "A first line of the banner that is sent at once (220-), a bait for those who do not read on."),
          K::duration("remember", &Pregreet::remember, "12h", "How long a client that waited need not wait again."),
      });
}

}  // namespace

Key listener_keys() {
  using K = KeyMaker<Listener>;
  Key listeners = KeyMaker<Config>::items(
      "listeners", &Config::listeners, "Where mail is accepted. Each listener has a list of addresses and one port.",
      {
          required(K::text("name", &Listener::name, "mx2", "The name in logs, metrics and systemd's socket units.")),
          restart_only(
              K::texts("address", &Listener::address, "[127.0.0.1, \"::1\"]", "Local IP addresses to listen on.")),
          restart_only(K::integer("port", &Listener::port, 0, 65535, "587", "The TCP port. 0 takes any free port.")),
          K::choice<ListenerTls Listener::*, ListenerTls>(
              "tls", &Listener::tls,
              {{"none", ListenerTls::none},
               {"opportunistic", ListenerTls::opportunistic},
               {"required", ListenerTls::required},
               {"wrapper", ListenerTls::wrapper}},
              "required",
              "none: no STARTTLS. opportunistic: STARTTLS is offered. required: mail only after STARTTLS. wrapper: "
              "TLS from the first octet (port 465)."),
          K::choice<ListenerAuth Listener::*, ListenerAuth>(
              "auth", &Listener::auth,
              {{"no", ListenerAuth::no}, {"offered", ListenerAuth::offered}, {"required", ListenerAuth::required}},
              "offered", "Whether clients may or must log in (AUTH)."),
          K::text("restrictions", &Listener::restrictions, "submission",
                  "The named set under restrictions that rules here; empty: the unnamed one."),
          K::yes_no("proxy_protocol", &Listener::proxy_protocol, "yes",
                    "Expect the PROXY protocol (version 1 or 2) from trusted_proxies, as HAProxy sends it."),
          K::networks("trusted_proxies", &Listener::trusted_proxies, "[10.0.0.0/24]",
                      "Networks whose PROXY header is believed; connections from elsewhere are closed."),
          K::networks("xclient", &Listener::xclient, "[127.0.0.0/8]", "Networks that may use XCLIENT and XFORWARD."),
          K::yes_no("smtputf8", &Listener::smtputf8, "no", "Offer SMTPUTF8 (RFC 6531)."),
          pregreet_keys(),
          client_limit_keys(),
      });
  return fallback(std::move(listeners), "one listener \"mx\" on port 25");
}

Key domain_keys() {
  using K = KeyMaker<Domain>;
  return KeyMaker<Config>::names(
      "domains", &Config::domains,
      "The domains that mail is accepted for. A domain has exactly one class, as in Postfix.",
      {
          required(K::choice<DomainClass Domain::*, DomainClass>(
              "class", &Domain::domain_class,
              {{"local", DomainClass::local},
               {"virtual_alias", DomainClass::virtual_alias},
               {"virtual_mailbox", DomainClass::virtual_mailbox},
               {"relay", DomainClass::relay}},
              "local",
              "relay: handed to another server (relay_domains). virtual_mailbox: delivered to mailboxes "
              "here (virtual_mailbox_domains). virtual_alias: every address is an alias "
              "(virtual_alias_domains). local: users and aliases of this machine (mydestination).")),
          K::maps("recipients", &Domain::recipients, "\"directory:corp\"",
                  "Class relay: who exists (relay_recipient_maps). Without it every address is accepted, and bounced "
                  "later."),
          K::maps("mailboxes", &Domain::mailboxes, "\"directory:people\"",
                  "Class virtual_mailbox: who exists, and where the mailbox is (virtual_mailbox_maps)."),
          K::maps("aliases", &Domain::aliases, "\"file:/etc/aliases\"",
                  "Classes virtual_alias and local: the aliases (virtual_alias_maps, alias_maps)."),
          K::text("route", &Domain::route, "exchange",
                  "The route for this domain's mail; empty: the recipient's own, then \"default\"."),
      });
}

}  // namespace gateway::config
