// How values compare when a filter is applied to an entry.
#include <charconv>
#include <cstdint>
#include <optional>

#include "lookup/filter.hpp"

namespace lookup {

namespace {

char lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : octet;
}

bool is_folded(std::string_view value) {
  if (value.empty()) return true;
  if (value.front() == ' ' || value.back() == ' ') return false;
  char before = 'x';
  for (const char octet : value) {
    if ((octet >= 'A' && octet <= 'Z') || (octet == ' ' && before == ' ')) return false;
    before = octet;
  }
  return true;
}

bool equal_values(std::string_view held, std::string_view asked) {
  if (same_name(held, asked)) return true;
  // Different octets can only be equal by their blanks.
  if (held.find(' ') == std::string_view::npos && asked.find(' ') == std::string_view::npos) return false;
  return folded_value(held) == folded_value(asked);
}

// caseIgnoreSubstringsMatch keeps the blanks at the ends of the pieces, so only case and runs are folded.
std::string folded_piece(std::string_view piece) {
  std::string folded;
  for (const char octet : piece) {
    if (octet == ' ' && !folded.empty() && folded.back() == ' ') continue;
    folded += lower(octet);
  }
  return folded;
}

bool has_pieces(std::string_view held, const std::vector<std::string>& pieces) {
  const auto value = folded_value(held);
  const auto first = folded_piece(pieces.front());
  if (value.compare(0, first.size(), first) != 0) return false;
  auto at = first.size();
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto piece = folded_piece(pieces[i]);
    const auto found = value.find(piece, at);
    if (found == std::string::npos) return false;
    at = found + piece.size();
  }
  const auto last = folded_piece(pieces.back());
  return value.size() >= at + last.size() && value.compare(value.size() - last.size(), last.size(), last) == 0;
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int compare_values(std::string_view held, std::string_view asked) {
  const auto left = integer(held);
  const auto right = integer(asked);
  if (left && right) return *left < *right ? -1 : *left > *right ? 1 : 0;
  return folded_value(held).compare(folded_value(asked));
}

bool has_bits(std::string_view held, std::string_view asked, Filter::Kind kind) {
  const auto value = integer(held);
  const auto mask = integer(asked);
  if (!value || !mask) return false;
  return kind == Filter::Kind::all_bits ? (*value & *mask) == *mask : (*value & *mask) != 0;
}

bool value_matches(const Filter& filter, std::string_view held) {
  switch (filter.kind) {
    case Filter::Kind::equal:
      return equal_values(held, filter.value);
    case Filter::Kind::present:
      return true;
    case Filter::Kind::substrings:
      return has_pieces(held, filter.pieces);
    case Filter::Kind::at_least:
      return compare_values(held, filter.value) >= 0;
    case Filter::Kind::at_most:
      return compare_values(held, filter.value) <= 0;
    case Filter::Kind::all_bits:
    case Filter::Kind::any_bits:
      return has_bits(held, filter.value, filter.kind);
    default:
      return false;
  }
}

}  // namespace

void fold_value(std::string_view value, std::string& folded) {
  folded.clear();
  if (is_folded(value)) {
    folded.assign(value);
    return;
  }
  for (const char octet : value) {
    if (octet == ' ' && (folded.empty() || folded.back() == ' ')) continue;
    folded += lower(octet);
  }
  if (!folded.empty() && folded.back() == ' ') folded.pop_back();
}

std::string folded_value(std::string_view value) {
  std::string folded;
  fold_value(value, folded);
  return folded;
}

bool matches(const Filter& filter, const EntryView& entry) {
  switch (filter.kind) {
    case Filter::Kind::all_of:
      for (const auto& part : filter.parts) {
        if (!matches(part, entry)) return false;
      }
      return true;
    case Filter::Kind::any_of:
      for (const auto& part : filter.parts) {
        if (matches(part, entry)) return true;
      }
      return false;
    case Filter::Kind::none_of:
      return !filter.parts.empty() && !matches(filter.parts.front(), entry);
    default:
      break;
  }
  for (const auto value : entry.values(without_options(filter.attribute))) {
    if (value_matches(filter, value)) return true;
  }
  return false;
}

}  // namespace lookup
