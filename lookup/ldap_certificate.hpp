#pragma once

#include <string>
#include <string_view>

namespace lookup {

/// What is wrong with a server's certificate, in words for the log; "" when nothing is found. `encoded` is the
/// certificate in DER, `host` the name or address that the server was reached by; `ca_file` names the trusted
/// authorities, the system's when it is empty.
std::string judge_certificate(std::string_view encoded, const std::string& host, const std::string& ca_file);

}  // namespace lookup
