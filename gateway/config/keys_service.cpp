#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {

Key sasl_keys() {
  using K = KeyMaker<Sasl>;
  return KeyMaker<Config>::section(
      "sasl", &Config::sasl, "Logins of clients.",
      {
          K::texts("mechanisms", &Sasl::mechanisms, "[PLAIN]", "Mechanisms that are offered."),
          K::path("backend", &Sasl::backend, "\"directory:people\"",
                  "Who checks passwords: directory:NAME, cyrus, or dovecot:ADDRESS (dovecot:inet:127.0.0.1:12345, "
                  "dovecot:unix:PATH).",
                  KeyType::text),
          K::yes_no("require_tls", &Sasl::require_tls, "no", "Offer AUTH only over TLS."),
          K::pairs("options", &Sasl::options, "{pwcheck_method: saslauthd}",
                   "Backend cyrus: options of the library, as in its smtpd.conf."),
      });
}

Key tls_keys() {
  using K = KeyMaker<Tls>;
  using C = KeyMaker<Certificate>;
  return KeyMaker<Config>::section(
      "tls", &Config::tls, "Certificates that listeners show.",
      {
          K::items("certificates", &Tls::certificates,
                   "Chosen by the name that the client asks for; the first is the default.",
                   {
                       fallback(C::texts("names", &Certificate::names, "[mx1.example.com]", "Host names it is for."),
                                "those in the certificate"),
                       required(C::path("cert", &Certificate::cert, "/etc/ssl/certs/mx1.pem",
                                        "The certificate with its chain, in PEM.")),
                       required(C::path("key", &Certificate::key, "/etc/ssl/private/mx1.key",
                                        "Its key: a path, or ${credential:NAME} for the key itself.")),
                   }),
          K::word("min_protocol", &Tls::min_protocol, {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}, "TLSv1.3",
                  "The oldest protocol that is spoken."),
      });
}

Key filter_keys() {
  using K = KeyMaker<Filter>;
  return KeyMaker<Config>::names(
      "filters", &Config::filters, "Milters, asked in this order.",
      {
          required(K::path("milter", &Filter::milter, "\"inet:127.0.0.1:11332\"",
                           "Its address: inet:HOST:PORT or unix:PATH.", KeyType::text)),
          K::word("default_action", &Filter::default_action, {"accept", "reject", "tempfail", "quarantine", "shutdown"},
                  "accept", "What happens to mail when it fails."),
          K::group("timeout", "How long it may take.",
                   {
                       K::duration("connect", &Filter::connect_timeout, "5s", "For the connection."),
                       K::duration("command", &Filter::command_timeout, "10s", "For an answer to a command."),
                       K::duration("content", &Filter::content_timeout, "60s", "For its verdict on the whole message."),
                   }),
      });
}

Key queue_keys() {
  using K = KeyMaker<Queue>;
  return KeyMaker<Config>::section(
      "queue", &Config::queue, "Mail that waits.",
      {
          restart_only(K::path("directory", &Queue::directory, "/srv/spool/gatepost", "Where it lies.")),
          K::duration("maximal_queue_lifetime", &Queue::maximal_queue_lifetime, "3d", "How long delivery is tried."),
          K::duration("bounce_queue_lifetime", &Queue::bounce_queue_lifetime, "1d",
                      "How long delivery of bounces is tried."),
          K::duration("queue_run_delay", &Queue::queue_run_delay, "60s", "Time between looks for mail that is due."),
          K::duration("minimal_backoff_time", &Queue::minimal_backoff_time, "60s", "Shortest wait between two tries."),
          K::duration("maximal_backoff_time", &Queue::maximal_backoff_time, "2h", "Longest wait between two tries."),
          K::duration("delay_warning_time", &Queue::delay_warning_time, "4h",
                      "When the sender is told that mail is late; 0: never."),
          K::integer("active_limit", &Queue::active_limit, 1, 10000000, "5000",
                     "Most messages in memory for delivery."),
          K::size("inline_content_limit", &Queue::inline_content_limit, "64K",
                  "Larger messages are files of their own."),
          restart_only(K::size("map_size", &Queue::map_size, "16G",
                               "Most that the queue's index may grow to; address space, not disk.")),
          K::size("minimum_free", &Queue::minimum_free, "1G",
                  "Mail is deferred when less disk is free; 0: one and a half times message_size_limit."),
          K::texts("notify_classes", &Queue::notify_classes, "[resource, software, delay]",
                   "What the postmaster is told.",
                   {"bounce", "2bounce", "data", "delay", "policy", "protocol", "resource", "software"}),
          K::texts("fast_flush_domains", &Queue::fast_flush_domains, "[example.com]",
                   "Domains that ETRN works for; empty: relay domains."),
      });
}

