#include <fmt/format.h>

#include "gateway/config/key.hpp"
#include "gateway/config/key_texts.hpp"

namespace gateway::config {
namespace {

constexpr std::size_t width = 118;

/// Writes the keys, each as a comment with its text above it; nested ones as "#  # text", so that taking the first #
/// away leaves valid YAML.
class Template {
 public:
  std::string text;

  void section(const Key& section, const void* blank, const std::string& indent, std::string first) {
    for (const Key& key : section.children) {
      if (key.type == KeyType::unsupported) continue;
      const std::string lead = "#" + std::exchange(first, indent);
      if (indent.empty()) text += "\n";
      comment(key.doc + note_of(key), indent);
      if (key.type == KeyType::section) {
        text += fmt::format("{}{}:\n", lead, key.name);
        section_inside(key, key.blank ? key.blank.get() : key.peek(blank), indent + "  ", indent + "  ");
      } else if (key.type == KeyType::names) {
        text += fmt::format("{}{}:\n#{}  {}:\n", lead, key.name, indent, example_name(key.name));
        section_inside(key, key.blank.get(), indent + "    ", indent + "    ");
      } else if (key.type == KeyType::items) {
        text += fmt::format("{}{}:\n", lead, key.name);
        section_inside(key, key.blank.get(), indent + "    ", indent + "  - ");
      } else if (key.name == "hostname") {
        text += fmt::format("{}: {}\n", key.name, key.example);
      } else {
        text += fmt::format("{}{}: {}\n", lead, key.name, value_of(key, blank));
      }
    }
    for (const Key& sets : section.others) {
      comment(sets.doc, indent);
      text += fmt::format("#{}submission:\n", indent);
      section_inside(sets, sets.blank.get(), indent + "  ", indent + "  ");
    }
  }

 private:
  void section_inside(const Key& key, const void* blank, const std::string& indent, std::string first) {
    section(key, blank, indent, std::move(first));
  }

  static std::string note_of(const Key& key) {
    std::string note;
    if (!key.fallback.empty()) note += fmt::format(" Default: {}.", key.fallback);
    if (key.restart_only) note += " Takes effect after a restart.";
    return note;
  }

  // The default; where that is nothing, an example, since it shows how the value is written.
  static std::string value_of(const Key& key, const void* blank) {
    const std::string shown = key.show(blank);
    const bool tells_nothing = shown == "\"\"" || shown == "[]" || shown == "{}";
    if (key.required || !key.fallback.empty() || tells_nothing) return key.example;
    return shown;
  }

  static const char* example_name(const std::string& key) {
    if (key == "domains") return "example.com";
    if (key == "directories") return "corp";
    if (key == "routes") return "exchange";
    if (key == "tables") return "senders";
    return "rspamd";
  }

  void comment(const std::string& words, const std::string& indent) {
    const std::string lead = indent.empty() ? "# " : "#" + indent + "# ";
    std::string line = lead;
    bool fresh = true;
    for (std::size_t from = 0; from < words.size();) {
      const std::size_t end = std::min(words.find(' ', from), words.size());
      if (line.size() + end - from > width && !fresh) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        line = lead;
      }
      line.append(words, from, end - from).append(" ");
      fresh = false;
      from = end + 1;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
};

}  // namespace

std::string template_text() {
  Template file;
  file.text =
      "# yaml-language-server: $schema=/usr/share/gatepost/gatepost.schema.json\n"
      "# Gatepost: every key there is. Lines that start with \"#\" and no space are keys with their defaults, or with "
      "an\n"
      "# example where there is no default; take the \"#\" away to set them. \"gatepost check\" tells what is wrong.\n";
  file.section(all_keys(), &default_config(), "", "");
  return file.text;
}

}  // namespace gateway::config
