#include "gateway/config/reading.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "gateway/config/nearest.hpp"

namespace gateway::config {
namespace {

std::string_view kind_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::empty:
      return "nothing";
    case Value::Kind::scalar:
      return "a single value";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::mapping:
      return "a mapping";
  }
  return "something else";
}

bool holds_secret(const Value& value) {
  if (value.secret) return true;
  for (const auto& item : value.items)
    if (holds_secret(item)) return true;
  for (const auto& entry : value.entries)
    if (holds_secret(entry.value)) return true;
  return false;
}

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::vector<std::string> names_of(const std::vector<Key>& keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.push_back(key.name);
  return names;
}

// Where else in the table a key of this name lives, for "it belongs under ...".
std::string home_of(std::string_view name) {
  std::string found;
  for_each_key([&](const std::string& path, const Key& key, const void*) {
    if (key.name == name && found.empty()) found = path.substr(0, path.size() - name.size());
  });
  std::string_view home = found;
  while (home.ends_with('.') || home.ends_with('*')) home.remove_suffix(1);
  if (home.ends_with("[]")) home.remove_suffix(2);
  return std::string(home);
}

}  // namespace

Reading::Reading(Config& config, std::string folder, Findings& errors, Findings& warnings)
    : config_(config), folder_(std::move(folder)), errors_(errors), warnings_(warnings) {}

void Reading::error(const Place& place, std::string text) {
  errors_.push_back({Severity::error, place, path_.empty() ? std::move(text) : fmt::format("{}: {}", path_, text)});
}

void Reading::warning(const Place& place, std::string text) {
  warnings_.push_back({Severity::warning, place, path_.empty() ? std::move(text) : fmt::format("{}: {}", path_, text)});
}

bool Reading::expect(const Value& value, Value::Kind kind, std::string_view expected) {
  if (value.kind == kind || value.is_empty()) return true;
  error(value.place, fmt::format("{} is expected here, not {}", expected, kind_of(value)));
  return false;
}

void Reading::read_section(const Key& section, void* owner, const Value& value) {
  if (!expect(value, Value::Kind::mapping, "a mapping")) return;
  for (const auto& [name, inner] : value.entries) {
    const auto found = std::find_if(section.children.begin(), section.children.end(),
                                    [&](const Key& key) { return key.name == name.text; });
    if (found != section.children.end()) {
      const std::string outer = std::exchange(path_, joined(path_, name.text));
      config_.places.emplace(path_, name.place);
      if (holds_secret(inner)) config_.secret_keys.insert(path_);
      read_key(*found, owner, inner);
      path_ = outer;
    } else if (!section.others.empty() && inner.is_mapping()) {
      const std::string outer = std::exchange(path_, joined(path_, name.text));
      config_.places.emplace(path_, name.place);
      read_section(section.others[0], section.others[0].add(owner, name.text, name.place), inner);
      path_ = outer;
    } else {
      unknown_key(section, name);
    }
  }
  for (const auto& key : section.children) {
    const bool given = std::any_of(value.entries.begin(), value.entries.end(),
                                   [&](const auto& entry) { return entry.key.text == key.name; });
    if (key.required && !given) error(value.place, fmt::format("\"{}\" is missing", key.name));
  }
}

void Reading::unknown_key(const Key& section, const Value& name) {
  const std::string where = path_.empty() ? std::string() : fmt::format(" in {}", path_);
  std::string hint = did_you_mean(name.text, names_of(section.children));
  if (hint.empty())
    if (const std::string home = home_of(name.text); !home.empty())
      hint = fmt::format("; it belongs under \"{}\"", home);
  errors_.push_back({Severity::error, name.place, fmt::format("unknown key \"{}\"{}{}", name.text, where, hint)});
}

void Reading::read_key(const Key& key, void* owner, const Value& value) {
  switch (key.type) {
    case KeyType::unsupported:
      error(config_.places.find(path_)->second, "not yet supported");
      return;
    case KeyType::section:
      read_section(key, key.enter(owner), value);
      return;
    case KeyType::names:
      read_names(key, owner, value);
      return;
    case KeyType::items:
      read_items(key, owner, value);
      return;
    default:
      key.store(*this, owner, value);
  }
}

void Reading::read_names(const Key& key, void* owner, const Value& value) {
  if (!expect(value, Value::Kind::mapping, "a mapping from names")) return;
  for (const auto& [name, inner] : value.entries) {
    const std::string outer = std::exchange(path_, joined(path_, name.text));
    config_.places.emplace(path_, name.place);
    if (name.text.empty() || name.text.find_first_of(": \t\r\n,{}") != std::string::npos)
      error(name.place, "a name holds no white space and none of : , { }");
    Value placed = inner;
    if (placed.is_empty()) placed.place = name.place;
    read_section(key, key.add(owner, name.text, name.place), placed);
    path_ = outer;
  }
}

void Reading::read_items(const Key& key, void* owner, const Value& value) {
  if (!expect(value, Value::Kind::list, "a list")) return;
  std::size_t index = 0;
  for (const auto& inner : value.items) {
    std::string name = std::to_string(index++);
    if (inner.is_mapping())
      for (const auto& [inner_key, inner_value] : inner.entries)
        if (inner_key.text == "name" && inner_value.is_scalar()) name = inner_value.text;
    const std::string outer = std::exchange(path_, joined(path_, name));
    config_.places.emplace(path_, inner.place);
    read_section(key, key.add(owner, std::string(), inner.place), inner);
    path_ = outer;
  }
}

std::optional<std::string> Reading::scalar(const Value& value, std::string_view expected) {
  if (!expect(value, Value::Kind::scalar, expected)) return std::nullopt;
  return value.text;
}

