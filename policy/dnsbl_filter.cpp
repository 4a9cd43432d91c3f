#include "policy/dnsbl_filter.hpp"

#include <charconv>

namespace policy {

namespace {

std::optional<unsigned> octet(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 255 || text.size() > 3) return std::nullopt;
  return value;
}

std::string_view cut(std::string_view& rest, std::string_view separator) {
  const auto at = rest.find(separator);
  const auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + separator.size());
  return part;
}

std::optional<std::bitset<256>> octet_set(std::string_view text) {
  std::bitset<256> set;
  if (text.empty()) return std::nullopt;
  if (text.front() != '[') {
    const auto value = octet(text);
    if (!value) return std::nullopt;
    set.set(*value);
    return set;
  }
  if (text.size() < 3 || text.back() != ']') return std::nullopt;
  auto rest = text.substr(1, text.size() - 2);
  if (rest.back() == ';') return std::nullopt;
  while (!rest.empty()) {
    auto range = cut(rest, ";");
    const bool is_range = range.find("..") != std::string_view::npos;
    const auto low = octet(cut(range, ".."));
    const auto high = is_range ? octet(range) : low;
    if (!low || !high || *low > *high) return std::nullopt;
    for (unsigned value = *low; value <= *high; ++value) set.set(value);
  }
  return set;
}

}  // namespace

std::optional<std::array<unsigned, 4>> dotted_quad(std::string_view text) {
  std::array<unsigned, 4> octets{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto at = i < 3 ? text.find('.') : text.size();
    if (at == std::string_view::npos) return std::nullopt;
    const auto value = octet(text.substr(0, at));
    if (!value) return std::nullopt;
    octets[i] = *value;
    text.remove_prefix(i < 3 ? at + 1 : at);
  }
  return octets;
}

std::optional<DnsblFilter> DnsblFilter::parse(std::string_view text) {
  DnsblFilter filter;
  while (filter.octets_.size() < 4) {
    // Dots inside brackets belong to a range.
    const auto from = text.starts_with('[') ? text.find(']') : 0;
    if (from == std::string_view::npos) return std::nullopt;
    const auto dot = text.find('.', from);
    const bool is_last = filter.octets_.size() == 3;
    if (is_last != (dot == std::string_view::npos)) return std::nullopt;
    const auto set = octet_set(text.substr(0, dot));
    if (!set) return std::nullopt;
    filter.octets_.push_back(*set);
    text = is_last ? std::string_view{} : text.substr(dot + 1);
  }
  return filter;
}

bool DnsblFilter::matches(std::string_view address) const {
  if (octets_.empty()) return true;
  const auto quad = dotted_quad(address);
  if (!quad) return false;
  for (std::size_t i = 0; i < 4; ++i)
    if (!octets_[i].test((*quad)[i])) return false;
  return true;
}

}  // namespace policy
