#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/facts.hpp"

namespace policy {

/// What a refusal speaks of: "<NAME>: CLASS rejected: ...".
enum class Object : std::uint8_t {
  client,
  reverse_client,
  certificate,
  login,
  helo,
  sender,
  recipient,
  etrn,
  data,
  end_of_data,
};

/// "Client host", "Sender address", ...
std::string_view class_of(Object object);

/// What stands between the angle brackets: an address, a host with its address, a command.
std::string name_of(Object object, const Facts& facts);

/// The object that a list speaks of unless one of its items says otherwise.
Object object_of(Stage stage);

/// The command the client gave, as Postfix names it in logs and to policy services ("RCPT", "END-OF-MESSAGE").
std::string_view protocol_state(Stage stage, const Facts& facts);

/// The enhanced status code as it fits the object: X.1.1 (no such recipient) becomes X.1.0 for a sender, X.1.8 (bad
/// sender system) X.1.2 for a recipient, and X.0.0 for what is not an address (RFC 3463 3.2).
std::string_view fit_dsn(std::string_view dsn, Object object);

/// The same code with the class digit of the reply code: SMTP's own code rules (RFC 2034 4).
std::string with_class_of(std::string_view dsn, int code);

}  // namespace policy
