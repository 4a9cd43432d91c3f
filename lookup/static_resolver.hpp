#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lookup/dns.hpp"

namespace lookup {

/// A resolver that knows a fixed set of records and answers at once; everything else does not exist. For tests and
/// for replays. Names are compared without regard to case and to a final dot.
class StaticResolver final : public Resolver {
 public:
  /// Adds one record to what `name` has of `type`.
  StaticResolver& add(DnsType type, std::string_view name, std::string value);

  /// Makes a question answer exactly this, for example unavailable.
  StaticResolver& set(DnsType type, std::string_view name, DnsAnswer answer);

  void ask(DnsType type, std::string_view name, Done done) override;

  /// How often ask() was called.
  std::size_t asked() const { return asked_; }

 private:
  std::map<std::pair<std::string, DnsType>, DnsAnswer> answers_;
  std::size_t asked_ = 0;
};

}  // namespace lookup
