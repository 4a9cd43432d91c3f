#include "gateway/metrics_catalogue.hpp"

namespace gateway {

namespace {

constexpr double session_seconds[] = {.1, 1, 5, 10, 30, 60, 300, 600};
constexpr double command_seconds[] = {.001, .005, .025, .1, .5, 2.5, 10, 30};
constexpr double message_octets[] = {1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8};
constexpr double filter_seconds[] = {.01, .05, .1, .5, 1, 5, 10, 30, 60};
constexpr double query_seconds[] = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};
constexpr double commit_seconds[] = {.0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5};
constexpr double delay_seconds[] = {.1, 1, 10, 60, 300, 1800, 7200, 43200, 172800};
constexpr double lag_seconds[] = {.001, .005, .01, .05, .1, .5, 1, 5};

constexpr auto counter = MetricKind::counter;
constexpr auto gauge = MetricKind::gauge;
constexpr auto histogram = MetricKind::histogram;

constexpr MetricDefinition catalogue[] = {
    {"build_info", gauge, "Version of the running program; always 1."},
    {"config_last_reload_successful", gauge, "1 when the last reload of the configuration was accepted."},
    {"config_last_reload_success_timestamp_seconds", gauge, "When a configuration was last accepted."},

    {"smtpd_connections_total", counter, "Connections from clients, by listener and result."},
    {"smtpd_connections", gauge, "Open connections from clients."},
    {"smtpd_connections_lost_total", counter, "Connections that ended without QUIT, by the last stage reached."},
    {"smtpd_session_duration_seconds", histogram, "Length of client sessions.", session_seconds},
    {"smtpd_command_duration_seconds", histogram, "Time from a command to its reply.", command_seconds},
    {"smtpd_messages_accepted_total", counter, "Messages acknowledged with 250."},
    {"smtpd_message_bytes_total", counter, "Octets of acknowledged messages."},
    {"smtpd_message_size_bytes", histogram, "Size of acknowledged messages.", message_octets},
    {"smtpd_recipients_accepted_total", counter, "Recipients accepted, by domain class."},
    {"smtpd_rejects_total", counter, "Refused commands, by stage, reason and class of the reply."},
    {"smtpd_restriction_hits_total", counter, "Refusals by configured restriction item."},
    {"smtpd_auth_attempts_total", counter, "AUTH attempts, by mechanism and result."},
    {"smtpd_tls_handshakes_total", counter, "TLS handshakes with clients."},

    {"policy_requests_total", counter, "Requests to policy services, by result."},
    {"policy_request_duration_seconds", histogram, "Time a policy service took.", filter_seconds},
    {"filter_requests_total", counter, "Messages shown to content filters, by result."},
    {"filter_request_duration_seconds", histogram, "Time a content filter took.", filter_seconds},
    {"dnsbl_lookups_total", counter, "Questions to DNS lists, by result."},
    {"dnsbl_list_up", gauge, "1 while a DNS list is asked, 0 while it is switched off."},
    {"greylist_decisions_total", counter, "Greylisting decisions."},
    {"greylist_entries", gauge, "Triplets remembered by greylisting."},
    {"dns_queries_total", counter, "DNS questions, by type and result."},
    {"dns_query_duration_seconds", histogram, "Time of a DNS answer.", query_seconds},

    {"directory_lookups_total", counter, "Questions to a directory, by query, source and result."},
    {"ldap_operations_total", counter, "LDAP operations, by operation and result."},
    {"ldap_operation_duration_seconds", histogram, "Time of an LDAP operation.", query_seconds},
    {"ldap_server_up", gauge, "1 when the directory server answers."},
    {"ldap_connections", gauge, "Open connections to directory servers."},
    {"directory_cache_entries", gauge, "Answers held in a directory's cache."},
    {"directory_cache_evictions_total", counter, "Answers thrown out of a full directory cache."},
    {"directory_replica_entries", gauge, "Entries of a directory's replica."},
    {"directory_replica_last_success_timestamp_seconds", gauge, "When the replica was last known to be complete."},
    {"directory_replica_state", gauge, "State of the replica as an enumeration of 0 and 1."},
    {"directory_replica_changes_total", counter, "Changes applied to the replica."},
    {"mailboxes_provisioned_total", counter, "Mailboxes created at their first delivery, or not to be opened."},

    {"queue_messages", gauge, "Messages in the queue, by state."},
    {"queue_bytes", gauge, "Octets of the messages in the queue, by state."},
    {"queue_oldest_arrival_timestamp_seconds", gauge, "Arrival of the oldest message in a state; 0 when empty."},
    {"queue_messages_expired_total", counter, "Messages returned because their lifetime was over."},
    {"queue_commit_duration_seconds", histogram, "Time of one commit of the spool.", commit_seconds},

    {"delivery_attempts_total", counter, "Delivery attempts, by route and result."},
    {"delivery_recipients_total", counter, "Recipients attempted, by route and result."},
    {"delivery_failures_total", counter, "Failed recipients, by route and enhanced status code class and subject."},
    {"delivery_delay_seconds", histogram, "Delay of delivered recipients, by stage.", delay_seconds},
    {"delivery_connections", gauge, "Open connections to next hops."},
    {"delivery_tls_sessions_total", counter, "Sessions with next hops, by their security."},
    {"bounces_generated_total", counter, "Reports sent, by kind."},

    {"spool_size_bytes", gauge, "Size of the file system of the queue directory."},
    {"spool_free_bytes", gauge, "Free octets there."},
    {"spool_size_inodes", gauge, "Inodes of the file system of the queue directory."},
    {"spool_free_inodes", gauge, "Free inodes there."},
    {"tls_certificate_not_after_timestamp_seconds", gauge, "End of validity of a configured certificate."},
    {"shared_state_operations_total", counter, "Operations on the shared state store."},
    {"workers", gauge, "Threads of a pool."},
    {"worker_queue_length", gauge, "Work waiting for a pool."},
    {"event_loop_lag_seconds", histogram, "How late an event loop runs its timers.", lag_seconds},
    {"log_lines_dropped_total", counter, "Log lines lost because the log could not be written in time."},
};

}  // namespace

std::span<const MetricDefinition> metric_catalogue() {
  return catalogue;
}

}  // namespace gateway
