#include <fmt/format.h>

#include "gateway/config/key.hpp"
#include "gateway/config/key_texts.hpp"

namespace gateway::config {
namespace {

std::string type_words(const Key& key) {
  const auto list = [&] {
    std::string words;
    for (const auto& word : key.choices) words.append(words.empty() ? "" : " \\| ").append("`" + word + "`");
    return words;
  };
  switch (key.type) {
    case KeyType::yes_no:
      return "yes \\| no";
    case KeyType::integer:
      return fmt::format("number, {} to {}", key.least, key.most);
    case KeyType::duration:
    case KeyType::short_duration:
      return "duration";
    case KeyType::size:
      return "size";
    case KeyType::rate:
      return "rate";
    case KeyType::percent:
      return "percent";
    case KeyType::host_name:
      return "host name";
    case KeyType::secret:
      return "secret";
    case KeyType::path:
      return "path";
    case KeyType::choice:
      return list();
    case KeyType::choices:
      return "list of " + list();
    case KeyType::texts:
      return "list";
    case KeyType::networks:
      return "list of networks";
    case KeyType::addresses:
      return "list of IP addresses";
    case KeyType::maps:
      return "map references";
    case KeyType::restrictions:
      return "list of restrictions";
    case KeyType::pairs:
      return "mapping";
    case KeyType::preset_line:
      return key.choices.empty() ? "text" : "filter, or mapping of " + list();
    default:
      return "text";
  }
}

class Page {
 public:
  std::string text;

  void section(const Key& section, const std::string& path, const void* blank) {
    std::vector<const Key*> inner;
    for (const Key& key : section.children) {
      if (is_section(key)) {
        inner.push_back(&key);
      } else if (key.type != KeyType::unsupported) {
        row(key, blank);
      }
    }
    end_table();
    for (const Key* key : inner) heading(*key, path.empty() ? key->name : path + "." + key->name, blank);
    for (const Key& key : section.others) {
      text += fmt::format("\n### `{}.NAME`\n\n{}\n", path, key.doc);
      section_of(key, path + ".NAME", key.blank.get());
    }
  }

 private:
  static bool is_section(const Key& key) {
    return key.type == KeyType::section || key.type == KeyType::names || key.type == KeyType::items;
  }

  void heading(const Key& key, std::string path, const void* blank) {
    if (key.type == KeyType::names) path += ".NAME";
    if (key.type == KeyType::items) path += "[]";
    const bool top =
        path.find('.') == std::string::npos || (key.type == KeyType::names && path.find('.') == path.rfind('.'));
    text += fmt::format("\n{} `{}`\n\n{}\n", top ? "##" : "###", path, key.doc);
    if (!key.fallback.empty()) text += fmt::format("\nDefault: {}.\n", key.fallback);
    section_of(key, path, key.blank ? key.blank.get() : key.peek(blank));
  }

  void section_of(const Key& key, const std::string& path, const void* blank) { section(key, path, blank); }

  void row(const Key& key, const void* blank) {
    if (!in_table_) text += "\n| key | type | default | meaning |\n|---|---|---|---|\n";
    in_table_ = true;
    std::string shown = key.required ? "required" : !key.fallback.empty() ? key.fallback : "`" + key.show(blank) + "`";
    if (shown == "`\"\"`") shown = "empty";
    if (shown == "`[]`" || shown == "`{}`") shown = "none";
    text += fmt::format("| `{}` | {} | {} | {}{} Example: `{}` |\n", key.name, type_words(key), shown, in_cell(key.doc),
                        key.restart_only ? " *Takes effect after a restart.*" : "", in_cell(key.example));
  }

  void end_table() { in_table_ = false; }

  static std::string in_cell(const std::string& words) {
    std::string out;
    for (const char c : words) out.append(c == '|' ? "\\|" : std::string(1, c));
    return out;
  }

  bool in_table_ = false;
};

}  // namespace

std::string reference_text() {
  Page page;
  page.text =
      "# Configuration reference\n\n"
      "<!-- Printed by `gatepost config reference`; edit gateway/config/keys_*.cpp instead. -->\n\n"
      "One YAML file, `/etc/gatepost/gatepost.yaml` unless `-c FILE` or `$GATEPOST_CONFIG` says otherwise. Unknown and "
      "duplicate keys\n"
      "are errors. Relative paths start at the folder of the file. `gatepost check` tells what is wrong, `gatepost "
      "config show --changed`\n"
      "what differs from the defaults.\n\n"
      "| type | how it is written |\n|---|---|\n"
      "| yes \\| no | `yes no true false on off` |\n"
      "| duration | `30s 5m 4h 5d 1w`; a bare number is seconds; timeouts of directories and DNS also take `250ms` |\n"
      "| size | bytes, or `100K 50M 2G 1T` |\n"
      "| rate | `60/1m` is sixty a minute; `0` is no limit |\n"
      "| percent | `20%` |\n"
      "| network | `10.0.0.0/8`, `2001:db8::/32`, `[::1]/128`, a single address |\n"
      "| list | `[a, b]`, a YAML list, or one text with commas or spaces |\n"
      "| map references | `NAME` of a table, `directory:NAME`, `TYPE:ARGUMENT` (file hash btree texthash lmdb pcre "
      "regexp cidr static inline ldap), "
      "a list of these that is searched in order, or a mapping written in place |\n"
      "| restrictions | a list in Postfix's syntax: `check_sender_access white`, `reject_rbl_client zen.spamhaus.org` "
      "|\n"
      "| secret | any text; in every value `${credential:NAME}` (systemd's credentials, else `secrets/NAME` beside the "
      "file), "
      "`${file:PATH}` and `${env:NAME}` are replaced |\n\n"
      "Keys that start with `@ * % ! &` must be quoted in YAML: `\"@example.com\": ...`. Anchors and `<<` may be used, "
      "tags may not.\n\n"
      "## Top level\n";
  page.section(all_keys(), "", &default_config());
  page.text += "\n## Not yet supported\n\nThese keys are reserved and refused by this version:";
  for (const Key& key : all_keys().children)
    if (key.type == KeyType::unsupported) page.text += fmt::format(" `{}`", key.name);
  page.text += ".\n";
  return page.text;
}

}  // namespace gateway::config
