#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

/// A parameter that is kept under its own name in Table::parameters.
Key parameter(std::string name, const char* example, const char* doc, KeyType type = KeyType::text) {
  Key key = KeyMaker<Table>::make(type, name.c_str(), example, doc);
  key.store = [name](Reading& reading, void* owner, const Value& value) {
    std::string joined;
    if (value.is_list()) {
      const auto list = reading.texts(value, "a list");
      if (!list) return;
      for (const auto& item : *list) joined.append(joined.empty() ? "" : ", ").append(item.text);
    } else if (const auto text = reading.scalar(value, "a text"); text) {
      joined = *text;
    }
    const bool is_path = name.ends_with("_file") || name.ends_with("_dir") || name == "tls_cert" || name == "tls_key";
    static_cast<Table*>(owner)->parameters.emplace_back(name, is_path ? reading.absolute(joined) : joined);
  };
  key.show = [name, type](const void* owner) {
    for (const auto& [known, value] : static_cast<const Table*>(owner)->parameters)
      if (known == name) return type == KeyType::secret ? std::string("\"***\"") : print_text(value);
    return std::string("\"\"");
  };
  return key;
}

// The parameters of ldap_table(5) that need no words of ours.
constexpr std::pair<const char*, const char*> ldap_parameters[] = {{"server_host", "ldap://ldap.example.com"},
                                                                   {"server_port", "\"389\""},
                                                                   {"timeout", "\"5\""},
                                                                   {"search_base", "\"dc=example,dc=com\""},
                                                                   {"query_filter", "\"(mail=%s)\""},
                                                                   {"result_format", "\"smtp:%s\""},
                                                                   {"domain", "example.com"},
                                                                   {"result_attribute", "maildrop"},
                                                                   {"special_result_attribute", "member"},
                                                                   {"terminal_result_attribute", "mailGroup"},
                                                                   {"leaf_result_attribute", "mail"},
                                                                   {"scope", "one"},
                                                                   {"bind", "\"no\""},
                                                                   {"bind_dn", "\"cn=gatepost,dc=example,dc=com\""},
                                                                   {"cache", "\"no\""},
                                                                   {"cache_expiry", "\"30\""},
                                                                   {"cache_size", "\"32768\""},
                                                                   {"recursion_limit", "\"100\""},
                                                                   {"expansion_limit", "\"100\""},
                                                                   {"size_limit", "\"100\""},
                                                                   {"dereference", "\"1\""},
                                                                   {"chase_referrals", "\"1\""},
                                                                   {"version", "\"3\""},
                                                                   {"debuglevel", "\"1\""},
                                                                   {"sasl_mechs", "EXTERNAL"},
                                                                   {"sasl_realm", "EXAMPLE.COM"},
                                                                   {"sasl_authz_id", "\"u:gatepost\""},
                                                                   {"sasl_minssf", "\"128\""},
                                                                   {"start_tls", "\"yes\""},
                                                                   {"tls_ca_cert_dir", "/etc/ssl/certs"},
                                                                   {"tls_ca_cert_file", "/etc/ssl/certs/corp-ca.pem"},
                                                                   {"tls_cert", "/etc/ssl/certs/gatepost.pem"},
                                                                   {"tls_key", "/etc/ssl/private/gatepost.key"},
                                                                   {"tls_require_cert", "\"yes\""},
                                                                   {"tls_random_file", "/dev/urandom"},
                                                                   {"tls_cipher_suite", "HIGH"}};

}  // namespace

Key table_keys() {
  using K = KeyMaker<Table>;
  std::vector<Key> children{
      required(K::word(
          "type", &Table::type,
          {"inline", "file", "hash", "btree", "texthash", "dbm", "cdb", "lmdb", "pcre", "regexp", "cidr", "static",
           "ldap"},
          "cidr",
          "The kind of table. hash, btree, lmdb and their like read the source text; no postmap step is needed.")),
      K::path(
          "file", &Table::file, "tables/senders",
          "The table's text. Types: file, hash, btree, texthash, lmdb, pcre, regexp, cidr; ldap: a Postfix .cf file."),
      K::text("content", &Table::content, "\"/^x/ REJECT\"",
              "The table's text in place, best as a YAML block (|). The same types as file, but ldap."),
      K::pairs("entries", &Table::entries, "{\"info@example.com\": sales@example.com}",
               "Type inline: keys and their values."),
      parameter("value", "OK", "Type static: the answer to every key."),
      K::text("directory", &Table::directory, "corp", "Type ldap: the directory whose connection is used."),
  };
  for (const auto& [name, example] : ldap_parameters)
    children.push_back(parameter(name, example, "Type ldap: as in ldap_table(5)."));
  children.push_back(parameter("bind_pw", "\"${env:LDAP_PASSWORD}\"",
                               "Type ldap: as in ldap_table(5); best a ${credential:NAME}.", KeyType::secret));
  return KeyMaker<Config>::names("tables", &Config::tables,
                                 "Lookup tables, used by their name wherever a map may stand.", std::move(children));
}

}  // namespace gateway::config
