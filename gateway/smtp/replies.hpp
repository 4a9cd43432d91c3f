#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/smtp/reply.hpp"

/// Every text that a session says of its own accord, in one place. Wordings are Postfix's where tools parse them.
namespace gateway::replies {

Reply ok();
Reply sender_ok();
Reply recipient_ok();
Reply send_content();
Reply queued(std::string_view id);
Reply chunk_ok(std::uint64_t size);
Reply bye();
Reply goodbye_intruder();
Reply ready_for_tls();
Reply authenticated();
Reply banner(std::string_view hostname, std::string_view text);
Reply verify(std::string_view text);
Reply help();

// The order of commands
Reply hello_first();
Reply nested_mail();
Reply mail_first();
Reply recipient_first();
Reply no_valid_recipients();
Reply chunks_not_done(std::string_view command);
Reply transaction_in_progress();
Reply already_authenticated();
Reply authentication_not_enabled();
Reply tls_already_active();
Reply tls_required();
Reply tls_required_for_auth();
Reply authentication_required();

// Syntax
Reply syntax(std::string_view usage);
Reply not_recognized();
Reply not_implemented();
Reply line_too_long();
Reply bad_sender_syntax();
Reply bad_recipient_syntax();
Reply bad_size();
Reply bad_parameter(std::string_view name);
Reply unsupported_option(std::string_view option);
Reply needs_smtputf8();
Reply bad_base64();
Reply authentication_aborted();
Reply unknown_mechanism();
Reply response_too_long();

// Limits
Reply message_too_big();
Reply header_too_big();
Reply too_many_recipients();
Reply too_many_hops();
Reply no_storage();
Reply mailbox_full(std::string_view recipient, bool for_good);
Reply too_many_errors(std::string_view hostname);
Reply timeout_exceeded(std::string_view hostname);
Reply shutting_down(std::string_view hostname);
Reply too_many_connections(std::string_view hostname, std::string_view client);
Reply server_busy(std::string_view hostname);
Reply too_many(std::string_view what, std::string_view client);

// Content and protocol abuse
Reply out_of_step();
Reply bare_newline(std::string_view octet);

// Trouble on our side: always temporary
Reply queue_write_error();
Reply local_error();
Reply lookup_failure(std::string_view address);
Reply header_lookup_failure();
Reply sender_may_not_post(std::string_view recipient);
Reply tls_not_available();
Reply authentication_unavailable();
Reply authentication_failed();
Reply unknown_user(std::string_view address, std::string_view table);
Reply user_moved(std::string_view address, std::string_view where);

}  // namespace gateway::replies
