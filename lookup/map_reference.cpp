#include "lookup/map_reference.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lookup/open_table.hpp"
#include "lookup/table_text.hpp"

namespace lookup {

namespace {

constexpr std::array<std::string_view, 15> memory_types = {"inline", "file",   "hash", "btree", "texthash",
                                                           "dbm",    "cdb",    "lmdb", "pcre",  "regexp",
                                                           "cidr",   "static", "fail", "unix",  "sdbm"};

bool is_known_type(std::string_view type) {
  return is_memory_type(type) || type == "directory" || type == "ldap";
}

// Splits at commas and white space, but not inside of braces.
std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool separates = at == text.size() || (depth == 0 && (text[at] == ',' || is_space(text[at])));
    if (separates) {
      if (at > start) parts.push_back(text.substr(start, at - start));
      start = at + 1;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && depth > 0) {
      --depth;
    }
  }
  return parts;
}

// The inside of "{...}", when the last brace closes the first one.
tl::expected<std::string_view, std::string> without_braces(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
    return tl::unexpected(fmt::format("\"{}\" must stand in braces: {{key=value, ...}}", text));
  }
  return trimmed(text.substr(1, text.size() - 2));
}

}  // namespace

bool is_memory_type(std::string_view type) {
  return std::find(memory_types.begin(), memory_types.end(), type) != memory_types.end();
}

std::string MapReference::to_string() const {
  return is_name() ? argument : type + ':' + argument;
}

tl::expected<MapReference, std::string> parse_map_reference(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return tl::unexpected<std::string>("the map reference is empty");
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    if (std::any_of(text.begin(), text.end(), [](char letter) { return is_space(letter) || letter == ','; })) {
      return tl::unexpected(fmt::format("\"{}\" is no name of a table", text));
    }
    return MapReference{{}, std::string(text)};
  }
  MapReference reference{std::string(text.substr(0, colon)), std::string(trimmed(text.substr(colon + 1)))};
  if (reference.type == "proxy") {
    auto inner = parse_map_reference(reference.argument);
    if (inner && inner->is_name()) return tl::unexpected(fmt::format("\"{}\": proxy: needs TYPE:ARGUMENT", text));
    return inner;
  }
  if (!is_known_type(reference.type)) {
    return tl::unexpected(
        fmt::format("map type \"{}\" is not known (directory ldap inline file hash btree texthash "
                    "lmdb pcre regexp cidr static fail unix)",
                    reference.type));
  }
  if (reference.argument.empty() && reference.type != "fail" && reference.type != "static") {
    return tl::unexpected(fmt::format("\"{}\" lacks what comes after the colon", text));
  }
  return reference;
}

std::vector<std::string> split_map_references(std::string_view text) {
  std::vector<std::string> references;
  for (const auto part : split_list(text)) references.emplace_back(part);
  return references;
}

tl::expected<TableEntries, std::string> parse_inline_entries(std::string_view argument) {
  const auto inside = without_braces(argument);
  if (!inside) return tl::unexpected(inside.error());
  TableEntries entries;
  for (auto part : split_list(*inside)) {
    if (part.front() == '{') {
      const auto entry = without_braces(part);
      if (!entry) return tl::unexpected(entry.error());
      part = *entry;
    }
    const std::size_t equals = part.find('=');
    const std::string_view key = trimmed(part.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
      return tl::unexpected(fmt::format("\"{}\" is not of the form key=value", part));
    }
    entries.emplace_back(key, trimmed(part.substr(equals + 1)));
  }
  if (entries.empty()) return tl::unexpected<std::string>("inline:{} has no entries");
  return entries;
}

}  // namespace lookup