std::optional<Texts> Reading::texts(const Value& value, std::string_view expected) {
  Texts found;
  if (value.is_list()) {
    for (const auto& item : value.items) {
      const auto text = scalar(item, "a single value");
      if (text) found.push_back({*text, item.place});
    }
    return found;
  }
  if (!expect(value, Value::Kind::scalar, expected)) return std::nullopt;
  for (auto& text : split_outside_braces(value.text, AtSpace::yes)) found.push_back({std::move(text), value.place});
  return found;
}

std::optional<MapRefs> Reading::maps(const Value& value) {
  if (value.is_mapping()) {
    const auto entries = pairs(value, "a mapping");
    if (!entries) return std::nullopt;
    Table table;
    table.name = path_;
    table.type = "inline";
    table.entries = *entries;
    table.in_place = true;
    table.place = value.place;
    config_.tables.push_back(std::move(table));
    return MapRefs{{path_, value.place}};
  }
  MapRefs references;
  const auto add = [&](const std::string& text, const Place& place) {
    for (const auto& each : split_outside_braces(text, AtSpace::yes))
      references.push_back({absolute_reference(each), place});
  };
  if (value.is_list()) {
    for (const auto& item : value.items)
      if (const auto text = scalar(item, "a map reference"); text) add(*text, item.place);
    return references;
  }
  if (!expect(value, Value::Kind::scalar, "a map reference, a list of them, or a mapping written in place"))
    return std::nullopt;
  add(value.text, value.place);
  return references;
}

std::optional<Texts> Reading::restrictions(const Value& value) {
  Texts found;
  const auto add = [&](const std::string& text, const Place& place) {
    for (const auto& item : split_outside_braces(text, AtSpace::no)) {
      std::string resolved;
      for (const auto& word : split_outside_braces(item, AtSpace::yes))
        resolved.append(resolved.empty() ? "" : " ").append(absolute_reference(word));
      found.push_back({std::move(resolved), place});
    }
  };
  if (value.is_list()) {
    for (const auto& item : value.items)
      if (const auto text = scalar(item, "a restriction"); text) add(*text, item.place);
    return found;
  }
  if (!expect(value, Value::Kind::scalar, "a list of restrictions")) return std::nullopt;
  add(value.text, value.place);
  return found;
}

std::optional<std::vector<std::pair<std::string, std::string>>> Reading::pairs(const Value& value,
                                                                               std::string_view expected) {
  if (!expect(value, Value::Kind::mapping, expected)) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, inner] : value.entries) {
    if (!inner.is_list()) {
      if (const auto text = scalar(inner, "a text"); text) found.emplace_back(name.text, *text);
      continue;
    }
    std::string joined_texts;
    for (const auto& item : inner.items)
      if (const auto text = scalar(item, "a text"); text)
        joined_texts.append(joined_texts.empty() ? "" : ", ").append(*text);
    found.emplace_back(name.text, std::move(joined_texts));
  }
  return found;
}

std::string Reading::absolute(std::string path) const {
  if (path.empty() || path.front() == '/' || path.starts_with("-----BEGIN")) return path;
  return (std::filesystem::path(folder_) / path).lexically_normal().string();
}

std::string Reading::absolute_reference(std::string text) const {
  static constexpr std::string_view types[] = {"file", "hash", "texthash", "btree",        "dbm",
                                               "cdb",  "lmdb", "pcre",     "regexp",       "cidr",
                                               "ldap", "unix", "ldif",     "dovecot:unix", "syslog:file"};
  const std::string_view front = std::string_view(text).starts_with("proxy:") ? "proxy:" : "";
  const std::string_view rest = std::string_view(text).substr(front.size());
  for (const auto type : types) {
    if (!rest.starts_with(type) || rest.size() <= type.size() + 1 || rest[type.size()] != ':') continue;
    const std::string_view argument = rest.substr(type.size() + 1);
    if (argument.front() == '/' || argument.front() == '{') return text;
    // "ldap:people" may be a table of the old main.cf kind; only what looks like a file is one.
    if (type == "ldap" && argument.find_first_of("/.") == std::string_view::npos) return text;
    return fmt::format("{}{}:{}", front, type, absolute(std::string(argument)));
  }
  return text;
}

std::vector<std::string> split_outside_braces(std::string_view text, AtSpace at_space) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  const auto finish = [&] {
    const auto from = part.find_first_not_of(" \t\r\n");
    if (from != std::string::npos) parts.push_back(part.substr(from, part.find_last_not_of(" \t\r\n") - from + 1));
    part.clear();
  };
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (depth == 0 && (c == ',' || (space && at_space == AtSpace::yes)))
      finish();
    else
      part.push_back(c);
  }
  finish();
  return parts;
}

std::string_view expected_of(KeyType type) {
  switch (type) {
    case KeyType::yes_no:
      return "yes or no";
    case KeyType::integer:
      return "a whole number";
    case KeyType::duration:
    case KeyType::short_duration:
      return "a duration";
    case KeyType::size:
      return "a size";
    case KeyType::rate:
      return "a rate";
    case KeyType::percent:
      return "a percentage";
    case KeyType::host_name:
      return "a host name";
    case KeyType::secret:
      return "a secret";
    case KeyType::path:
      return "a path";
    case KeyType::choice:
      return "a word";
    case KeyType::texts:
    case KeyType::choices:
      return "a list";
    case KeyType::networks:
      return "a list of networks";
    case KeyType::addresses:
      return "a list of IP addresses";
    case KeyType::maps:
      return "a map reference";
    case KeyType::restrictions:
      return "a list of restrictions";
    case KeyType::pairs:
      return "a mapping";
    default:
      return "a text";
  }
}

}  // namespace gateway::config
