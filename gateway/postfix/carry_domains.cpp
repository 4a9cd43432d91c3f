#include <fmt/core.h>

#include <fstream>
#include <sstream>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/address.hpp"
#include "lookup/ip_address.hpp"
#include "lookup/table_text.hpp"

namespace gateway::postfix {

namespace {

bool is_domain(std::string_view text) {
  return !text.empty() && text.find_first_of("[]/:@!<>(){}\"'$ ") == std::string_view::npos && text.front() != '.' &&
         !lookup::parse_ip(text);
}

/// The first word of every line of a table's text or of a file of names.
std::vector<std::string> keys_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string whole = std::move(text).str();
  std::vector<std::string> keys;
  lookup::TableText lines(whole);
  lookup::TableLine line;
  while (lines.next(line)) {
    const auto statement = lookup::trimmed(line.text);
    keys.emplace_back(statement.substr(0, statement.find_first_of(" \t")));
  }
  return keys;
}

class Domains {
 public:
  explicit Domains(Translation& translation) : translation_(translation) {}

  void carry(const std::string& parameter, const char* domain_class, const std::string& map_parameter,
             const char* map_key) {
    const auto maps = map_parameter.empty() ? std::vector<std::string>() : carry_maps(translation_, map_parameter);
    const auto route = translation_.domain_routes.find(domain_class);
    for (const auto& name : names_of(parameter)) {
      const Draft::Path path{"domains", name};
      if (const auto [known, fresh] = classes_.emplace(lookup::ascii_lower(name), parameter); !fresh) {
        if (known->second != parameter && !(parameter == "relay_domains" && known->second == "mydestination"))
          translation_.note(parameter, fmt::format("{} is listed in {} too, which counts", name, known->second));
        continue;
      }
      std::string yaml = fmt::format("{{class: {}", domain_class);
      if (!maps.empty()) yaml += fmt::format(", {}: {}", map_key, config::print_list(maps));
      if (route != translation_.domain_routes.end()) yaml += ", route: " + route->second;
      translation_.draft.set(path, yaml + "}", translation_.origin(parameter));
    }
  }

 private:
  std::vector<std::string> names_of(const std::string& parameter) {
    std::vector<std::string> names;
    for (std::string word : translation_.words(parameter)) {
      const auto refuse = [&](const char* why) {
        translation_.note(parameter, fmt::format("{} is not carried over: {}", word, why));
      };
      const auto colon = word.find(':');
      if (word.starts_with('@')) {
        translation_.note(parameter, fmt::format("{} is read as {}", word, word.substr(1)));
        word.erase(0, 1);
      }
      if (word.starts_with('/') || (colon != std::string::npos && !word.starts_with('['))) {
        from_table(parameter, word, names);
      } else if (is_domain(word)) {
        names.push_back(word);
      } else if (lookup::parse_ip(word)) {
        refuse("mail to user@[address] needs no domain of this name");
      } else if (word.starts_with('!') || word.starts_with('.')) {
        refuse("list the domains one by one");
      } else {
        refuse("it is not a domain");
      }
    }
    return names;
  }

  // Domains are listed in the file itself, so a table of them is copied as it is now.
  void from_table(const std::string& parameter, const std::string& word, std::vector<std::string>& names) {
    const auto reference = carry_map(translation_, parameter, translation_.place_of(parameter),
                                     word.starts_with('/') ? "texthash:" + word : word);
    if (!reference) return;
    const auto colon = reference->find(':');
    const auto type = reference->substr(0, colon);
    const bool has_keys = colon != std::string::npos && type != "pcre" && type != "regexp" && type != "cidr" &&
                          type != "ldap" && type != "static" && type != "inline";
    if (!has_keys) {
      translation_.note(parameter, fmt::format("{} is not carried over: list its domains under domains", word));
      return;
    }
    const auto before = names.size();
    // A table of addresses is a list of domains by its keys without "@".
    for (const auto& key : keys_of(reference->substr(colon + 1)))
      if (is_domain(key) && (translation_.main.has(parameter) || key.find('.') != std::string::npos))
        names.push_back(key);
    if (translation_.main.has(parameter))
      translation_.note(parameter, fmt::format("{}: {} domains were copied from it; later changes of the table are not "
                                               "followed",
                                               word, names.size() - before));
  }

