#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace gateway {

/// Appends an unsigned integer in little-endian order.
template <typename Number>
void put_fixed(std::string& into, Number number) {
  static_assert(std::is_unsigned_v<Number>);
  for (std::size_t i = 0; i < sizeof number; ++i) into.push_back(static_cast<char>((number >> (8 * i)) & 0xff));
}

/// Appends a number in groups of 7 bits, low ones first, the high bit set on all but the last octet.
inline void put_number(std::string& into, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) into.push_back(static_cast<char>((number & 0x7f) | 0x80));
  into.push_back(static_cast<char>(number));
}

/// Appends the length of `text`, then `text`.
inline void put_text(std::string& into, std::string_view text) {
  put_number(into, text.size());
  into.append(text);
}

/// Takes fields from the front of a record. Reading past its end gives zeros and empty texts, and good() says so; no
/// input can make it read outside of the record, which must outlive this object and the texts.
class RecordFields {
 public:
  explicit RecordFields(std::string_view record) : rest_(record) {}

  template <typename Number>
  Number fixed() {
    if (rest_.size() < sizeof(Number)) return fail(), Number{};
    Number number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
      number = static_cast<Number>(number | (static_cast<Number>(static_cast<std::uint8_t>(rest_[i])) << (8 * i)));
    rest_.remove_prefix(sizeof number);
    return number;
  }

  std::uint64_t number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto octet = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      number |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
      if (octet < 0x80) return number;
    }
    return fail(), 0;
  }

  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return fail(), std::string_view{};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::size_t left() const { return rest_.size(); }
  bool good() const { return good_; }

 private:
  void fail() {
    good_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace gateway
