#pragma once

#include <array>
#include <string_view>

#include "gateway/metrics.hpp"
#include "gateway/smtp/command.hpp"
#include "policy/facts.hpp"
#include "policy/verdict.hpp"

namespace gateway {

/// The counters of one listener, looked up once: using them takes no lock and no search. Safe from any thread.
struct SmtpdMetrics {
  SmtpdMetrics(Metrics& metrics, std::string_view listener);

  void reject(policy::Stage stage, policy::Reason reason, int code) const;
  const Counter& lost(std::string_view where) const;
  void auth(std::string_view mechanism, std::string_view result) const;
  void handshake(std::string_view protocol, bool succeeded) const;

  Counter connections_accepted, connections_limited, connections_rejected;
  Gauge connections;
  Histogram session_seconds;
  std::array<Histogram, verb_count> command_seconds;
  Counter messages, message_octets;
  Histogram message_size;
  std::array<Counter, 5> recipients;  // by policy::DomainClass

 private:
  static constexpr std::size_t stages = 8, reasons = static_cast<std::size_t>(policy::Reason::content) + 1;
  static constexpr std::array<std::string_view, 9> lost_stages{"connect", "ehlo", "starttls", "auth", "mail",
                                                               "rcpt",    "data", "bdat",     "other"};
  static constexpr std::array<std::string_view, 6> mechanisms{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM", "GSSAPI", "other"};
  static constexpr std::array<std::string_view, 4> auth_results{"ok", "failed", "tempfail", "limited"};

  std::array<std::array<std::array<Counter, 2>, reasons>, stages> rejects_;
  std::array<Counter, lost_stages.size()> lost_;
  std::array<std::array<Counter, auth_results.size()>, mechanisms.size()> auth_;
  Counter tls12_, tls13_, tls_failed_;
};

}  // namespace gateway