  Translation& translation_;
  std::map<std::string, std::string> classes_;
};

void note_missing_maps(Translation& translation) {
  const auto wants = [&](const char* domains, const char* maps, const char* words) {
    if (translation.main.has(domains) && !translation.words(domains).empty() && translation.words(maps).empty())
      translation.note(domains, fmt::format("{} is empty: {}", maps, words));
  };
  wants("relay_domains", "relay_recipient_maps",
        "mail for every address in these domains is accepted, and what the next server refuses must be bounced");
  wants("virtual_alias_domains", "virtual_alias_maps", "no address in these domains exists");
}

}  // namespace

void carry_domains(Translation& translation) {
  Domains domains(translation);
  domains.carry("mydestination", "local", "", "");
  const bool has_aliases = !translation.words("virtual_alias_maps").empty();
  // Without aliases Postfix refuses every address there; a domain that is not listed is refused as well.
  if (has_aliases) domains.carry("virtual_alias_domains", "virtual_alias", "", "");
  const bool by_lmtp = translation.domain_routes.contains("virtual_mailbox");
  const bool has_mailboxes = !translation.words("virtual_mailbox_maps").empty();
  if (by_lmtp) {
    // Mailboxes behind an LMTP server are a relay domain with a route; without a list the server has the last word.
    const auto relay = std::exchange(translation.domain_routes["relay"], translation.domain_routes["virtual_mailbox"]);
    domains.carry("virtual_mailbox_domains", "relay", "virtual_mailbox_maps", "recipients");
    translation.domain_routes["relay"] = relay;
    if (relay.empty()) translation.domain_routes.erase("relay");
    translation.note("virtual_mailbox_domains", "written as class relay with the route of virtual_transport");
  } else if (has_mailboxes) {
    domains.carry("virtual_mailbox_domains", "virtual_mailbox", "virtual_mailbox_maps", "mailboxes");
  } else if (!translation.words("virtual_mailbox_domains").empty()) {
    translation.note("virtual_mailbox_domains",
                     "not carried over: virtual_mailbox_maps is empty, so no mailbox is "
                     "known");
  }
  domains.carry("relay_domains", "relay", "relay_recipient_maps", "recipients");
  if (translation.main.has("relay_domains") && !translation.words("relay_domains").empty())
    translation.note("relay_domains", "Postfix relays for subdomains of these too; list those that are used");
  note_missing_maps(translation);
  if (translation.main.has("local_recipient_maps")) {
    for (const auto& word : translation.words("local_recipient_maps"))
      if (word != "proxy:unix:passwd.byname" && word != "unix:passwd.byname" &&
          translation.value("alias_maps").find(word) == std::string::npos)
        translation.note(
            "local_recipient_maps",
            fmt::format("{} is not carried over: local users are those of this machine and of the aliases; "
                        "name it as aliases or recipients of the domain",
                        word));
    if (translation.words("local_recipient_maps").empty())
      translation.note("local_recipient_maps",
                       "is empty, so that every local address was accepted; here unknown users "
                       "are refused unless luser_relay takes their mail");
  }
  std::vector<std::string> flushed;
  if (translation.main.has("fast_flush_domains")) {
    for (const auto& word : translation.words("fast_flush_domains"))
      if (is_domain(word)) flushed.push_back(word);
    translation.draft.set({"queue", "fast_flush_domains"}, config::print_list(flushed),
                          translation.origin("fast_flush_domains"));
  }
}

