#include "lookup/open_table.hpp"

#include <fmt/core.h>

#include "lookup/cidr_table.hpp"
#include "lookup/keyed_table.hpp"
#include "lookup/lmdb_table.hpp"
#include "lookup/passwd_table.hpp"
#include "lookup/pattern_table.hpp"
#include "lookup/static_table.hpp"
#include "lookup/table_text.hpp"

namespace lookup {

namespace {

auto refuse(std::string text) {
  return tl::unexpected(TableProblems{{0, std::move(text), {}}});
}

bool is_keyed_text(std::string_view type) {
  return type == "file" || type == "hash" || type == "btree" || type == "texthash" || type == "dbm" || type == "sdbm" ||
         type == "cdb";
}

bool has_text(std::string_view type) {
  return is_keyed_text(type) || type == "pcre" || type == "regexp" || type == "cidr";
}

TableResult read_text(std::string_view type, std::string_view text, std::string name, const std::string& file) {
  if (type == "pcre") return read_pattern_table(PatternSyntax::pcre, text, std::move(name), file);
  if (type == "regexp") return read_pattern_table(PatternSyntax::regexp, text, std::move(name), file);
  if (type == "cidr") return read_cidr_table(text, std::move(name), file);
  return read_keyed_table(text, std::move(name), file);
}

std::string absolute(const std::string& path, const std::string& folder) {
  return path.empty() || path.front() == '/' || folder.empty() ? path : folder + '/' + path;
}

// Postfix' "pcre:{ {rule}, {rule} }": rules written in place of a file.
std::optional<std::string> rules_in_place(std::string_view argument) {
  if (argument.size() < 2 || argument.front() != '{' || argument.back() != '}') return std::nullopt;
  std::string text;
  for (std::string rule : split_map_references(argument.substr(1, argument.size() - 2))) {
    const bool braced = rule.size() >= 2 && rule.front() == '{' && rule.back() == '}';
    text += trimmed(braced ? std::string_view(rule).substr(1, rule.size() - 2) : rule);
    text += '\n';
  }
  return text;
}

TableResult open_file(std::string_view type, const std::string& path, std::string name) {
  FileStamp stamp = stamp_of(path);
  TableResult opened;
  if (type == "lmdb") {
    opened = read_lmdb_table(path, std::move(name));
  } else {
    const auto text = read_text_file(path);
    if (!text) return refuse(text.error());
    opened = read_text(type, *text, std::move(name), path);
  }
  if (opened) opened->files.push_back(std::move(stamp));
  return opened;
}

TableResult always(Answer answer, std::string name) {
  return OpenedTable{std::make_shared<StaticTable>(std::move(answer), std::move(name)), {}, {}};
}

}  // namespace

TableResult open_table(const MapReference& reference, std::string name, const std::string& folder) {
  const auto& [type, argument] = reference;
  if (name.empty()) name = reference.to_string();
  if (has_text(type)) {
    const auto rules = is_keyed_text(type) ? std::nullopt : rules_in_place(argument);
    if (rules) return read_text(type, *rules, std::move(name), {});
    return open_file(type, absolute(argument, folder), std::move(name));
  }
  if (type == "lmdb") return open_file(type, lmdb_file(absolute(argument, folder)), std::move(name));
  if (type == "inline") {
    const auto entries = parse_inline_entries(argument);
    if (!entries) return refuse(entries.error());
    return open_table_entries(*entries, std::move(name));
  }
  if (type == "static") {
    const bool braced = argument.size() >= 2 && argument.front() == '{' && argument.back() == '}';
    const std::string_view value = argument;
    return always(Answer::found(std::string(braced ? trimmed(value.substr(1, value.size() - 2)) : value)), name);
  }
  if (type == "fail")
    return always(Answer::unavailable(Unavailable::misconfigured, "a fail: table never answers"), name);
  if (type == "unix") {
    if (argument != "passwd.byname")
      return refuse(fmt::format("unix:{} is not known, only unix:passwd.byname", argument));
    return OpenedTable{std::make_shared<PasswdTable>(std::move(name)), {}, {}};
  }
  return refuse(fmt::format("\"{}\" cannot be opened as a table in memory", reference.to_string()));
}

TableResult open_table_content(std::string_view type, std::string_view content, std::string name) {
  if (!has_text(type)) return refuse(fmt::format("a table of type {} has no content in the configuration", type));
  return read_text(type, content, std::move(name), {});
}

TableResult open_table_entries(const TableEntries& entries, std::string name) {
  auto table = std::make_shared<KeyedTable>(std::move(name));
  TableProblems warnings;
  for (const auto& [key, value] : entries) {
    if (!table->insert(key, value))
      warnings.push_back({0, fmt::format("\"{}\" stands twice: the last counts", key), {}});
  }
  return OpenedTable{std::move(table), std::move(warnings), {}};
}

}  // namespace lookup
