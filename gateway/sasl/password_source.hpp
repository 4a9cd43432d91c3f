#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/sasl/login_source.hpp"
#include "lookup/directory.hpp"

namespace gateway {

/// Asks somebody who knows passwords: the directory's check_password() in the daemon.
using PasswordCheck = std::function<void(std::string login, std::string password,
                                         std::function<void(lookup::LoginResult, std::string detail)> done)>;

/// PLAIN (RFC 4616) and LOGIN over a password check. Empty names and passwords are refused without asking: an empty
/// password would be an anonymous bind, which succeeds (RFC 4513 5.1.2).
std::unique_ptr<LoginSource> make_password_source(PasswordCheck check);

}  // namespace gateway
