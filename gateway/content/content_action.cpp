#include "gateway/content/content_action.hpp"

#include <array>

#include "lookup/address.hpp"

namespace gateway {

namespace {

using Kind = ContentAction::Kind;

struct Word {
  std::string_view name, logged;
  Kind kind;
  bool needs_text = false;
};

constexpr std::array words = {
    Word{"dunno", "dunno", Kind::dunno},
    Word{"ok", "dunno", Kind::dunno},
    Word{"bcc", "bcc", Kind::bcc, true},
    Word{"discard", "discard", Kind::discard},
    Word{"filter", "filter", Kind::filter, true},
    Word{"hold", "hold", Kind::hold},
    Word{"ignore", "ignore", Kind::ignore},
    Word{"info", "info", Kind::info},
    Word{"pass", "pass", Kind::pass},
    Word{"prepend", "prepend", Kind::prepend, true},
    Word{"redirect", "redirect", Kind::redirect, true},
    Word{"reject", "reject", Kind::reject},
    Word{"replace", "replace", Kind::replace, true},
    Word{"strip", "strip", Kind::strip},
    Word{"warn", "warning", Kind::warn},
};

}  // namespace

std::string_view to_string(ContentAction::Kind kind) {
  for (const auto& word : words)
    if (word.kind == kind) return word.logged;
  return "dunno";
}

std::optional<ContentAction> parse_content_action(std::string_view value) {
  const auto end = value.find_first_of(" \t");
  const auto name = lookup::ascii_lower(value.substr(0, end));
  auto text = end == std::string_view::npos ? std::string_view() : value.substr(end);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
  for (const auto& word : words) {
    if (word.name != name) continue;
    if (word.needs_text && text.empty()) return std::nullopt;
    return ContentAction{word.kind, std::string(text)};
  }
  return std::nullopt;
}

}  // namespace gateway
