#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/ldap_options.hpp"
#include "lookup/searcher.hpp"
#include "lookup/table.hpp"

namespace lookup {

/// What ldap_table(5) lets an administrator say, with Postfix's defaults except protocol version 3.
struct LdapTableOptions {
  LdapOptions ldap;
  std::string search_base;
  std::string query_filter = "(mailacceptinggeneralid=%s)";
  std::string result_format = "%s";
  std::vector<std::string> domain;                          // names
  std::vector<std::shared_ptr<const Table>> domain_tables;  // whose keys are names; without both: all keys
  std::vector<std::string> result_attribute{"maildrop"};
  std::vector<std::string> special_result_attribute, leaf_result_attribute, terminal_result_attribute;
  Scope scope = Scope::sub;
  int expansion_limit = 0, size_limit = 0, recursion_limit = 1000;
  std::string directory;              // the name of a configured directory whose connection is used, or ""
  std::vector<std::string> warnings;  // parameters that are accepted and have no effect
};

/// `parameters` by their ldap_table(5) names. The error names the parameter.
tl::expected<LdapTableOptions, std::string> parse_ldap_table(const std::map<std::string, std::string>& parameters);

/// The "name = value" lines of a Postfix file (comments, continuation lines). The error names the line.
tl::expected<std::map<std::string, std::string>, std::string> read_cf(std::string_view text);

/// The parameters of a legacy table NAME: "NAME_server_host" becomes "server_host".
std::map<std::string, std::string> legacy_parameters(const std::map<std::string, std::string>& main_cf,
                                                     std::string_view name);

/// An LDAP table as ldap_table(5) describes it, plus: duplicates dropped, cycles ended by a visited set, ranged
/// attributes read to the end. Belongs to the event loop of its searcher; `name` is "ldap:people".
std::unique_ptr<Table> make_ldap_table(std::string name, LdapTableOptions options, std::shared_ptr<Searcher> searcher);

}  // namespace lookup
