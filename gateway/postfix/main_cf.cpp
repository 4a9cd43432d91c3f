#include "gateway/postfix/main_cf.hpp"

#include "lookup/address.hpp"
#include "lookup/map_reference.hpp"
#include "lookup/table_text.hpp"

namespace gateway::postfix {

namespace {

constexpr int expansion_depth = 20;
constexpr int expansion_steps = 2000;

// Spellings that old guides hand on, and names that Postfix itself gave up.
constexpr std::pair<std::string_view, std::string_view> old_names[] = {
    {"mynetwork", "mynetworks"},
    {"virtual_alias_domain", "virtual_alias_domains"},
    {"virtual_mailbox_domain", "virtual_mailbox_domains"},
    {"relay_domain", "relay_domains"},
    {"virtual_maps", "virtual_alias_maps"},
    {"smtpd_sasl_application_name", "smtpd_sasl_path"},
    {"fallback_relay", "smtp_fallback_relay"},
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view name_at(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_name(text[size])) ++size;
  return text.substr(0, size);
}

// The length of "{...}" or "(...)" at the front with its brackets, 0 when it is not closed.
std::size_t bracket_length(std::string_view text, char open, char close) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at + 1;
  }
  return 0;
}

// "{a}" or "{a}:{b}" behind the "?" of "${name?...}"; text without braces stands for itself.
std::pair<std::string_view, std::string_view> alternatives(std::string_view text) {
  text = lookup::trimmed(text);
  const auto length = text.starts_with('{') ? bracket_length(text, '{', '}') : 0;
  if (length == 0) return {text, {}};
  const auto first = lookup::trimmed(text.substr(1, length - 2));
  auto rest = lookup::trimmed(text.substr(length));
  if (!rest.starts_with(':')) return {first, {}};
  rest = lookup::trimmed(rest.substr(1));
  if (rest.size() > 1 && rest.front() == '{' && rest.back() == '}')
    rest = lookup::trimmed(rest.substr(1, rest.size() - 2));
  return {first, rest};
}

}  // namespace

MainCf::MainCf(std::string_view text, const std::string& file) {
  lookup::TableText lines(text);
  lookup::TableLine line;
  const auto remark = [&](const config::Place& place, std::string words) {
    remarks_.push_back({config::Severity::note, place, std::move(words)});
  };
  while (lines.next(line)) {
    Setting setting;
    setting.place = {file, line.number, 1};
    const auto statement = lookup::trimmed(line.text);
    setting.name = std::string(name_at(statement));
    auto rest = lookup::trimmed(statement.substr(setting.name.size()));
    if (setting.name.empty() || (!rest.starts_with('=') && rest.size() + setting.name.size() == statement.size())) {
      remark(setting.place, fmt::format("\"{}\" is no statement NAME = VALUE; left out", statement.substr(0, 60)));
      continue;
    }
    if (rest.starts_with('='))
      rest = lookup::trimmed(rest.substr(1));
    else
      remark(setting.place, fmt::format("{}: the \"=\" is missing; read as if it were there", setting.name));
    setting.value = std::string(rest);
    for (const auto& [old_name, name] : old_names)
      if (setting.name == old_name) {
        remark(setting.place, fmt::format("{} is read as {}", old_name, name));
        setting.name = std::string(name);
      }
    if (const auto known = settings_.find(setting.name); known != settings_.end())
      remark(known->second.place, fmt::format("{} is set again in line {}, which counts", setting.name, line.number));
    settings_.insert_or_assign(setting.name, std::move(setting));
  }
}

const Setting* MainCf::find(std::string_view name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? nullptr : &found->second;
}

std::string MainCf::value(const std::string& name) const {
  mark_read(name);
  if (const auto* setting = find(name)) return expand(setting->value);
  const auto found = defaults_.find(name);
  return found == defaults_.end() ? std::string() : expand(found->second);
}

std::string MainCf::expand_braces(std::string_view inside, int depth) const {
  const auto name = name_at(inside);
  const auto named = [&] {
    mark_read(std::string(name));
    if (const auto* setting = find(name)) return expand(setting->value, depth + 1);
    const auto found = defaults_.find(name);
    return found == defaults_.end() ? std::string() : expand(found->second, depth + 1);
  };
  const auto rest = lookup::trimmed(inside.substr(name.size()));
  if (name.empty() || ++steps_ > expansion_steps) return {};
  if (rest.empty()) return named();
  const auto choice = alternatives(rest.substr(1));
  const bool has_value = !named().empty();
  if (rest.starts_with('?')) return expand(has_value ? choice.first : choice.second, depth + 1);
  if (rest.starts_with(':')) return has_value ? std::string() : expand(choice.first, depth + 1);
  return {};
}

std::string MainCf::expand(std::string_view text, int depth) const {
  std::string result;
  if (depth == 0) steps_ = 0;
  if (depth > expansion_depth) return result;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      result += '$';
      text.remove_prefix(1);
      continue;
    }
    std::size_t length = 0;
    if (text.starts_with('{')) length = bracket_length(text, '{', '}');
    if (text.starts_with('(')) length = bracket_length(text, '(', ')');
    if (length != 0) {
      result += expand_braces(text.substr(1, length - 2), depth);
    } else {
      length = name_at(text).size();
      if (length == 0) result += '$';
      result += expand_braces(text.substr(0, length), depth);
    }
    text.remove_prefix(length);
  }
  return result;
}

std::vector<std::string> words_of(std::string_view text) {
  return lookup::split_map_references(text);
}

bool is_yes(std::string_view text) {
  const auto folded = lookup::ascii_lower(text);
  return folded == "yes" || folded == "true" || folded == "on" || folded == "1";
}

}  // namespace gateway::postfix
