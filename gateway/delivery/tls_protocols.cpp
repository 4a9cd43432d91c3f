#include "gateway/delivery/tls_protocols.hpp"

#include <openssl/ssl.h>

#include <algorithm>

#include "lookup/address.hpp"

namespace gateway {

namespace {

struct Version {
  std::string_view name;  // lower case
  int number;
  std::uint64_t bit;
};

// In order. SSLv2 is no part of OpenSSL any more; old files exclude it.
constexpr Version versions[] = {
    {"sslv2", 0, 0},
    {"sslv3", SSL3_VERSION, SSL_OP_NO_SSLv3},
    {"tlsv1", TLS1_VERSION, SSL_OP_NO_TLSv1},
    {"tlsv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
    {"tlsv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
    {"tlsv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3},
};

const Version* find_version(std::string_view text) {
  std::string name = lookup::ascii_lower(text);
  if (name == "tlsv1.0") name = "tlsv1";
  for (const Version& each : versions)
    if (each.name == name) return &each;
  return nullptr;
}

}  // namespace

tl::expected<TlsProtocols, std::string> parse_tls_protocols(std::string_view text) {
  TlsProtocols protocols;
  std::uint64_t included = 0;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \t\r\n,:");
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty()) continue;
    const std::size_t sign = word.starts_with(">=") || word.starts_with("<=") ? 2 : word.starts_with('!') ? 1 : 0;
    const Version* version = find_version(word.substr(sign));
    if (version == nullptr)
      return tl::unexpected("\"" + std::string(word) + "\" is no TLS protocol; write TLSv1.2, >=TLSv1.2 or !TLSv1.1");
    if (word[0] == '>') {
      protocols.least = std::max(version->number, int{SSL3_VERSION});
    } else if (word[0] == '<') {
      protocols.most = version->number;
    } else if (word[0] == '!') {
      protocols.excluded |= version->bit;
    } else {
      included |= version->bit;
    }
  }
  if (included != 0)
    for (const Version& each : versions)
      if ((included & each.bit) == 0) protocols.excluded |= each.bit;
  if (protocols.least == 0 && included == 0) protocols.least = TLS1_2_VERSION;
  if (protocols.most != 0 && protocols.most < protocols.least)
    return tl::unexpected<std::string>("the list of TLS protocols is empty");
  bool any = false;
  for (const Version& each : versions)
    any = any || (each.bit != 0 && (protocols.excluded & each.bit) == 0 && each.number >= protocols.least &&
                  (protocols.most == 0 || each.number <= protocols.most));
  if (!any) return tl::unexpected<std::string>("the list of TLS protocols is empty");
  return protocols;
}

}  // namespace gateway
