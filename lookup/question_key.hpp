#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "lookup/dns.hpp"

namespace lookup {

/// A DNS question as a key, without memory of its own on the heap: the type, then the name in lower case, without
/// final dot, internationalized labels as A-labels.
class QuestionKey {
 public:
  /// nullopt when no such name can exist in the DNS: an empty or over-long label or name, a control octet.
  static std::optional<QuestionKey> make(DnsType type, std::string_view name);

  std::string_view text() const { return {text_.data(), size_}; }

  /// The name alone, ended by NUL.
  const char* name() const { return text_.data() + 1; }

 private:
  QuestionKey() = default;
  bool append(std::string_view name);

  std::array<char, 256> text_;
  std::size_t size_ = 0;
};

}  // namespace lookup
