#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/translation.hpp"

namespace gateway::postfix {

namespace {

constexpr std::string_view text_types[] = {"hash", "btree", "texthash", "dbm",    "cdb",
                                           "sdbm", "lmdb",  "pcre",     "regexp", "cidr"};

// The parameters of ldap_table(5) that a table of type ldap takes under the same name.
constexpr std::string_view ldap_parameters[] = {"server_host",
                                                "server_port",
                                                "timeout",
                                                "search_base",
                                                "query_filter",
                                                "result_format",
                                                "domain",
                                                "result_attribute",
                                                "special_result_attribute",
                                                "terminal_result_attribute",
                                                "leaf_result_attribute",
                                                "scope",
                                                "bind",
                                                "bind_dn",
                                                "bind_pw",
                                                "cache",
                                                "cache_expiry",
                                                "cache_size",
                                                "recursion_limit",
                                                "expansion_limit",
                                                "size_limit",
                                                "dereference",
                                                "chase_referrals",
                                                "version",
                                                "debuglevel",
                                                "sasl_mechs",
                                                "sasl_realm",
                                                "sasl_authz_id",
                                                "sasl_minssf",
                                                "start_tls",
                                                "tls_ca_cert_dir",
                                                "tls_ca_cert_file",
                                                "tls_cert",
                                                "tls_key",
                                                "tls_require_cert",
                                                "tls_random_file",
                                                "tls_cipher_suite"};

bool is_text_type(std::string_view type) {
  return std::find(std::begin(text_types), std::end(text_types), type) != std::end(text_types);
}

/// "ldap:NAME" with NAME_server_host and so on in main.cf, as a table NAME.
std::optional<std::string> carry_legacy_ldap(Translation& translation, std::string_view name,
                                             const config::Place& place, const std::string& table) {
  if (translation.written_tables.contains(table)) return table;
  Draft::Path path{"tables", table, "type"};
  const auto full_name = [&](std::string_view parameter) { return table + "_" + std::string(parameter); };
  const bool is_there = std::any_of(std::begin(ldap_parameters), std::end(ldap_parameters),
                                    [&](auto parameter) { return translation.main.has(full_name(parameter)); });
  if (!is_there) {
    translation.note_at(
        place, fmt::format("{}: ldap:{} is not carried over: there are no parameters {}_...", name, table, table));
    return std::nullopt;
  }
  translation.written_tables.insert(table);
  translation.draft.comment({"tables", table}, fmt::format("ldap:{} with the parameters {}_...", table, table));
  translation.draft.set(path, "ldap");
  if (!translation.main.has(full_name("server_host")))
    translation.draft.set({"tables", table, "server_host"}, "localhost");
  for (const auto parameter : ldap_parameters) {
    const auto old_name = full_name(parameter);
    if (!translation.main.has(old_name)) continue;
    path.back() = std::string(parameter);
    const auto value = translation.value(old_name);
    if (parameter == "bind_pw") {
      translation.secrets.push_back({table + "-bind", value});
      translation.draft.set(path, fmt::format("\"${{credential:{}-bind}}\"", table));
    } else {
      translation.draft.set(path, config::print_text(value));
    }
  }
  if (const auto old_name = table + "_result_filter"; translation.main.has(old_name)) {
    path.back() = "result_format";
    translation.draft.set(path, config::print_text(translation.value(old_name)));
  }
  return table;
}

std::string without_proxy(std::string reference) {
  while (reference.starts_with("proxy:")) reference.erase(0, 6);
  return reference;
}

}  // namespace

std::optional<std::string> carry_map(Translation& translation, std::string_view name, const config::Place& place,
                                     const std::string& text) {
  const auto reference = without_proxy(text);
  const auto refuse = [&](const std::string& why) {
    translation.note_at(place, fmt::format("{}: {} is not carried over: {}", name, text, why));
    return std::nullopt;
  };
  const auto colon = reference.find(':');
  if (colon == std::string::npos || reference.find('{') < colon) return refuse("a map is written as TYPE:ARGUMENT");
  const auto type = reference.substr(0, colon);
  auto argument = reference.substr(colon + 1);
  if (type == "inline" || type == "static" || type == "fail") return reference;
  if (is_text_type(type) && argument.starts_with('{')) return reference;
  if (argument.empty()) return refuse("nothing stands behind the colon");
  if (type == "ldap" && !argument.starts_with('/')) return carry_legacy_ldap(translation, name, place, argument);
  if (type == "ldap" || is_text_type(type)) {
    argument = carry_path(translation, argument);
    std::error_code error;
    if (!std::filesystem::exists(argument, error))
      translation.note_at(place, fmt::format("{}: {}: there is no file {}", name, text, argument));
    return (type == "sdbm" ? "dbm" : type) + ":" + argument;
  }
  if (type == "unix") return refuse("the users of this machine are found without it, for domains of class local");
  if (type == "nis") return refuse("there is no NIS; put its entries into a file or a directory");
  if (type == "mysql" || type == "pgsql" || type == "sqlite" || type == "mongodb")
    return refuse("databases are not asked; put the entries into a file or a directory");
  return refuse(fmt::format("there are no tables of type {}", type));
}

std::vector<std::string> carry_maps(Translation& translation, const std::string& name) {
  std::vector<std::string> maps;
  for (const auto& reference : translation.words(name))
    if (auto map = carry_map(translation, name, translation.place_of(name), reference)) maps.push_back(std::move(*map));
  return maps;
}

}  // namespace gateway::postfix
