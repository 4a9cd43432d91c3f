#pragma once

#include <string>
#include <string_view>

namespace lookup {

/// Is `given` the password that a userPassword value (RFC 2307) stands for? Knows {SSHA} {SHA} {SSHA256} {SHA256}
/// {SSHA512} {SHA512} {CRYPT} {CLEARTEXT} and a value without scheme; others, and an empty password, never match.
/// {CRYPT} may take a tenth of a second: not for event loops.
bool password_matches(std::string_view stored, const std::string& given);

}  // namespace lookup
