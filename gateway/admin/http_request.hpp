#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

/// One HTTP/1.x request. Names of fields are in lower case.
struct HttpRequest {
  std::string method, path;  // the path without its query
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  /// The value of a field, empty when it is absent.
  std::string_view field(std::string_view name) const;

  /// A value of a body that a form sent (application/x-www-form-urlencoded), decoded; empty when it is absent.
  std::string form(std::string_view name) const;
};

/// How far the octets received so far go.
enum class HttpProgress { incomplete, complete, malformed, too_large };

struct ParsedHttp {
  HttpProgress progress = HttpProgress::incomplete;
  HttpRequest request;
};

/// At most this many octets are read of a request, its body included.
inline constexpr std::size_t http_request_limit = 16384;

/// RFC 9112 3, 5 and 6.3: request line, fields, and a body by Content-Length. A transfer coding is malformed here: it
/// has no use in requests of this size.
ParsedHttp parse_http(std::string_view octets);

/// Is this the field "Authorization: Basic ..." of that user and password (RFC 7617)? Takes the same time whatever the
/// password is.
bool has_login(const HttpRequest& request, std::string_view user, std::string_view password);

}  // namespace gateway