namespace {

// What local(8) does for the users of the machine. A Maildir in the home needs nothing but the path.
void carry_local_users(Translation& translation) {
  auto& draft = translation.draft;
  const auto home_mailbox = translation.value("home_mailbox");
  const bool is_maildir = home_mailbox.ends_with('/');
  const auto spool = translation.value("mail_spool_directory");
  const auto set = [&](const char* key, const std::string& value) {
    draft.set({"mailboxes", "local", key}, config::print_text(value), translation.origin(key));
  };
  // The shell expands what looks like a parameter in a command.
  const auto* command = translation.main.find("mailbox_command");
  if (command != nullptr && !command->value.empty()) set("mailbox_command", command->value);
  if (!home_mailbox.empty() && !is_maildir) set("home_mailbox", home_mailbox);
  const bool has_spool = home_mailbox.empty() && !spool.empty() && !spool.ends_with('/');
  if (has_spool) set("mail_spool_directory", spool);
  if (spool.ends_with('/') && home_mailbox.empty())
    translation.note("mail_spool_directory", "not carried over: Maildirs lie in homes; see home_mailbox");
  draft.set({"mailboxes", "path"}, config::print_text("%{home}/" + (is_maildir ? home_mailbox : "Maildir/")),
            is_maildir ? translation.origin("home_mailbox") : "For local users without mailboxes.local.");
  const bool has_command = command != nullptr && !command->value.empty();
  if (home_mailbox.empty() && !has_spool && !has_command)
    translation.note("mail_spool_directory",
                     "local mail goes to ~/Maildir/, not to a file in mbox format; set "
                     "mailboxes.local.mail_spool_directory to keep the files");
  for (const char* name : {"allow_mail_to_commands", "allow_mail_to_files"}) {
    if (!translation.main.has(name)) continue;
    const auto words = translation.words(name);
    const bool by_alias = std::find(words.begin(), words.end(), "alias") != words.end();
    draft.set({"mailboxes", "local", name}, by_alias ? "yes" : "no", translation.origin(name));
  }
}

}  // namespace

void carry_mailboxes(Translation& translation) {
  auto& draft = translation.draft;
  const bool has_virtual = !translation.words("virtual_mailbox_maps").empty();
  const bool has_base = translation.main.has("virtual_mailbox_base");
  auto base = translation.value("virtual_mailbox_base");
  if (base.empty()) base = has_virtual ? "/" : "/home";
  draft.set({"mailboxes", "base"}, config::print_text(base),
            has_base ? translation.origin("virtual_mailbox_base")
                     : (has_virtual ? "Without virtual_mailbox_base the maps give whole paths."
                                    : "The homes of local users; mail for a user whose home is elsewhere waits."));
  carry_local_users(translation);
  if (has_base && base != "/" && !base.starts_with("/home"))
    translation.note("virtual_mailbox_base",
                     "local users' mailboxes must lie below it too; use mailboxes.base: / if "
                     "they do not");
  const std::string limit = has_virtual ? "virtual_mailbox_limit" : "mailbox_size_limit";
  for (const std::string name : {"virtual_mailbox_limit", "mailbox_size_limit"}) {
    if (!translation.main.has(name)) continue;
    const auto value = translation.value(name);
    if (name != limit)
      translation.note(name, "not carried over: one mailboxes.mailbox_size_limit is for all mailboxes");
    else if (!value.empty() && value.find_first_not_of("0123456789") == std::string::npos)
      draft.set({"mailboxes", "mailbox_size_limit"}, value, translation.origin(name));
    else
      translation.note(name, fmt::format("\"{}\" is not a number; no limit is set", value));
  }
  for (const auto& [name, key] : {std::pair("virtual_uid_maps", "user"), std::pair("virtual_gid_maps", "group")})
    if (const auto value = translation.value(name); !value.empty())
      translation.note(name,
                       fmt::format("{} is not carried over: set mailboxes.{} to a name, or mailboxes.ownership to "
                                   "directory",
                                   value, key));
}

}  // namespace gateway::postfix
