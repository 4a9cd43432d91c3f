#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace gateway {

/// Versions of TLS as OpenSSL numbers them. `excluded` are SSL_OP_NO_... bits between the two ends.
struct TlsProtocols {
  int least = 0, most = 0;  // 0: no such end
  std::uint64_t excluded = 0;

  bool operator==(const TlsProtocols&) const = default;
};

/// Reads a list in the manner of smtp_tls_protocols: ">=TLSv1.2", "<=TLSv1.3", "!TLSv1.1", "TLSv1.2 TLSv1.3"; between
/// them white space, commas or colons. Nothing older than TLSv1.2 unless it is asked for. The error is a sentence.
[[nodiscard]] tl::expected<TlsProtocols, std::string> parse_tls_protocols(std::string_view text);

}  // namespace gateway
