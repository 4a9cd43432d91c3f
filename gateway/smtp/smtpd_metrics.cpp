#include "gateway/smtp/smtpd_metrics.hpp"

#include "gateway/smtp/parameters.hpp"

namespace gateway {

namespace {

std::string_view label_of(policy::DomainClass domain_class) {
  switch (domain_class) {
    case policy::DomainClass::local:
      return "local";
    case policy::DomainClass::virtual_alias:
      return "virtual_alias";
    case policy::DomainClass::virtual_mailbox:
      return "virtual_mailbox";
    case policy::DomainClass::relay:
      return "relay";
    case policy::DomainClass::unserved:
      break;
  }
  return "default";
}

/// The relay list is judged at RCPT: one label for both.
policy::Stage counted_stage(policy::Stage stage) {
  return stage == policy::Stage::relay ? policy::Stage::recipient : stage;
}

}  // namespace

SmtpdMetrics::SmtpdMetrics(Metrics& metrics, std::string_view listener) {
  const auto connection = [&](std::string_view result) {
    return metrics.counter("smtpd_connections_total", {{"listener", listener}, {"result", result}});
  };
  connections_accepted = connection("accepted");
  connections_limited = connection("limit");
  connections_rejected = connection("rejected");
  connections = metrics.gauge("smtpd_connections", {{"listener", listener}});
  session_seconds = metrics.histogram("smtpd_session_duration_seconds", {{"listener", listener}});
  for (std::size_t i = 0; i < verb_count; ++i)
    command_seconds[i] =
        metrics.histogram("smtpd_command_duration_seconds", {{"command", to_string(static_cast<Verb>(i))}});
  messages = metrics.counter("smtpd_messages_accepted_total", {{"listener", listener}});
  message_octets = metrics.counter("smtpd_message_bytes_total", {{"listener", listener}});
  message_size = metrics.histogram("smtpd_message_size_bytes");
  for (std::size_t i = 0; i < recipients.size(); ++i)
    recipients[i] = metrics.counter("smtpd_recipients_accepted_total",
                                    {{"listener", listener}, {"class", label_of(static_cast<policy::DomainClass>(i))}});
  for (std::size_t i = 0; i < stages; ++i) {
    const auto stage = static_cast<policy::Stage>(i);
    if (stage != counted_stage(stage)) continue;
    for (std::size_t reason = 1; reason < reasons; ++reason)
      for (std::size_t permanent = 0; permanent < 2; ++permanent)
        rejects_[i][reason][permanent] =
            metrics.counter("smtpd_rejects_total", {{"listener", listener},
                                                    {"stage", to_string(stage)},
                                                    {"reason", to_string(static_cast<policy::Reason>(reason))},
                                                    {"class", permanent ? "5xx" : "4xx"}});
  }
  for (std::size_t i = 0; i < lost_.size(); ++i)
    lost_[i] = metrics.counter("smtpd_connections_lost_total", {{"listener", listener}, {"stage", lost_stages[i]}});
  for (std::size_t i = 0; i < mechanisms.size(); ++i)
    for (std::size_t j = 0; j < auth_results.size(); ++j)
      auth_[i][j] =
          metrics.counter("smtpd_auth_attempts_total",
                          {{"listener", listener}, {"mechanism", mechanisms[i]}, {"result", auth_results[j]}});
  const auto tls = [&](std::string_view result, std::string_view protocol) {
    return metrics.counter("smtpd_tls_handshakes_total",
                           {{"listener", listener}, {"result", result}, {"protocol", protocol}});
  };
  tls12_ = tls("ok", "TLSv1.2");
  tls13_ = tls("ok", "TLSv1.3");
  tls_failed_ = tls("failed", "none");
}

void SmtpdMetrics::reject(policy::Stage stage, policy::Reason reason, int code) const {
  if (reason == policy::Reason::none) reason = policy::Reason::restriction;
  rejects_[static_cast<std::size_t>(counted_stage(stage))][static_cast<std::size_t>(reason)][code >= 500 ? 1 : 0].add();
}

const Counter& SmtpdMetrics::lost(std::string_view where) const {
  for (std::size_t i = 0; i + 1 < lost_stages.size(); ++i)
    if (equal_ignoring_case(where, lost_stages[i]) || (lost_stages[i] == "ehlo" && equal_ignoring_case(where, "helo")))
      return lost_[i];
  return lost_.back();
}

void SmtpdMetrics::auth(std::string_view mechanism, std::string_view result) const {
  std::size_t row = mechanisms.size() - 1;
  for (std::size_t i = 0; i < mechanisms.size(); ++i)
    if (mechanism == mechanisms[i] || (mechanisms[i] == "SCRAM" && mechanism.starts_with("SCRAM-"))) row = i;
  for (std::size_t j = 0; j < auth_results.size(); ++j)
    if (auth_results[j] == result) auth_[row][j].add();
}

void SmtpdMetrics::handshake(std::string_view protocol, bool succeeded) const {
  (!succeeded ? tls_failed_ : protocol == "TLSv1.3" ? tls13_ : tls12_).add();
}

}  // namespace gateway
