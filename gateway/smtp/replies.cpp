#include "gateway/smtp/replies.hpp"

#include <fmt/core.h>

namespace gateway::replies {

Reply ok() {
  return {250, "2.0.0", "Ok"};
}
Reply sender_ok() {
  return {250, "2.1.0", "Ok"};
}
Reply recipient_ok() {
  return {250, "2.1.5", "Ok"};
}
Reply send_content() {
  return {354, "", "End data with <CR><LF>.<CR><LF>"};
}
Reply bye() {
  return {221, "2.0.0", "Bye"};
}
Reply goodbye_intruder() {
  return {221, "2.7.0", "Error: I can break rules, too. Goodbye."};
}
Reply ready_for_tls() {
  return {220, "2.0.0", "Ready to start TLS"};
}
Reply authenticated() {
  return {235, "2.7.0", "Authentication successful"};
}
Reply help() {
  return {214, "2.0.0", "RFC 5321: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY ETRN STARTTLS AUTH QUIT"};
}
Reply hello_first() {
  return {503, "5.5.1", "Error: send HELO/EHLO first"};
}
Reply nested_mail() {
  return {503, "5.5.1", "Error: nested MAIL command"};
}
Reply mail_first() {
  return {503, "5.5.1", "Error: need MAIL command"};
}
Reply recipient_first() {
  return {503, "5.5.1", "Error: need RCPT command"};
}
Reply no_valid_recipients() {
  return {554, "5.5.1", "Error: no valid recipients"};
}
Reply chunks_not_done(std::string_view command) {
  return {503, "5.5.1", "Error: " + std::string(command) + " after BDAT"};
}
Reply transaction_in_progress() {
  return {503, "5.5.1", "Error: MAIL transaction in progress"};
}
Reply already_authenticated() {
  return {503, "5.5.1", "Error: already authenticated"};
}
Reply authentication_not_enabled() {
  return {503, "5.5.1", "Error: authentication not enabled"};
}
Reply tls_already_active() {
  return {554, "5.5.1", "Error: TLS already active"};
}
Reply tls_required() {
  return {530, "5.7.0", "Must issue a STARTTLS command first"};
}
Reply tls_required_for_auth() {
  return {538, "5.7.0", "Encryption required for requested authentication mechanism"};
}
Reply authentication_required() {
  return {530, "5.7.0", "Authentication required"};
}
Reply syntax(std::string_view usage) {
  return {501, "5.5.4", "Syntax: " + std::string(usage)};
}
Reply not_recognized() {
  return {500, "5.5.2", "Error: command not recognized"};
}
Reply not_implemented() {
  return {502, "5.5.1", "Error: command not implemented"};
}
Reply line_too_long() {
  return {500, "5.5.2", "Error: line too long"};
}
Reply bad_sender_syntax() {
  return {501, "5.1.7", "Bad sender address syntax"};
}
Reply bad_recipient_syntax() {
  return {501, "5.1.3", "Bad recipient address syntax"};
}
Reply bad_size() {
  return {501, "5.5.4", "Bad message size syntax"};
}
Reply bad_parameter(std::string_view name) {
  return {501, "5.5.4", "Error: Bad " + std::string(name) + " parameter syntax"};
}
Reply needs_smtputf8() {
  return {553, "5.6.7", "Must declare SMTPUTF8 to send unicode address"};
}
Reply bad_base64() {
  return {501, "5.5.2", "Error: malformed base64 encoding"};
}
Reply authentication_aborted() {
  return {501, "5.7.0", "Authentication aborted"};
}
Reply unknown_mechanism() {
  return {504, "5.5.4", "Error: authentication mechanism not supported"};
}
Reply response_too_long() {
  return {500, "5.5.6", "Error: authentication exchange line is too long"};
}
Reply message_too_big() {
  return {552, "5.3.4", "Message size exceeds fixed limit"};
}
Reply header_too_big() {
  return {552, "5.3.4", "Error: message header field exceeds fixed limit"};
}
Reply too_many_recipients() {
  return {452, "4.5.3", "Error: too many recipients"};
}
Reply too_many_hops() {
  return {554, "5.4.0", "Error: too many hops"};
}
Reply no_storage() {
  return {452, "4.3.1", "Insufficient system storage"};
}
Reply server_busy(std::string_view hostname) {
  return {421, "4.3.2", std::string(hostname) + " Error: server is too busy"};
}
Reply out_of_step() {
  return {554, "5.5.0", "Error: SMTP protocol synchronization"};
}
Reply bare_newline(std::string_view octet) {
  return {554, "5.5.0", "Error: bare " + std::string(octet) + " received"};
}
Reply queue_write_error() {
  return {451, "4.3.0", "Error: queue file write error"};
}
Reply local_error() {
  return {451, "4.3.0", "Error: temporary local problem"};
}
Reply tls_not_available() {
  return {454, "4.7.0", "TLS not available due to local problem"};
}
Reply authentication_unavailable() {
  return {454, "4.7.0", "Temporary authentication failure"};
}
Reply authentication_failed() {
  return {535, "5.7.8", "Error: authentication failed"};
}

Reply queued(std::string_view id) {
  return {250, "2.0.0", fmt::format("Ok: queued as {}", id)};
}
Reply chunk_ok(std::uint64_t size) {
  return {250, "2.0.0", fmt::format("Ok: {} bytes", size)};
}
Reply verify(std::string_view text) {
  return {252, "2.0.0", std::string(text)};
}

Reply banner(std::string_view hostname, std::string_view text) {
  return {220, "", fmt::format("{} ESMTP{}{}", hostname, text.empty() ? "" : " ", text)};
}

Reply unsupported_option(std::string_view option) {
  return {555, "5.5.4", fmt::format("Unsupported option: {}", option.substr(0, 100))};
}

Reply mailbox_full(std::string_view recipient, bool for_good) {
  if (for_good) return {552, "5.2.2", fmt::format("<{}>: Recipient address rejected: Mailbox full", recipient)};
  return {452, "4.2.2", fmt::format("<{}>: Recipient address rejected: Mailbox full", recipient)};
}

Reply too_many_errors(std::string_view hostname) {
  return {421, "4.7.0", fmt::format("{} Error: too many errors", hostname)};
}
Reply timeout_exceeded(std::string_view hostname) {
  return {421, "4.4.2", fmt::format("{} Error: timeout exceeded", hostname)};
}
Reply shutting_down(std::string_view hostname) {
  return {421, "4.3.2", fmt::format("{} Service shutting down", hostname)};
}

Reply too_many_connections(std::string_view hostname, std::string_view client) {
  return {421, "4.7.0", fmt::format("{} Error: too many connections from {}", hostname, client)};
}

Reply too_many(std::string_view what, std::string_view client) {
  return {450, "4.7.1", fmt::format("Error: too {} from {}", what, client)};
}

Reply lookup_failure(std::string_view address) {
  return {451, "4.3.0", fmt::format("<{}>: Temporary lookup failure", address)};
}

Reply header_lookup_failure() {
  return {451, "4.3.0", "Temporary lookup failure"};
}

Reply sender_may_not_post(std::string_view recipient) {
  return {550, "5.7.1", fmt::format("<{}>: Recipient address rejected: sender may not post here", recipient)};
}

Reply unknown_user(std::string_view address, std::string_view table) {
  return {550, "5.1.1", fmt::format("<{}>: Recipient address rejected: User unknown in {} table", address, table)};
}

Reply user_moved(std::string_view address, std::string_view where) {
  return {550, "5.1.6", fmt::format("<{}>: Recipient address rejected: User has moved to {}", address, where)};
}

}  // namespace gateway::replies
