#include "gateway/config/key_maker.hpp"
#include "gateway/config/keys.hpp"

namespace gateway::config {
namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

/// A line of the preset that is replaced: a text ("recipient: FILTER"), or a mapping of the parts in `parts`. Both go
/// to Directory::overrides, as "recipient" or "recipient.home".
Key preset_line(const char* name, std::vector<std::string> parts, const char* example, const char* doc) {
  Key key = KeyMaker<Directory>::make(KeyType::preset_line, name, example, doc);
  key.choices = parts;
  key.store = [line = std::string(name), parts](Reading& reading, void* owner, const Value& value) {
    Overrides& overrides = static_cast<Directory*>(owner)->overrides;
    if (!value.is_mapping() || parts.empty()) {
      const auto texts = value.is_list() ? reading.texts(value, "a list") : std::nullopt;
      if (texts) {
        std::string joined;
        for (const auto& text : *texts) joined.append(joined.empty() ? "" : ", ").append(text.text);
        overrides.emplace_back(line, joined);
      } else if (const auto text = reading.scalar(value, "a filter, or a mapping of the line's parts"); text) {
        overrides.emplace_back(line, *text);
      }
      return;
    }
    for (const auto& entry : value.entries)
      if (std::find(parts.begin(), parts.end(), entry.key.text) == parts.end())
        reading.error(entry.key.place, not_a_choice(entry.key.text, parts));
    const auto found = reading.pairs(value, "a mapping");
    if (!found) return;
    for (const auto& [part, text] : *found) overrides.emplace_back(line + "." + part, text);
  };
  key.show = [line = std::string(name)](const void* owner) {
    Overrides shown;
    for (const auto& [override_name, text] : static_cast<const Directory*>(owner)->overrides) {
      if (override_name == line) return print_text(text);
      if (override_name.starts_with(line + ".")) shown.emplace_back(override_name.substr(line.size() + 1), text);
    }
    return shown.empty() ? std::string("\"\"") : print_pairs(shown);
  };
  return fallback(std::move(key), "the preset's");
}

std::vector<Key> preset_lines() {
  return {
      preset_line("recipient",
                  {"filter", "also_match", "wildcard", "addresses", "address_prefix", "home", "uid", "gid", "user",
                   "mail_host", "quota", "quota_unit", "routing_address", "keep_copy", "forward_if", "refuse_unrouted"},
                  "{filter: \"(mail=%s)\", home: homeDirectory}",
                  "Replaces how a recipient is found: a filter (%s address, %u local part, %d domain), or a mapping of "
                  "filter and attributes."),
      preset_line("group", {"filter", "members", "member_addresses", "inverse", "leaf", "nested", "depth", "limit"},
                  "\"(&(objectClass=groupOfNames)(mail=%s))\"", "Replaces how a group and its members are found."),
      preset_line("auth", {"method", "user_filter"}, "{method: bind, user_filter: \"(uid=%u)\"}",
                  "Replaces how a login is found and its password checked."),
      preset_line("sender_delegates", {}, "[publicDelegates]",
                  "Replaces the attributes of an address's entry that name, by DN, who else may send as it."),
      preset_line(
          "sender_owner", {}, "\"(&(uid=%{login})(mail=%s))\"",
          "Replaces how it is decided whether a login may send as an address: a filter with %{login} and %s, or "
          "the attributes of the login's entry."),
      preset_line("disabled", {"filter", "receive", "authenticate"}, "\"(accountStatus=disabled)\"",
                  "Replaces which entries count as disabled."),
      preset_line("page_size", {}, "\"500\"", "Replaces the page size of searches; 0: one page."),
  };
}

}  // namespace

