#pragma once

#include <memory>
#include <string>

#include "gateway/log.hpp"
#include "gateway/sasl/login_source.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// Logins checked by a Dovecot auth service over its client protocol.
///
/// `address` is what follows "dovecot:": "inet:HOST:PORT", "unix:PATH" or a path; a relative path begins in `folder`.
/// One connection serves all logins of the loop; it is opened for the first client that may log in, and again
/// when it was lost.
/// While there is none, logins are answered with unavailable.
std::unique_ptr<LoginSource> make_dovecot_source(const std::string& address, const std::string& folder,
                                                 asio::io_context& loop, Log& log);

/// What is wrong with such an address; "" when nothing is.
std::string problem_of_dovecot_address(std::string_view address);

}  // namespace gateway
