#include "lookup/server_schema.hpp"

#include "lookup/address.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/replica_read.hpp"

namespace lookup {

namespace {

constexpr int most_generations = 16;

SearchResult read(LdapAlarm& alarm, ldap* session, SearchRequest request, std::vector<std::string> names,
                  std::chrono::milliseconds timeout) {
  request.attributes = std::make_shared<const std::vector<std::string>>(std::move(names));
  request.timeout = timeout;
  SearchResult result;
  std::string none;
  run_search(alarm, session, request, {}, result, none);
  return result;
}

}  // namespace

void ServerSchema::add(std::string_view description) {
  const auto type = parse_attribute_type(description);
  if (!type) return;
  any_compares_ = any_compares_ || !type->equality.empty();
  for (const auto name : type->names)
    types_[ascii_lower(name)] = {ascii_lower(type->superior), !type->equality.empty()};
}

void ServerSchema::add_index(std::string_view line) {
  shows_indexes_ = true;
  const auto blank = line.find_first_of(" \t");
  const auto kinds = blank == std::string_view::npos ? std::string_view() : line.substr(blank);
  const bool equal = kinds.empty() || kinds.find("eq") != std::string_view::npos;
  auto names = line.substr(0, blank);
  while (!names.empty()) {
    const auto end = std::min(names.find(','), names.size());
    auto& indexed = indexed_[ascii_lower(names.substr(0, end))];
    indexed = indexed || equal;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

bool ServerSchema::has(std::string_view attribute) const {
  return types_.contains(ascii_lower(attribute));
}

bool ServerSchema::can_compare(std::string_view attribute) const {
  if (!any_compares_) return true;
  auto name = ascii_lower(attribute);
  for (int i = 0; i < most_generations; ++i) {
    const auto type = types_.find(name);
    if (type == types_.end()) return false;
    if (type->second.compares) return true;
    name = type->second.superior;
  }
  return false;
}

bool ServerSchema::is_indexed(std::string_view attribute) const {
  const auto place = indexed_.find(ascii_lower(attribute));
  return place != indexed_.end() && place->second;
}

ServerSchema read_schema(LdapAlarm& alarm, ldap* session, const std::string& base, std::chrono::milliseconds timeout) {
  ServerSchema schema;
  SearchRequest request;
  request.scope = Scope::base;
  request.filter = "(objectClass=*)";
  const auto root = read(alarm, session, request, {"subschemaSubentry"}, timeout);
  for (const auto& entry : root.entries) {
    for (const auto place : entry.values("subschemaSubentry")) {
      request.base = place;
      for (const auto& subschema : read(alarm, session, request, {"attributeTypes"}, timeout).entries) {
        for (const auto description : subschema.values("attributeTypes")) schema.add(description);
      }
    }
  }
  request.base = "cn=config";
  request.scope = Scope::one;
  request.filter = "(olcSuffix=*)";
  const auto databases = read(alarm, session, request, {"olcSuffix", "olcDbIndex"}, timeout);
  for (const auto& database : databases.entries) {
    const auto suffixes = database.values("olcSuffix");
    const bool holds = std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
      return is_within(normalised_dn(base), normalised_dn(suffix));
    });
    if (!holds) continue;
    for (const auto line : database.values("olcDbIndex")) schema.add_index(line);
  }
  return schema;
}

}  // namespace lookup
