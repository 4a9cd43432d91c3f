// The parameters of ldap_table(5), by name.
#include <fmt/core.h>

#include <charconv>
#include <functional>

#include "lookup/expansion.hpp"
#include "lookup/filter.hpp"
#include "lookup/ldap_table.hpp"
#include "lookup/map_reference.hpp"
#include "lookup/open_table.hpp"
#include "lookup/table_files.hpp"

namespace lookup {

namespace {

using Parameters = std::map<std::string, std::string>;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const auto end = text.find_first_of(", \t\r\n");
    if (end != 0) found.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return found;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Takes parameters out one by one, so that what is left over is unknown.
class Reader {
 public:
  explicit Reader(Parameters parameters) : left_(std::move(parameters)) {}

  std::optional<std::string> text(const std::string& name) {
    const auto place = left_.find(name);
    if (place == left_.end()) return std::nullopt;
    auto value = std::move(place->second);
    left_.erase(place);
    return value;
  }

  void put(const std::string& name, std::string& place) {
    if (auto value = text(name)) place = std::move(*value);
  }

  void put(const std::string& name, std::vector<std::string>& place) {
    if (const auto value = text(name)) place = words(*value);
  }

  void put(const std::string& name, int& place) {
    const auto value = text(name);
    if (!value) return;
    const auto [end, wrong] = std::from_chars(value->data(), value->data() + value->size(), place);
    if (wrong != std::errc{} || end != value->data() + value->size() || place < 0) {
      fail(fmt::format("{}: \"{}\" is no number", name, *value));
    }
  }

  bool yes(const std::string& name, bool otherwise) {
    const auto value = text(name);
    if (!value) return otherwise;
    if (*value == "yes" || *value == "true" || *value == "1") return true;
    if (*value != "no" && *value != "false" && *value != "0")
      fail(fmt::format("{}: \"{}\" is neither yes nor no", name, *value));
    return false;
  }

  void fail(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
  }

  const std::string& fault() const { return fault_; }
  const Parameters& left() const { return left_; }

