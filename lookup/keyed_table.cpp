#include "lookup/keyed_table.hpp"

#include <fmt/core.h>

#include <utility>

#include "lookup/address.hpp"
#include "lookup/table_text.hpp"
#include "lookup/utf8.hpp"

namespace lookup {

namespace {

struct Record {
  std::string_view key, value;
  const char* problem = nullptr;
};

// Where the key ends: at the first white space outside of quotes.
std::size_t end_of_key(std::string_view text, bool& quotes_open) {
  quotes_open = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quotes_open = !quotes_open;
    } else if (!quotes_open && is_space(text[at])) {
      return at;
    }
  }
  return text.size();
}

// "name:value" without white space, as alias files may have it. A colon inside quotes does not count.
std::size_t end_of_alias_name(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[at] == ':') {
      return at;
    }
  }
  return std::string_view::npos;
}

// One final colon marks an alias file; more colons are an IPv6 prefix.
bool ends_as_alias(std::string_view key) {
  return key.size() > 1 && end_of_alias_name(key) == key.size() - 1;
}

Record split_record(std::string_view text) {
  text = trimmed(text);
  bool quotes_open = false;
  const std::size_t end = end_of_key(text, quotes_open);
  if (quotes_open) return {{}, {}, "the quotes of the key are not closed"};
  Record record{text.substr(0, end), trimmed(text.substr(end)), nullptr};
  if (ends_as_alias(record.key)) {
    record.key.remove_suffix(1);
  } else if (record.value.size() > 1 && record.value[0] == ':' && is_space(record.value[1])) {
    record.value = trimmed(record.value.substr(1));
  } else if (record.value.empty()) {
    const std::size_t colon = end_of_alias_name(record.key);
    if (colon != std::string_view::npos && colon > 0) {
      record = {record.key.substr(0, colon), record.key.substr(colon + 1), nullptr};
    }
  }
  if (record.value.empty()) record.problem = "expected: key, white space, value";
  return record;
}

// Keys are kept folded and, as postmap keeps them, without quotes: "a b"@example.org and a b@example.org are one.
bool is_normal(std::string_view key) {
  return is_folded(key) && key.find('"') == std::string_view::npos;
}

std::string normal_key(std::string_view key) {
  if (is_normal(key)) return std::string(key);
  if (key.find('"') == std::string_view::npos) return fold_case(key);
  const Address address = split_address(key);
  return fold_case(address.domain.empty() ? address.local : address.local + '@' + address.domain);
}

}  // namespace

bool KeyedTable::insert(std::string_view key, std::string value) {
  return values_.insert_or_assign(normal_key(key), std::move(value)).second;
}

std::optional<Answer> KeyedTable::find_now(std::string_view key) const {
  const auto found = is_normal(key) ? values_.find(key) : values_.find(normal_key(key));
  return found == values_.end() ? Answer::absent() : Answer::found(found->second);
}

TableResult read_keyed_table(std::string_view text, std::string name, const std::string& file) {
  auto table = std::make_shared<KeyedTable>(std::move(name));
  TableProblems problems, warnings;
  TableText lines(text);
  TableLine line;
  while (lines.next(line)) {
    const Record record = split_record(line.text);
    if (record.problem != nullptr) {
      problems.push_back({line.number, record.problem, file});
      continue;
    }
    if (!table->insert(record.key, std::string(record.value))) {
      warnings.push_back({line.number, fmt::format("\"{}\" was there before: this line counts", record.key), file});
    }
  }
  if (lines.starts_indented()) {
    warnings.insert(warnings.begin(), {1, "the first line starts with white space, but continues no other", file});
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return OpenedTable{std::move(table), std::move(warnings), {}};
}

}  // namespace lookup
