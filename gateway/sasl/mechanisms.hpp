#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

class LoginSource;
struct LoginPeer;

/// Whether a mechanism keeps to security options (noplaintext, noanonymous, ...). A name that is not known does not.
bool keeps_to(const std::vector<std::string>& security_options, std::string_view mechanism);

/// The mechanisms for this client, in the configured order and in capitals.
std::vector<std::string> offered_mechanisms(const config::Sasl& sasl, const LoginSource& source, const LoginPeer& peer);

/// The name that a client's first words of an exchange claim, before anything is checked: for limits and the log.
/// `turn` counts the client's responses from 0. "" when these words name nobody.
std::string claimed_login(std::string_view mechanism, std::string_view octets, int turn);

}  // namespace gateway
