#include "gateway/admin/exporter_names.hpp"

#include <fmt/core.h>

#include <cmath>

namespace gateway {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

void head(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  text += fmt::format("# HELP postfix_{0} {2}\n# TYPE postfix_{0} {1}\n", name, type, help);
}

void sample(std::string& text, std::string_view name, std::string_view labels, double value) {
  text += fmt::format("postfix_{}{} {}\n", name, labels, value);
}

void single(std::string& text, std::string_view name, std::string_view help, double value) {
  head(text, name, "counter", help);
  sample(text, name, "", value);
}

void distribution(std::string& text, std::string_view name, std::string_view label,
                  const Metrics::Distribution& values) {
  const std::string comma = label.empty() ? "" : ",";
  for (const auto& [bound, count] : values.buckets)
    text += fmt::format("postfix_{}_bucket{{{}{}le=\"{}\"}} {}\n", name, label, comma,
                        std::isinf(bound) ? "+Inf" : fmt::format("{}", bound), count);
  const std::string braced = label.empty() ? "" : fmt::format("{{{}}}", label);
  text += fmt::format("postfix_{0}_sum{1} {2}\npostfix_{0}_count{1} {3}\n", name, braced, values.sum, values.count);
}

void append_smtpd(std::string& text, const Metrics& metrics) {
  const double connects = metrics.total("smtpd_connections_total", {{"result", "accepted"}});
  single(text, "smtpd_connects_total", "Incoming connections.", connects);
  single(text, "smtpd_disconnects_total", "Incoming connections that ended.",
         connects - metrics.total("smtpd_connections"));
  head(text, "smtpd_connections_lost_total", "counter", "Connections lost, by the last stage.");
  for (const auto& [ours, theirs] : {Pair{"connect", "CONNECT"}, Pair{"ehlo", "EHLO"}, Pair{"starttls", "STARTTLS"},
                                     Pair{"auth", "AUTH"}, Pair{"mail", "MAIL"}, Pair{"rcpt", "RCPT"},
                                     Pair{"data", "DATA"}, Pair{"bdat", "BDAT"}, Pair{"other", "UNKNOWN"}})
    sample(text, "smtpd_connections_lost_total", fmt::format("{{after_stage=\"{}\"}}", theirs),
           metrics.total("smtpd_connections_lost_total", {{"stage", ours}}));
  head(text, "smtpd_messages_processed_total", "counter", "Messages processed.");
  sample(text, "smtpd_messages_processed_total", "{sasl_method=\"\"}", metrics.total("smtpd_messages_accepted_total"));
  head(text, "smtpd_messages_rejected_total", "counter", "Rejected commands, by the class of the reply.");
  for (const auto* code : {"4xx", "5xx"})
    sample(text, "smtpd_messages_rejected_total", fmt::format("{{code=\"{}\"}}", code),
           metrics.total("smtpd_rejects_total", {{"class", code}}));
  single(text, "smtpd_sasl_authentication_failures_total", "Failed logins.",
         metrics.total("smtpd_auth_attempts_total", {{"result", "failed"}}));
  head(text, "smtpd_tls_connections_total", "counter", "Incoming TLS sessions.");
  for (const auto* protocol : {"TLSv1.2", "TLSv1.3"})
    sample(text, "smtpd_tls_connections_total",
           fmt::format("{{trust=\"Anonymous\",protocol=\"{}\",cipher=\"\",secret_bits=\"\",algorithm_bits=\"\"}}",
                       protocol),
           metrics.total("smtpd_tls_handshakes_total", {{"result", "ok"}, {"protocol", protocol}}));
}

void append_queue(std::string& text, const Metrics& metrics) {
  const double accepted = metrics.total("smtpd_messages_accepted_total");
  single(text, "cleanup_messages_processed_total", "Messages processed by cleanup.", accepted);
  single(text, "cleanup_messages_rejected_total", "Messages rejected after their content.",
         metrics.total("smtpd_rejects_total", {{"stage", "end_of_data"}}));
  head(text, "qmgr_messages_inserted_size_bytes", "histogram", "Size of messages put into the queue.");
  distribution(text, "qmgr_messages_inserted_size_bytes", "", metrics.distribution("smtpd_message_size_bytes"));
}

void append_smtp(std::string& text, const Metrics& metrics) {
  head(text, "smtp_delivery_delay_seconds", "histogram", "Delay of delivered mail, by stage.");
  for (const auto& [ours, theirs] : {Pair{"before_queue", "before_queue_manager"}, Pair{"queue", "queue_manager"},
                                     Pair{"connect", "connection_setup"}, Pair{"transmit", "transmission"}})
    distribution(text, "smtp_delivery_delay_seconds", fmt::format("stage=\"{}\"", theirs),
                 metrics.distribution("delivery_delay_seconds", {{"stage", ours}}));
  single(text, "smtp_deferred_messages_total", "Deferred deliveries.",
         metrics.total("delivery_attempts_total", {{"result", "deferred"}}));
  head(text, "smtp_tls_connections_total", "counter", "Outgoing TLS sessions.");
  for (const auto& [ours, theirs] : {Pair{"encrypted", "Untrusted"}, Pair{"verified", "Verified"}})
    sample(text, "smtp_tls_connections_total",
           fmt::format("{{trust=\"{}\",protocol=\"\",cipher=\"\",secret_bits=\"\",algorithm_bits=\"\"}}", theirs),
           metrics.total("delivery_tls_sessions_total", {{"security", ours}}) +
               (ours == "verified" ? metrics.total("delivery_tls_sessions_total", {{"security", "dane"}}) : 0));
}

}  // namespace

std::string render_exporter_names(const Metrics& metrics) {
  std::string text;
  head(text, "up", "gauge", "Whether the metrics could be read.");
  sample(text, "up", "{path=\"gatepost\"}", 1);
  append_smtpd(text, metrics);
  append_queue(text, metrics);
  append_smtp(text, metrics);
  return text;
}

}  // namespace gateway
