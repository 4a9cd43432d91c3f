#include "lookup/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace lookup {

namespace {

struct Decoded {
  char32_t letter = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

Decoded decode(std::string_view text) {
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
  char32_t letter = first & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((octet(at) & 0xc0) != 0x80) return {};
    letter = letter << 6 | (octet(at) & 0x3fU);
  }
  static constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = letter >= 0xd800 && letter <= 0xdfff;
  if (letter < smallest[size] || letter > 0x10ffff || surrogate) return {};
  return {letter, size};
}

void append(std::string& out, char32_t letter) {
  const auto add = [&](char32_t octet) { out += static_cast<char>(octet); };
  if (letter < 0x80) {
    add(letter);
  } else if (letter < 0x800) {
    add(0xc0 | letter >> 6);
    add(0x80 | (letter & 0x3f));
  } else if (letter < 0x10000) {
    add(0xe0 | letter >> 12);
    add(0x80 | (letter >> 6 & 0x3f));
    add(0x80 | (letter & 0x3f));
  } else {
    add(0xf0 | letter >> 18);
    add(0x80 | (letter >> 12 & 0x3f));
    add(0x80 | (letter >> 6 & 0x3f));
    add(0x80 | (letter & 0x3f));
  }
}

// Capitals of one stretch of Unicode: `distance` to the small letter, or 0 where capital and small letter alternate
// and the capitals have the parity of `first`.
struct Capitals {
  char32_t first, last;
  int distance;
};

constexpr Capitals capitals[] = {
    {0x41, 0x5a, 32},    {0xc0, 0xd6, 32},     {0xd8, 0xde, 32},     {0x100, 0x12e, 0},   {0x132, 0x136, 0},
    {0x139, 0x147, 0},   {0x14a, 0x176, 0},    {0x178, 0x178, -121}, {0x179, 0x17d, 0},   {0x1cd, 0x1db, 0},
    {0x1de, 0x1ee, 0},   {0x1f8, 0x21e, 0},    {0x222, 0x232, 0},    {0x386, 0x386, 38},  {0x388, 0x38a, 37},
    {0x38c, 0x38c, 64},  {0x38e, 0x38f, 63},   {0x391, 0x3a1, 32},   {0x3a3, 0x3ab, 32},  {0x3c2, 0x3c2, 1},
    {0x3d8, 0x3ee, 0},   {0x400, 0x40f, 80},   {0x410, 0x42f, 32},   {0x460, 0x480, 0},   {0x48a, 0x4be, 0},
    {0x4c1, 0x4cd, 0},   {0x4d0, 0x52e, 0},    {0x531, 0x556, 48},   {0x1e00, 0x1e94, 0}, {0x1e9e, 0x1e9e, -7615},
    {0x1ea0, 0x1efe, 0}, {0xff21, 0xff3a, 32},
};

char32_t fold(char32_t letter) {
  const auto* found = std::upper_bound(std::begin(capitals), std::end(capitals), letter,
                                       [](char32_t value, const Capitals& stretch) { return value < stretch.first; });
  if (found == std::begin(capitals)) return letter;
  const Capitals& stretch = *std::prev(found);
  if (letter > stretch.last) return letter;
  if (stretch.distance != 0) return static_cast<char32_t>(static_cast<int>(letter) + stretch.distance);
  return (letter - stretch.first) % 2 == 0 ? letter + 1 : letter;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.size == 0) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

bool is_folded(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return static_cast<unsigned char>(letter) < 0x80 && (letter < 'A' || letter > 'Z');
  });
}

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.size == 0) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      append(out, fold(next.letter));
      text.remove_prefix(next.size);
    }
  }
  return out;
}

}  // namespace lookup
