#include "lookup/question_key.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>
#include <string>

namespace lookup {

namespace {

constexpr std::size_t longest_name = 253;  // RFC 1035 2.3.4, in text without the final dot
constexpr std::size_t longest_label = 63;

bool is_beyond_ascii(char letter) {
  return static_cast<unsigned char>(letter) >= 0x80;
}

// Space, control octets and the backslash of presentation format are in no name that mail asks for.
bool may_stand(char letter) {
  return letter > ' ' && letter < 0x7f && letter != '\\';
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

struct FreeIdn {
  void operator()(char* text) const { idn2_free(text); }
};

}  // namespace

bool QuestionKey::append(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  std::size_t label = 0;
  for (const char letter : name) {
    if (letter == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!may_stand(letter) || ++label > longest_label) {
      return false;
    }
    text_[size_++] = lower(letter);
  }
  text_[size_] = '\0';
  return label > 0;
}

std::optional<QuestionKey> QuestionKey::make(DnsType type, std::string_view name) {
  QuestionKey key;
  key.text_[key.size_++] = static_cast<char>('a' + static_cast<int>(type));
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (std::none_of(name.begin(), name.end(), is_beyond_ascii)) {
    return key.append(name) ? std::optional(key) : std::nullopt;
  }
  if (name.size() > 4 * longest_name || name.find('\0') != std::string_view::npos) return std::nullopt;
  char* converted = nullptr;
  const int result = idn2_to_ascii_8z(std::string(name).c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, FreeIdn> ascii(converted);
  if (result != IDN2_OK || !key.append(ascii.get())) return std::nullopt;
  return key;
}

}  // namespace lookup
