#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string_view>
#include <vector>

namespace policy {

/// Which answers of a DNS list count: "127.0.0.2", "127.0.[0;1].[2..11;20]". Without a text every answer counts.
class DnsblFilter {
 public:
  DnsblFilter() = default;

  /// nullopt when the text is not four octets, each a number or a bracketed list of numbers and ranges.
  static std::optional<DnsblFilter> parse(std::string_view text);

  /// True for an IPv4 address in dotted form that the filter lets through.
  bool matches(std::string_view address) const;

 private:
  std::vector<std::bitset<256>> octets_;  // empty: any answer
};

/// The four octets of a dotted quad, nullopt for anything else.
std::optional<std::array<unsigned, 4>> dotted_quad(std::string_view text);

}  // namespace policy
