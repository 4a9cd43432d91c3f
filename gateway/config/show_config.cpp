#include "gateway/config/show_config.hpp"

#include "gateway/config/key.hpp"
#include "gateway/config/yaml_print.hpp"

namespace gateway::config {
namespace {

class Shower {
 public:
  Shower(const Config& config, Show which, std::vector<std::pair<std::string, std::string>>& lines)
      : config_(config), which_(which), lines_(lines) {}

  void section(const Key& section, const std::string& path, const void* owner, const void* blank) {
    for (const Key& key : section.children) show(key, path.empty() ? key.name : path + "." + key.name, owner, blank);
    for (const Key& sets : section.others) many(sets, path, owner);
  }

 private:
  void show(const Key& key, const std::string& path, const void* owner, const void* blank) {
    switch (key.type) {
      case KeyType::unsupported:
        break;
      case KeyType::section: {
        const void* const inner = key.peek(owner);
        if (inner != nullptr) section(key, path, inner, key.blank ? key.blank.get() : key.peek(blank));
        break;
      }
      case KeyType::names:
      case KeyType::items:
        many(key, path, owner);
        break;
      default:
        value(key, path, owner, blank);
    }
  }

  void many(const Key& key, const std::string& path, const void* owner) {
    for (std::size_t i = 0; i < key.count(owner); ++i) {
      const auto [name, item] = key.item(owner, i);
      // The unnamed restriction set shows as the keys of "restrictions"; tables written in place where they are used.
      const std::string inner = path + "." + name;
      if (key.name == "*" && i == 0) continue;
      if (path == "tables" && config_.tables[i].in_place) continue;
      if (which_ == Show::changed && config_.places.count(inner) == 0) continue;
      section(key, inner, item, key.blank.get());
    }
  }

  void value(const Key& key, const std::string& path, const void* owner, const void* blank) {
    std::string text = key.show(owner);
    if (which_ == Show::changed) {
      const bool written = config_.places.count(path) != 0;
      if (!key.fallback.empty() ? !written : text == key.show(blank)) return;
    }
    if (config_.secret_keys.count(path) != 0) text = "\"***\"";
    if (key.type == KeyType::maps)
      for (const auto& table : config_.tables)
        if (table.in_place && table.name == path) text = print_pairs(table.entries);
    lines_.emplace_back(path, std::move(text));
  }

  const Config& config_;
  Show which_;
  std::vector<std::pair<std::string, std::string>>& lines_;
};

void collect_restart_only(const Key& section, const std::string& path, std::vector<std::string>& found) {
  for (const Key& key : section.children) {
    const std::string inner = path.empty() ? key.name : path + "." + key.name;
    if (key.restart_only) found.push_back(inner);
    if (key.type == KeyType::section) collect_restart_only(key, inner, found);
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> show_config(const Config& config, Show which) {
  std::vector<std::pair<std::string, std::string>> lines;
  Shower(config, which, lines).section(all_keys(), "", &config, &default_config());
  return lines;
}

std::vector<std::string> restart_only_changes(const Config& running, const Config& wanted) {
  std::vector<std::string> names, changed;
  collect_restart_only(all_keys(), "", names);
  const auto before = show_config(running, Show::all), after = show_config(wanted, Show::all);
  const auto value_of = [](const auto& lines, const std::string& name) {
    for (const auto& line : lines)
      if (line.first == name) return line.second;
    return std::string();
  };
  for (const auto& name : names)
    if (value_of(before, name) != value_of(after, name)) changed.push_back(name);
  const auto same_sockets = [](const Listener& a, const Listener& b) {
    return a.address == b.address && a.port == b.port;
  };
  if (!std::equal(running.listeners.begin(), running.listeners.end(), wanted.listeners.begin(), wanted.listeners.end(),
                  same_sockets))
    changed.emplace_back("listeners");
  return changed;
}

}  // namespace gateway::config
