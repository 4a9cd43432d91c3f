#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lookup/ip_address.hpp"

/// The configuration as plain values: what the YAML file says, with defaults filled in, units converted, secrets
/// resolved and relative paths made absolute. Built once by gateway/config/read_config, immutable afterwards.
namespace gateway::config {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;

/// A place in the configuration file, 1-based; line 0 = not from the file.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

/// One line of a list together with where it stands, so that a later finding can name it.
struct Text {
  std::string text;
  Place place;
  bool operator==(const Text&) const = default;
};
using Texts = std::vector<Text>;

/// "60/1m"; count 0 = no limit.
struct Rate {
  std::uint32_t count = 0;
  Seconds per{60};
  bool operator==(const Rate&) const = default;
};

struct RunAs {
  std::string user, group;
};

struct ClientLimits {
  std::uint32_t connections = 50;
  Rate connection_rate, message_rate, recipient_rate, unknown_recipient_rate;
  Rate newtls_rate, auth_rate;
};

enum class ListenerTls : std::uint8_t { none, opportunistic, required, wrapper };
enum class ListenerAuth : std::uint8_t { no, offered, required };

struct Listener {
  std::string name;
  std::vector<std::string> address{"0.0.0.0", "::"};
  std::uint16_t port = 25;
  ListenerTls tls = ListenerTls::opportunistic;
  ListenerAuth auth = ListenerAuth::no;
  std::string restrictions;  // named set, "" = the unnamed one
  bool proxy_protocol = false;
  std::vector<lookup::Network> trusted_proxies;
  std::vector<lookup::Network> xclient;
  bool smtputf8 = true;
  ClientLimits client_limits;
  Place place;
};

enum class DomainClass : std::uint8_t { local, virtual_alias, virtual_mailbox, relay };

/// Map references: "white", "directory:corp", "hash:/x", "inline:{k=v}".
using MapRefs = Texts;

struct Domain {
  std::string name;
  DomainClass domain_class = DomainClass::relay;
  MapRefs recipients;  // relay
  MapRefs mailboxes;   // virtual_mailbox
  MapRefs aliases;     // virtual_alias, local
  std::string route;
  Place place;
};

struct Bind {
  std::string dn, password;
  std::string method = "simple";  // simple | external | gssapi | none
};

enum class DirectoryTlsMode : std::uint8_t { none, starttls, ldaps };
enum class Verify : std::uint8_t { none, required };

struct DirectoryTls {
  DirectoryTlsMode mode = DirectoryTlsMode::none;
  std::string ca_file, cert_file, key_file;
  Verify verify = Verify::required;
};

enum class ReplicaMode : std::uint8_t { off, syncrepl, dirsync, poll };
enum class WhenUnavailable : std::uint8_t { replica, defer, accept };

struct Replica {
  ReplicaMode mode = ReplicaMode::off;
  Seconds interval{300};
  int refuse_shrink_percent = 20;
  Seconds max_age{86400};
};

struct Directory {
  std::string name;
  std::string preset = "inet-local-mail-recipient";
  std::vector<std::string> servers;
  std::string search_base;
  Bind bind;
  DirectoryTls tls;
  Millis connect_timeout{2000}, search_timeout{3000};
  int connections = 1;
  Seconds cache_positive{0}, cache_negative{0}, cache_stale{0};
  Replica replica;
  WhenUnavailable when_unavailable = WhenUnavailable::defer;
  /// Overrides of preset lines, flattened: {"recipient.filter", "(mail=%s)"}, {"sender_owner", "..."}.
  std::vector<std::pair<std::string, std::string>> overrides;
  Place place;
};

enum class Protocol : std::uint8_t { smtp, lmtp };

/// none may encrypt dane dane-only fingerprint verify secure
enum class TlsLevel : std::uint8_t { none, may, encrypt, dane, dane_only, fingerprint, verify, secure };

struct RouteTls {
  TlsLevel level = TlsLevel::may;
  std::string ca_file, cert_file, key_file;
  std::vector<std::string> match, fingerprints;
};

struct RouteAuth {
  std::string user, password;
  std::vector<std::string> mechanisms;
};

struct Route {
  std::string name;
  std::vector<std::string> relay;  // "[10.0.0.5]:25", "host", "mx"
  Protocol protocol = Protocol::smtp;
  std::string unix_path;  // lmtp:unix:/path
  RouteTls tls;
  std::optional<RouteAuth> auth;
  int concurrency = 20;
  int recipient_limit = 50;
  Rate rate;
  std::string bind_address;
  std::vector<std::string> fallback;
  Place place;
};

/// A table of `tables:`. `type` decides which fields are used.
struct Table {
  std::string name, type;
  std::string file, content;
  std::vector<std::pair<std::string, std::string>> entries;     // inline
  std::vector<std::pair<std::string, std::string>> parameters;  // ldap: ldap_table(5) names; static: value
  std::string directory;
  bool in_place = false;  // written where it is used; the name is then the key's path ("rewrite.generic")
  Place place;
};

struct RestrictionSet {
  std::string name;  // "" = the unnamed one
  std::optional<Texts> client, helo, sender, relay, recipient, data, end_of_data, etrn;
};

struct RestrictionClass {
  std::string name;
  Texts items;
};

struct Masquerade {
  std::vector<std::string> domains, exceptions;
  std::vector<std::string> classes{"envelope_sender", "header_sender", "header_recipient"};
};

struct Rewrite {
  MapRefs canonical, sender_canonical, recipient_canonical, generic;
  Masquerade masquerade;
  std::vector<std::string> canonical_classes{"envelope_sender", "envelope_recipient", "header_sender",
                                             "header_recipient"};
  std::vector<std::string> sender_canonical_classes{"envelope_sender", "header_sender"};
  std::vector<std::string> recipient_canonical_classes{"envelope_recipient", "header_recipient"};
  bool append_at_myorigin = true;
  bool append_dot_mydomain = false;
  std::vector<std::string> local_header_rewrite_clients{"permit_mynetworks", "permit_sasl_authenticated"};
  std::string remote_header_rewrite_domain;  // "" = headers of other clients stay as they are
  std::vector<std::string> propagate_unmatched_extensions{"canonical", "virtual"};
};

struct Aliases {
  MapRefs virtual_maps, local;
  MapRefs senders;  // who may send to an alias or group
  bool owner_request_special = true;
  bool expand_owner_alias = false;
  int expansion_limit = 1000;
  int recursion_limit = 1000;
};

struct Bcc {
  std::string always;
  MapRefs sender, recipient;
  std::string journal;  // gets a report with the envelope and the message inside
};

enum class Ownership : std::uint8_t { fixed, directory };
enum class FullAction : std::uint8_t { defer, bounce };

struct Mailboxes {
  std::string base;
  std::string path = "%{home}";
  Ownership ownership = Ownership::fixed;
  std::string user, group;
  std::uint32_t minimum_uid = 100;
  bool create_on_first_delivery = true;
  std::uint64_t quota_default = 0;
  FullAction full_action = FullAction::defer;
  std::uint64_t mailbox_size_limit = 0;
};

struct Sasl {
  std::vector<std::string> mechanisms{"PLAIN", "LOGIN"};
  std::string backend;  // directory:NAME | cyrus | dovecot:ADDRESS
  bool require_tls = true;
  std::vector<std::pair<std::string, std::string>> options;  // Cyrus: pwcheck_method, saslauthd_path, sasldb_path ...
};

struct Certificate {
  std::vector<std::string> names;
  std::string cert, key;  // paths; a key from ${credential:x} is its text
  Place place;
};

struct Tls {
  std::vector<Certificate> certificates;
  std::string min_protocol = "TLSv1.2";
};

struct Filter {
  std::string name, milter;
  std::string default_action = "tempfail";
  Seconds connect_timeout{30}, command_timeout{30}, content_timeout{300};
  Place place;
};

/// Tables that are asked about each header field and body line; `check` refuses maps that would have to wait.
struct ContentChecks {
  MapRefs header, mime_header, nested_header, body;
  std::uint64_t body_size_limit = 51200;
};

struct Queue {
  std::string directory = "/var/spool/gatepost";
  Seconds maximal_queue_lifetime{432000}, bounce_queue_lifetime{432000}, queue_run_delay{300};
  Seconds minimal_backoff_time{300}, maximal_backoff_time{4000}, delay_warning_time{0};
  std::uint32_t active_limit = 20000;
  std::uint64_t inline_content_limit = 131072;
  std::uint64_t map_size = 68719476736;
  std::uint64_t minimum_free = 0;
  std::vector<std::string> notify_classes{"resource", "software"};
  std::vector<std::string> fast_flush_domains;
};

struct Limits {
  std::uint64_t message_size_limit = 10240000;
  std::uint32_t recipient_limit = 1000;
  std::uint32_t line_length_limit = 2048;
  std::uint64_t header_size_limit = 102400;
  std::uint32_t hopcount_limit = 50;
  std::uint32_t soft_error_limit = 10, hard_error_limit = 20;
  std::uint32_t junk_command_limit = 100;
  Seconds smtpd_timeout{300};
  std::uint32_t minimum_rate = 500;  // octets a second while content is sent
  std::uint32_t connections = 20000;
};

struct Dns {
  std::vector<std::string> servers;  // "127.0.0.1:5353"; empty = /etc/resolv.conf
  Millis timeout{5000};
  std::string dnssec = "auto";
  std::string hosts_file = "/etc/hosts";
};

/// What check_greylist asks; see docs/config.md.
struct Greylist {
  bool enabled = true;
  Seconds delay{300}, retry_window{172800}, lifetime{3024000};
  std::uint32_t auto_allow_after = 5;  // 0: never
  int ipv4_prefix = 24, ipv6_prefix = 64;
  std::vector<lookup::Network> exceptions;
  std::uint32_t most_entries = 1'000'000;
};

struct Metrics {
  std::string listen;
};
struct Control {
  std::string socket = "/run/gatepost/control.sock";
};

enum class LogFormat : std::uint8_t { postfix, json };

struct Logging {
  LogFormat format = LogFormat::postfix;
  std::string syslog_name = "postfix";
  std::string to = "stderr";  // stderr | syslog | journal | file:/path
};

struct Config {
  std::string file;
  int version = 1;
  RunAs run_as;
  std::string hostname, mydomain, myorigin;
  std::vector<lookup::Network> mynetworks;
  std::vector<lookup::IpAddress> proxy_interfaces;
  std::vector<Listener> listeners;
  std::vector<Domain> domains;
  std::vector<Directory> directories;
  std::vector<Route> routes;
  MapRefs transport;
  MapRefs sender_dependent_relayhost;
  std::vector<Table> tables;
  std::vector<RestrictionClass> restriction_classes;
  std::vector<RestrictionSet> restrictions;  // [0] is the unnamed one
  bool delay_reject = true;
  bool helo_required = false;
  bool strict_envelopes = false;
  Rewrite rewrite;
  Aliases aliases;
  std::string recipient_delimiter;
  MapRefs relocated;
  std::string luser_relay;
  Bcc bcc;
  Mailboxes mailboxes;
  Sasl sasl;
  Tls tls;
  std::vector<Filter> filters;
  ContentChecks content_checks;
  Queue queue;
  Limits limits;
  Greylist greylist;
  Dns dns;
  Metrics metrics;
  Control control;
  Logging logging;
  std::string state_directory = "/var/lib/gatepost";
  /// Where each key of the file stands: "domains.example.com.route", "listeners.mx.port".
  std::map<std::string, Place, std::less<>> places;
  std::set<std::string, std::less<>> secret_keys;  // keys whose value came out of a secret
  Texts secret_files;                              // files that secrets were read from
};

enum class Severity : std::uint8_t { note, warning, error };

/// What reading or checking found: "file:line:col: error: text".
struct Finding {
  Severity severity = Severity::error;
  Place place;
  std::string text;
};

/// "gatepost.yaml:41:7: error: text"; without line and column when the finding is about the whole file.
std::string to_string(const Finding& finding);

/// Where `path` stands in the file; only the file's name when it is not written there.
Place place_of(const Config& config, std::string_view path);

}  // namespace gateway::config