 private:
  Parameters left_;
  std::string fault_;
};

void read_servers(Reader& reader, LdapTableOptions& options) {
  const auto hosts = words(reader.text("server_host").value_or("localhost"));
  int port = 389;
  reader.put("server_port", port);
  for (const auto& host : hosts) {
    if (host.find("://") != std::string::npos || host.starts_with("ldif:")) {
      options.ldap.servers.push_back(host);
    } else if (host.find(':') != std::string::npos && !host.ends_with(']')) {
      options.ldap.servers.push_back("ldap://" + host);
    } else {
      options.ldap.servers.push_back(fmt::format("ldap://{}:{}", host, port));
    }
  }
}

void read_bind(Reader& reader, LdapOptions& ldap) {
  const auto method = reader.text("bind").value_or("yes");
  reader.put("bind_dn", ldap.bind_dn);
  reader.put("bind_pw", ldap.bind_password);
  const auto mechanisms = reader.text("sasl_mechs").value_or("");
  if (method == "no" || method == "none") {
    ldap.bind = LdapBind::none;
  } else if (method == "yes" || method == "simple") {
    ldap.bind = ldap.bind_dn.empty() ? LdapBind::none : LdapBind::simple;
  } else if (method == "sasl" && same_name(mechanisms, "EXTERNAL")) {
    ldap.bind = LdapBind::external;
  } else if (method == "sasl") {
    reader.fail("bind: of SASL only sasl_mechs = EXTERNAL is known");
  } else {
    reader.fail(fmt::format("bind: \"{}\" is none of no, yes, none, simple, sasl", method));
  }
}

void read_tls(Reader& reader, LdapOptions& ldap) {
  if (reader.yes("start_tls", false)) ldap.tls = LdapTls::starttls;
  reader.put("tls_ca_cert_file", ldap.ca_file);
  reader.put("tls_ca_cert_dir", ldap.ca_directory);
  if (!ldap.ca_file.empty()) ldap.ca_directory.clear();
  reader.put("tls_cert", ldap.cert_file);
  reader.put("tls_key", ldap.key_file);
  reader.put("tls_cipher_suite", ldap.cipher_suite);
  ldap.verify = reader.yes("tls_require_cert", false) ? VerifyCertificate::yes : VerifyCertificate::no;
}

/// Names, files of names, and tables that have the names as keys.
void read_domain(Reader& reader, LdapTableOptions& options) {
  for (const auto& word : split_map_references(reader.text("domain").value_or(""))) {
    if (word.starts_with('/')) {
      const auto text = read_text_file(word);
      if (!text) return reader.fail("domain: " + text.error());
      for (std::string_view rest = *text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (trimmed(line).starts_with('#')) continue;
        for (auto& name : words(line)) options.domain.push_back(std::move(name));
      }
    } else if (word.find(':') != std::string::npos) {
      const auto reference = parse_map_reference(word);
      if (!reference) return reader.fail("domain: " + reference.error());
      if (!is_memory_type(reference->type)) return reader.fail(fmt::format("domain: {} cannot be asked here", word));
      auto opened = open_table(*reference);
      if (!opened) return reader.fail(fmt::format("domain: {} cannot be opened", word));
      options.domain_tables.push_back(std::move(opened->table));
    } else {
      options.domain.push_back(word);
    }
  }
}

void read_search(Reader& reader, LdapTableOptions& options) {
  reader.put("search_base", options.search_base);
  reader.put("query_filter", options.query_filter);
  reader.put("result_filter", options.result_format);  // its name before Postfix 2.2
  reader.put("result_format", options.result_format);
  read_domain(reader, options);
  reader.put("result_attribute", options.result_attribute);
  reader.put("special_result_attribute", options.special_result_attribute);
  reader.put("leaf_result_attribute", options.leaf_result_attribute);
  reader.put("terminal_result_attribute", options.terminal_result_attribute);
  reader.put("expansion_limit", options.expansion_limit);
  options.size_limit = options.expansion_limit;
  reader.put("size_limit", options.size_limit);
  reader.put("recursion_limit", options.recursion_limit);
  const auto scope = reader.text("scope").value_or("sub");
  if (scope == "base") {
    options.scope = Scope::base;
  } else if (scope == "one") {
    options.scope = Scope::one;
  } else if (scope != "sub") {
    reader.fail(fmt::format("scope: \"{}\" is none of sub, base, one", scope));
  }
  if (!options.query_filter.starts_with('(')) options.query_filter = "(" + options.query_filter + ")";
  const auto sample =
      expand(options.query_filter, {"a@b.c.d.e.f.g.h.i.j", "a", "b.c.d.e.f.g.h.i.j", "a"}, Quoting::filter);
  const auto filter = parse_filter(sample.value_or(""));
  if (!filter) reader.fail(fmt::format("query_filter: {} at {}", filter.error().text, filter.error().offset));
  for (const auto& [name, text] : {std::pair{"query_filter", &options.query_filter},
                                   {"search_base", &options.search_base},
                                   {"result_format", &options.result_format}}) {
    const auto wrong = expansion_fault(*text);
    if (!wrong.empty()) reader.fail(fmt::format("{}: {}", name, wrong));
  }
}

}  // namespace

tl::expected<LdapTableOptions, std::string> parse_ldap_table(const Parameters& parameters) {
  LdapTableOptions options;
  Reader reader(parameters);
  reader.put("directory", options.directory);
  read_servers(reader, options);
  read_bind(reader, options.ldap);
  read_tls(reader, options.ldap);
  read_search(reader, options);
  int seconds = 10;
  reader.put("timeout", seconds);
  options.ldap.search_timeout = std::chrono::seconds(seconds > 0 ? seconds : 10);
  options.ldap.connect_timeout = options.ldap.search_timeout;
  reader.put("version", options.ldap.version);
  if (options.ldap.version != 2 && options.ldap.version != 3) reader.fail("version: 2 or 3");
  int dereference = 0;
  reader.put("dereference", dereference);
  if (dereference > 3) reader.fail("dereference: 0 to 3");
  options.ldap.dereference = static_cast<Dereference>(dereference & 3);
  options.ldap.chase_referrals = reader.yes("chase_referrals", false);
  for (const auto* name : {"cache", "cache_expiry", "cache_size", "debuglevel", "lookup_wildcards", "tls_random_file",
                           "sasl_realm", "sasl_authz_id", "sasl_minssf"}) {
    if (reader.text(name)) options.warnings.push_back(fmt::format("{} has no effect", name));
  }
  if (!reader.fault().empty()) return tl::unexpected(reader.fault());
  if (!reader.left().empty())
    return tl::unexpected(fmt::format("unknown parameter \"{}\"", reader.left().begin()->first));
  return options;
}

tl::expected<Parameters, std::string> read_cf(std::string_view text) {
  Parameters parameters;
  std::string* last = nullptr;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    if (line.front() == ' ' || line.front() == '\t') {
      if (last == nullptr) return tl::unexpected(fmt::format("line {}: continues no line", number));
      *last += " ";
      *last += content;
      continue;
    }
    const auto equals = content.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return tl::unexpected(fmt::format("line {}: a line is \"name = value\"", number));
    }
    last = &parameters[std::string(trimmed(content.substr(0, equals)))];
    *last = trimmed(content.substr(equals + 1));
  }
  return parameters;
}

Parameters legacy_parameters(const Parameters& main_cf, std::string_view name) {
  const auto prefix = std::string(name) + "_";
  Parameters parameters;
  for (const auto& [key, value] : main_cf) {
    if (key.starts_with(prefix)) parameters[key.substr(prefix.size())] = value;
  }
  return parameters;
}

}  // namespace lookup
