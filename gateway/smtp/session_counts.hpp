#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "gateway/smtp/command.hpp"

namespace gateway {

/// How often each command was given and how often it succeeded: the end of the disconnect line.
class SessionCounts {
 public:
  void count(Verb verb, bool succeeded);

  /// " ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"
  std::string to_string() const;

 private:
  struct Count {
    std::uint32_t good = 0, total = 0;
  };
  std::array<Count, verb_count> counts_{};
};

}  // namespace gateway
