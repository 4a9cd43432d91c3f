#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/smtp/reply.hpp"

/// Every text that a session says of its own accord, in one place. Wordings are Postfix's where tools parse them.
namespace gateway::replies {

inline Reply ok() {
  return {250, "2.0.0", "Ok"};
}
inline Reply sender_ok() {
  return {250, "2.1.0", "Ok"};
}
inline Reply recipient_ok() {
  return {250, "2.1.5", "Ok"};
}
inline Reply send_content() {
  return {354, "", "End data with <CR><LF>.<CR><LF>"};
}
Reply queued(std::string_view id);
Reply chunk_ok(std::uint64_t size);
inline Reply bye() {
  return {221, "2.0.0", "Bye"};
}
inline Reply goodbye_intruder() {
  return {221, "2.7.0", "Error: I can break rules, too. Goodbye."};
}
inline Reply ready_for_tls() {
  return {220, "2.0.0", "Ready to start TLS"};
}
inline Reply authenticated() {
  return {235, "2.7.0", "Authentication successful"};
}
Reply banner(std::string_view hostname, std::string_view text);
Reply verify(std::string_view text);
inline Reply help() {
  return {214, "2.0.0", "RFC 5321: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY ETRN STARTTLS AUTH QUIT"};
}

// The order of commands
inline Reply hello_first() {
  return {503, "5.5.1", "Error: send HELO/EHLO first"};
}
inline Reply nested_mail() {
  return {503, "5.5.1", "Error: nested MAIL command"};
}
inline Reply mail_first() {
  return {503, "5.5.1", "Error: need MAIL command"};
}
inline Reply recipient_first() {
  return {503, "5.5.1", "Error: need RCPT command"};
}
inline Reply no_valid_recipients() {
  return {554, "5.5.1", "Error: no valid recipients"};
}
inline Reply chunks_not_done(std::string_view command) {
  return {503, "5.5.1", "Error: " + std::string(command) + " after BDAT"};
}
inline Reply transaction_in_progress() {
  return {503, "5.5.1", "Error: MAIL transaction in progress"};
}
inline Reply already_authenticated() {
  return {503, "5.5.1", "Error: already authenticated"};
}
inline Reply authentication_not_enabled() {
  return {503, "5.5.1", "Error: authentication not enabled"};
}
inline Reply tls_already_active() {
  return {554, "5.5.1", "Error: TLS already active"};
}
inline Reply tls_required() {
  return {530, "5.7.0", "Must issue a STARTTLS command first"};
}
inline Reply tls_required_for_auth() {
  return {538, "5.7.0", "Encryption required for requested authentication mechanism"};
}
inline Reply authentication_required() {
  return {530, "5.7.0", "Authentication required"};
}

// Syntax
inline Reply syntax(std::string_view usage) {
  return {501, "5.5.4", "Syntax: " + std::string(usage)};
}
inline Reply not_recognized() {
  return {500, "5.5.2", "Error: command not recognized"};
}
inline Reply not_implemented() {
  return {502, "5.5.1", "Error: command not implemented"};
}
inline Reply line_too_long() {
  return {500, "5.5.2", "Error: line too long"};
}
inline Reply bad_sender_syntax() {
  return {501, "5.1.7", "Bad sender address syntax"};
}
inline Reply bad_recipient_syntax() {
  return {501, "5.1.3", "Bad recipient address syntax"};
}
inline Reply bad_size() {
  return {501, "5.5.4", "Bad message size syntax"};
}
inline Reply bad_parameter(std::string_view name) {
  return {501, "5.5.4", "Error: Bad " + std::string(name) + " parameter syntax"};
}
Reply unsupported_option(std::string_view option);
inline Reply needs_smtputf8() {
  return {553, "5.6.7", "Must declare SMTPUTF8 to send unicode address"};
}
inline Reply bad_base64() {
  return {501, "5.5.2", "Error: malformed base64 encoding"};
}
inline Reply authentication_aborted() {
  return {501, "5.7.0", "Authentication aborted"};
}
inline Reply unknown_mechanism() {
  return {504, "5.5.4", "Error: authentication mechanism not supported"};
}
inline Reply response_too_long() {
  return {500, "5.5.6", "Error: authentication exchange line is too long"};
}

// Limits
inline Reply message_too_big() {
  return {552, "5.3.4", "Message size exceeds fixed limit"};
}
inline Reply header_too_big() {
  return {552, "5.3.4", "Error: message header field exceeds fixed limit"};
}
inline Reply too_many_recipients() {
  return {452, "4.5.3", "Error: too many recipients"};
}
inline Reply too_many_hops() {
  return {554, "5.4.0", "Error: too many hops"};
}
inline Reply no_storage() {
  return {452, "4.3.1", "Insufficient system storage"};
}
Reply mailbox_full(std::string_view recipient, bool for_good);
Reply too_many_errors(std::string_view hostname);
Reply timeout_exceeded(std::string_view hostname);
Reply shutting_down(std::string_view hostname);
Reply too_many_connections(std::string_view hostname, std::string_view client);
inline Reply server_busy(std::string_view hostname) {
  return {421, "4.3.2", std::string(hostname) + " Error: server is too busy"};
}
Reply too_many(std::string_view what, std::string_view client);

// Content and protocol abuse
inline Reply out_of_step() {
  return {554, "5.5.0", "Error: SMTP protocol synchronization"};
}
inline Reply bare_newline(std::string_view octet) {
  return {554, "5.5.0", "Error: bare " + std::string(octet) + " received"};
}

// Trouble on our side: always temporary
inline Reply queue_write_error() {
  return {451, "4.3.0", "Error: queue file write error"};
}
inline Reply local_error() {
  return {451, "4.3.0", "Error: temporary local problem"};
}
Reply lookup_failure(std::string_view address);
inline Reply tls_not_available() {
  return {454, "4.7.0", "TLS not available due to local problem"};
}
inline Reply authentication_unavailable() {
  return {454, "4.7.0", "Temporary authentication failure"};
}
inline Reply authentication_failed() {
  return {535, "5.7.8", "Error: authentication failed"};
}
Reply unknown_user(std::string_view address, std::string_view table);
Reply user_moved(std::string_view address, std::string_view where);

}  // namespace gateway::replies