Key directory_keys() {
  using K = KeyMaker<Directory>;
  using B = KeyMaker<Bind>;
  using T = KeyMaker<DirectoryTls>;
  using R = KeyMaker<Replica>;
  std::vector<Key> children{
      K::text("preset", &Directory::preset, "active-directory",
              "The layout of the directory; \"gatepost directory presets\" lists them and shows their lines."),
      K::texts("servers", &Directory::servers, "[\"ldaps://dc1.example.com\", \"ldaps://dc2.example.com\"]",
               "Servers in the order in which they are tried: ldap://, ldaps://, ldapi://, or ldif:PATH for a file."),
      K::text("search_base", &Directory::search_base, "\"dc=example,dc=com\"", "Where searches start."),
      K::section(
          "bind", &Directory::bind, "How the gateway itself logs in to the directory.",
          {
              B::text("dn", &Bind::dn, "\"cn=gatepost,dc=example,dc=com\"", "The name to bind as; empty: anonymous."),
              B::secret("password", &Bind::password, "\"${env:LDAP_PASSWORD}\"",
                        "Its password; best a ${credential:NAME}."),
              B::word("method", &Bind::method, {"simple", "external", "gssapi", "none"}, "external",
                      "The kind of bind."),
          }),
      K::section("tls", &Directory::tls, "Encryption towards the directory's servers.",
                 {
                     fallback(T::choice<DirectoryTlsMode DirectoryTls::*, DirectoryTlsMode>(
                                  "mode", &DirectoryTls::mode,
                                  {{"none", DirectoryTlsMode::none},
                                   {"starttls", DirectoryTlsMode::starttls},
                                   {"ldaps", DirectoryTlsMode::ldaps}},
                                  "starttls", "none, STARTTLS on ldap://, or TLS from the start."),
                              "ldaps when all servers are ldaps://, else none"),
                     T::path("ca_file", &DirectoryTls::ca_file, "/etc/ssl/certs/corp-ca.pem",
                             "Authorities that are trusted; empty: the system's."),
                     T::path("cert_file", &DirectoryTls::cert_file, "/etc/ssl/certs/gatepost.pem",
                             "Certificate that the gateway shows."),
                     T::path("key_file", &DirectoryTls::key_file, "/etc/ssl/private/gatepost.key", "Its key."),
                     T::choice<Verify DirectoryTls::*, Verify>(
                         "verify", &DirectoryTls::verify, {{"none", Verify::none}, {"required", Verify::required}},
                         "none", "Whether the server's certificate must be valid."),
                 }),
      K::group(
          "timeout", "How long to wait for one server.",
          {
              K::short_duration("connect", &Directory::connect_timeout, "1s", "For the connection, with TLS and bind."),
              K::short_duration("search", &Directory::search_timeout, "5s", "For the answer to one search."),
          }),
      K::integer("connections", &Directory::connections, 1, 64, "4", "Connections that are kept, for each core."),
      K::group("cache", "How long answers are kept in memory. 0: not at all.",
               {
                   K::duration("positive", &Directory::cache_positive, "10m", "Addresses that exist."),
                   K::duration("negative", &Directory::cache_negative, "1m", "Addresses that do not exist."),
                   K::duration("stale", &Directory::cache_stale, "1d",
                               "How long an expired positive answer still serves while no server answers."),
               }),
      K::section(
          "replica", &Directory::replica, "A local copy of the directory that answers while its servers are away.",
          {
              R::choice<ReplicaMode Replica::*, ReplicaMode>(
                  "mode", &Replica::mode,
                  {{"off", ReplicaMode::off},
                   {"syncrepl", ReplicaMode::syncrepl},
                   {"dirsync", ReplicaMode::dirsync},
                   {"poll", ReplicaMode::poll}},
                  "poll",
                  "off, syncrepl (OpenLDAP, 389 Directory Server), dirsync (Active Directory), or poll (any server)."),
              R::duration("interval", &Replica::interval, "10m", "Time between refreshes."),
              R::percent("refuse_shrink", &Replica::refuse_shrink_percent, "50%",
                         "A refresh that loses more than this part of the entries is refused."),
              R::duration("max_age", &Replica::max_age, "2d",
                          "A replica older than this no longer says that an address does not exist."),
          }),
      K::choice<WhenUnavailable Directory::*, WhenUnavailable>(
          "when_unavailable", &Directory::when_unavailable,
          {{"replica", WhenUnavailable::replica},
           {"defer", WhenUnavailable::defer},
           {"accept", WhenUnavailable::accept}},
          "accept", "What an address gets while no server answers: the replica's word, 451, or acceptance."),
  };
  for (auto& line : preset_lines()) children.push_back(std::move(line));
  return KeyMaker<Config>::names("directories", &Config::directories,
                                 "Company directories, used as directory:NAME wherever a map may stand.",
                                 std::move(children));
}

}  // namespace gateway::config
