#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/answer.hpp"
#include "lookup/dns_name.hpp"

namespace lookup {

enum class DnsType : std::uint8_t { a, aaaa, mx, ns, txt, ptr, tlsa, cname };

std::string_view to_string(DnsType type);

/// One DNS answer. `answer.values` holds the records in text: addresses for a/aaaa, "10 host" for mx (host "." is the
/// null MX of RFC 7505), names without trailing dot, TXT strings joined, TLSA as "usage selector type hex".
/// NXDOMAIN and "no such record" are absent; SERVFAIL, refused, bogus and time-out are unavailable.
struct DnsAnswer {
  Answer answer;
  bool nxdomain = false;  // the name itself does not exist
  bool secure = false;    // validated by DNSSEC
  std::string canonical;  // where CNAME records led; empty when there were none
  std::chrono::seconds ttl{0};
};

/// Asks the DNS without blocking. Belongs to one event loop. Answers are cached by TTL (bounded), equal questions in
/// flight are asked once, every question has a deadline, and a configured hosts file answers first for a/aaaa/ptr.
class Resolver {
 public:
  using Done = std::function<void(const DnsAnswer&)>;

  virtual ~Resolver() = default;

  /// Calls `done` exactly once on the resolver's loop; before it returns when the cache or the hosts file knows.
  virtual void ask(DnsType type, std::string_view name, Done done) = 0;
};

}  // namespace lookup
