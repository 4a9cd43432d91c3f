#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// The mechanisms of a server that a route may use, in the order in which they are tried. With no order of the
/// administrator's the plugins' come first, then PLAIN, then LOGIN. `plaintext_allowed`: nobody can listen.
struct LoginChoice {
  std::vector<std::string> plugins;  // before the rest, together: Cyrus chooses the strongest
  std::vector<std::string> ordered;  // one by one

  bool is_empty() const { return plugins.empty() && ordered.empty(); }
};

enum class Plaintext : bool { refused, allowed };

LoginChoice choose_mechanisms(const config::RouteAuth& wishes, const std::vector<std::string>& offered,
                              Plaintext plaintext);

/// "user:password" of a password table taken apart; the password is empty without a colon, as in Postfix.
struct PeerLogin;
PeerLogin parse_login(const std::string& text);

}  // namespace gateway
