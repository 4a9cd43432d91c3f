#include "gateway/postfix/master_cf.hpp"

#include "lookup/table_text.hpp"

namespace gateway::postfix {

namespace {

// Columns are parted by white space; "{ name = value }" is one word.
std::vector<std::string> columns_of(std::string_view text) {
  std::vector<std::string> columns;
  std::string word;
  int depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    if (depth == 0 && lookup::is_space(c)) {
      if (!word.empty()) columns.push_back(std::exchange(word, {}));
    } else {
      word += c;
    }
  }
  if (!word.empty()) columns.push_back(std::move(word));
  return columns;
}

std::string_view without_braces(std::string_view text) {
  if (text.size() > 1 && text.front() == '{' && text.back() == '}')
    return lookup::trimmed(text.substr(1, text.size() - 2));
  return text;
}

}  // namespace

std::vector<Service> read_master_cf(std::string_view text, const std::string& file,
                                    std::vector<config::Finding>& remarks) {
  std::vector<Service> services;
  lookup::TableText lines(text);
  lookup::TableLine line;
  while (lines.next(line)) {
    const auto columns = columns_of(line.text);
    Service service;
    service.place = {file, line.number, 1};
    if (columns.size() < 8) {
      remarks.push_back({config::Severity::note, service.place, "a service has eight columns; this line is left out"});
      continue;
    }
    service.name = columns[0];
    service.type = columns[1];
    service.maxproc = columns[6];
    service.command = columns[7];
    for (std::size_t at = 8; at < columns.size(); ++at) {
      std::string_view option = columns[at];
      if (!option.starts_with("-o")) continue;
      option.remove_prefix(2);
      if (option.empty() && ++at < columns.size()) option = columns[at];
      option = without_braces(option);
      const auto equals = option.find('=');
      if (equals == std::string_view::npos) continue;
      service.overrides.push_back({std::string(lookup::trimmed(option.substr(0, equals))),
                                   std::string(lookup::trimmed(option.substr(equals + 1))), service.place});
    }
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace gateway::postfix
