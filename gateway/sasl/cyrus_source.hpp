#pragma once

#include <memory>

#include "gateway/config/config.hpp"
#include "gateway/log.hpp"
#include "gateway/sasl/login_source.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// Logins checked by Cyrus SASL: saslauthd, sasldb and other auxprop plugins, GSSAPI, by `sasl.options` and, where they
/// are silent, by the library's own smtpd.conf. Its calls run in threads of their own.
std::unique_ptr<LoginSource> make_cyrus_source(const config::Config& config, asio::io_context& loop, Log& log);

/// The flags of <sasl/sasl.h> for noplaintext and so on.
unsigned cyrus_flags(const std::vector<std::string>& security_options);

}  // namespace gateway