Key limit_keys() {
  using K = KeyMaker<Limits>;
  return KeyMaker<Config>::section(
      "limits", &Config::limits, "Bounds for every session. 0 means none, where a limit may be off.",
      {
          K::size("message_size_limit", &Limits::message_size_limit, "50M", "Largest message."),
          K::integer("recipient_limit", &Limits::recipient_limit, 0, 100000, "100", "Most recipients of one message."),
          K::integer("line_length_limit", &Limits::line_length_limit, 512, 1000000, "4096",
                     "Longest command; longer lines of a message are split."),
          K::size("header_size_limit", &Limits::header_size_limit, "200K", "Largest header."),
          K::integer("hopcount_limit", &Limits::hopcount_limit, 1, 1000, "30", "Most Received lines; more is a loop."),
          K::integer("soft_error_limit", &Limits::soft_error_limit, 0, 10000, "5",
                     "Errors after which answers slow down."),
          K::integer("hard_error_limit", &Limits::hard_error_limit, 0, 10000, "15",
                     "Errors after which the session is ended."),
          K::integer("junk_command_limit", &Limits::junk_command_limit, 0, 10000, "50",
                     "NOOP, VRFY, RSET and their like before each counts as an error."),
          K::duration("smtpd_timeout", &Limits::smtpd_timeout, "60s", "Longest silence of a client."),
          K::integer("minimum_rate", &Limits::minimum_rate, 0, 1000000000, "100",
                     "Fewest octets a second while a message is sent."),
          K::integer("connections", &Limits::connections, 0, 1000000, "500", "Most connections at the same time."),
      });
}

Key dns_keys() {
  using K = KeyMaker<Dns>;
  return KeyMaker<Config>::section(
      "dns", &Config::dns, "How names are looked up.",
      {
          fallback(
              K::texts("servers", &Dns::servers, "[\"127.0.0.1:5353\"]", "Name servers, with port where it is not 53."),
              "those of /etc/resolv.conf"),
          K::short_duration("timeout", &Dns::timeout, "2s", "For one answer."),
          K::word("dnssec", &Dns::dnssec, {"auto", "yes", "no"}, "no",
                  "auto: validate when the root's signatures can be had. yes: always; answers that fail are no "
                  "answers. no: never."),
          K::path("hosts_file", &Dns::hosts_file, "/srv/hosts", "Names that are known without asking; empty: none."),
      });
}

Key greylist_keys() {
  using K = KeyMaker<Greylist>;
  return KeyMaker<Config>::section(
      "greylist", &Config::greylist,
      "What the restriction check_greylist asks: an unknown client, sender and recipient must come back later. Clients "
      "of mynetworks and those that logged in never wait.",
      {
          K::yes_no("enabled", &Greylist::enabled, "no", "no: check_greylist lets everybody pass."),
          K::duration("delay", &Greylist::delay, "60s", "How long a first attempt is put off."),
          K::duration("retry_window", &Greylist::retry_window, "1d", "How long it may take to come back."),
          K::duration("lifetime", &Greylist::lifetime, "60d", "How long one that passed is remembered without mail."),
          K::integer("auto_allow_after", &Greylist::auto_allow_after, 0, 1000000, "10",
                     "A network whose mail passed so often is not put off any more; 0: never so."),
          K::group("network", "Neighbours count as one client: the length of the prefix that they share.",
                   {
                       K::integer("ipv4", &Greylist::ipv4_prefix, 8, 32, "32", "For IPv4 addresses."),
                       K::integer("ipv6", &Greylist::ipv6_prefix, 16, 128, "48", "For IPv6 addresses."),
                   }),
          K::networks("exceptions", &Greylist::exceptions, "[192.0.2.0/24]", "Clients that never wait."),
          restart_only(K::integer("most_entries", &Greylist::most_entries, 1000, 100000000, "100000",
                                  "Most that is remembered; what would be forgotten next makes room.")),
      });
}

Key metrics_keys() {
  using K = KeyMaker<Metrics>;
  return KeyMaker<Config>::section(
      "metrics", &Config::metrics, "The web server with /metrics, /healthz, /readyz and the status page.",
      {
          restart_only(K::text("listen", &Metrics::listen, "\"127.0.0.1:9925\"", "ADDRESS:PORT; empty: none.")),
          K::choice<MetricsCompat Metrics::*, MetricsCompat>(
              "compat", &Metrics::compat,
              {{"none", MetricsCompat::none}, {"postfix_exporter", MetricsCompat::postfix_exporter}},
              "postfix_exporter", "Also the metrics of this exporter, under its names, for dashboards that are there."),
          K::group("auth", "The login that /metrics and the status page ask for; /healthz and /readyz never do.",
                   {
                       K::text("user", &Metrics::user, "prometheus", "Empty: nobody is asked."),
                       K::secret("password", &Metrics::password, "\"${env:METRICS_PASSWORD}\"", "Its password."),
                   }),
          K::group("tls", "Serve HTTPS.",
                   {
                       K::path("cert", &Metrics::cert, "/etc/ssl/certs/mx1.pem",
                               "The certificate with its chain, in PEM; empty: HTTP."),
                       K::path("key", &Metrics::key, "/etc/ssl/private/mx1.key",
                               "Its key: a path, or ${credential:NAME} for the key itself; empty: it is in cert."),
                   }),
          K::yes_no("actions", &Metrics::actions, "yes",
                    "The status page can retry, hold, release and delete mail; auth is required then."),
      });
}

Key logging_keys() {
  using K = KeyMaker<Logging>;
  return KeyMaker<Config>::section(
      "logging", &Config::logging, "The mail log.",
      {
          K::choice<LogFormat Logging::*, LogFormat>(
              "format", &Logging::format, {{"postfix", LogFormat::postfix}, {"json", LogFormat::json}}, "json",
              "postfix: the lines that pflogsumm and fail2ban read. json: one object a line."),
          K::text("syslog_name", &Logging::syslog_name, "gatepost", "In front of the program's name: postfix/smtpd."),
          K::path("to", &Logging::to, "syslog", "stderr, syslog, journal, or file:PATH.", KeyType::text),
      });
}

}  // namespace gateway::config
