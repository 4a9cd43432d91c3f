#pragma once

#include <string>

#include "gateway/smtp/reply.hpp"
#include "policy/facts.hpp"

namespace gateway {

/// The next reference of a refusal: eight letters and digits that nobody confuses, easy to read out on a telephone.
/// Unlike those of the twelve days before, also after a restart. Safe from any thread.
std::string next_refusal_reference();

/// Adds reject_footer to an error reply as Postfix does: on a line of its own, or behind the text when the footer
/// begins with "\c"; "\n" begins a further line. Known names: reference client client_address client_name client_port
/// helo_name sender recipient server_name localtime.
void append_footer(Reply& reply, const std::string& footer, const policy::Facts& facts, const std::string& hostname,
                   const std::string& reference);

}  // namespace gateway
