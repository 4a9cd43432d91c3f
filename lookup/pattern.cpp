#define PCRE2_CODE_UNIT_WIDTH 8

#include "lookup/pattern.hpp"

#include <fmt/core.h>
#include <pcre2.h>

#include <algorithm>

namespace lookup {

namespace {

// An honest expression needs some thousand steps on a header of some kilobytes; the limits end a runaway one within
// tens of milliseconds.
constexpr std::uint32_t match_limit = 500'000;
constexpr std::uint32_t depth_limit = 20'000;
constexpr std::uint32_t heap_limit_kib = 16 * 1024;
constexpr std::size_t longest_expression = 64 * 1024;

struct Free {
  void operator()(pcre2_match_context* limits) const { pcre2_match_context_free(limits); }
  void operator()(pcre2_match_data* places) const { pcre2_match_data_free(places); }
};

// Scratch memory of the matcher, one for each thread.
struct Scratch {
  std::unique_ptr<pcre2_match_context, Free> limits{pcre2_match_context_create(nullptr)};
  std::unique_ptr<pcre2_match_data, Free> places{pcre2_match_data_create(Groups::most, nullptr)};

  Scratch() {
    if (!limits) return;
    pcre2_set_match_limit(limits.get(), match_limit);
    pcre2_set_depth_limit(limits.get(), depth_limit);
    pcre2_set_heap_limit(limits.get(), heap_limit_kib);
  }
};

std::uint32_t option_of(PatternSyntax syntax, char flag) {
  switch (flag) {
    case 'i':
      return PCRE2_CASELESS;
    case 'm':
      return PCRE2_MULTILINE;
    default:
      break;
  }
  if (syntax == PatternSyntax::regexp) return 0;
  switch (flag) {
    case 's':
      return PCRE2_DOTALL;
    case 'x':
      return PCRE2_EXTENDED;
    case 'A':
      return PCRE2_ANCHORED;
    case 'E':
      return PCRE2_DOLLAR_ENDONLY;
    case 'U':
      return PCRE2_UNGREEDY;
    default:
      return 0;
  }
}

// A POSIX basic expression (regexp flag x) as an extended one: the roles of ( ) { } | + ? with and without backslash
// are exchanged.
std::string extended_of_basic(std::string_view basic) {
  static constexpr std::string_view exchanged = "(){}|+?";
  std::string out;
  for (std::size_t at = 0; at < basic.size(); ++at) {
    const char letter = basic[at];
    if (letter == '[') {
      std::size_t end = at + 1;
      if (end < basic.size() && basic[end] == '^') ++end;
      end = basic.find(']', end + 1);
      if (end == std::string_view::npos) end = basic.size() - 1;
      out += basic.substr(at, end - at + 1);
      at = end;
    } else if (letter == '\\' && at + 1 < basic.size()) {
      const char next = basic[++at];
      if (exchanged.find(next) == std::string_view::npos) out += '\\';
      out += next;
    } else {
      if (exchanged.find(letter) != std::string_view::npos) out += '\\';
      out += letter;
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
}

}  // namespace

tl::expected<Pattern, std::string> Pattern::compile(PatternSyntax syntax, std::string_view expression,
                                                    std::string_view flags) {
  std::uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
  bool basic = false;
  for (const char flag : flags) {
    const std::uint32_t option = option_of(syntax, flag);
    if (option != 0) {
      options ^= option;
    } else if (syntax == PatternSyntax::regexp && flag == 'x') {
      basic = !basic;
    } else if (syntax == PatternSyntax::regexp || flag != 'X') {  // X: PCRE2 is always that strict
      return tl::unexpected(fmt::format("unknown flag \"{}\" after the expression", flag));
    }
  }
  // Octets are compared as they are, so that an expression in ASCII also sees text in Latin-1. An expression with
  // other letters is taken for UTF-8.
  if (!is_ascii(expression)) options |= PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
  if (expression.size() > longest_expression) return tl::unexpected<std::string>("the expression is too long");

  const std::string text = basic ? extended_of_basic(expression) : std::string(expression);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options, &error, &offset, nullptr);
  if (code == nullptr) {
    PCRE2_UCHAR message[256];
    if (pcre2_get_error_message(error, message, sizeof message) < 0) message[0] = '\0';
    return tl::unexpected(
        fmt::format("the expression has an error at offset {}: {}", offset, reinterpret_cast<const char*>(message)));
  }
  Pattern pattern;
  pattern.code_ = std::shared_ptr<const void>(
      code, [](const void* old) { pcre2_code_free(static_cast<pcre2_code*>(const_cast<void*>(old))); });
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &pattern.group_count_);
  // Where executable memory is forbidden this fails, and the interpreter does the same work more slowly.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return pattern;
}

Pattern::Outcome Pattern::match(std::string_view subject, Groups* groups) const {
  thread_local Scratch scratch;
  if (!scratch.limits || !scratch.places) return Outcome::limit;
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const auto* text = reinterpret_cast<PCRE2_SPTR>(subject.data() != nullptr ? subject.data() : "");
  const auto run = [&](std::uint32_t options) {
    return pcre2_match(code, text, subject.size(), 0, options, scratch.places.get(), scratch.limits.get());
  };
  int result = run(0);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);
  if (result == PCRE2_ERROR_NOMATCH) return Outcome::no_match;
  if (result < 0) return Outcome::limit;
  if (groups != nullptr) {
    const std::size_t count = result == 0 ? Groups::most : static_cast<std::size_t>(result);
    const PCRE2_SIZE* places = pcre2_get_ovector_pointer(scratch.places.get());
    for (std::size_t at = 0; at < groups->text.size(); ++at) {
      const bool took_part = at < count && places[2 * at] != PCRE2_UNSET && places[2 * at] <= places[2 * at + 1];
      groups->text[at] =
          took_part ? subject.substr(places[2 * at], places[2 * at + 1] - places[2 * at]) : std::string_view();
    }
  }
  return Outcome::match;
}

}  // namespace lookup
