#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::postfix {

/// One statement of main.cf, its value not expanded.
struct Setting {
  std::string name, value;
  config::Place place;
};

/// The parameters of a Postfix installation as main.cf gives them: comments gone, continued lines joined, the last
/// statement of a name counts, $name expanded on request. Total: any text gives parameters and remarks.
class MainCf {
 public:
  MainCf() = default;
  MainCf(std::string_view text, const std::string& file);

  /// What a parameter is when nobody set it; `name` may be one that Postfix knows or one of the site.
  void set_default(const std::string& name, std::string value) { defaults_[name] = std::move(value); }

  /// Replaces a parameter, as "-o name=value" of master.cf does.
  void override_with(const Setting& setting) { settings_[setting.name] = setting; }

  const Setting* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Expanded; the default when nobody set it. Notes that the parameter was read.
  std::string value(const std::string& name) const;
  /// $name ${name} $(name) ${name?text} ${name:text} ${name?{a}:{b}}; what is not defined is empty. An
  /// expansion that names itself, or grows without end, is cut off.
  std::string expand(std::string_view text, int depth = 0) const;

  /// In the order of names.
  const std::map<std::string, Setting, std::less<>>& settings() const { return settings_; }
  bool was_read(const std::string& name) const { return read_.contains(name); }
  void mark_read(const std::string& name) const { read_.insert(name); }
  /// Lines that needed a guess, as notes.
  const std::vector<config::Finding>& remarks() const { return remarks_; }

 private:
  std::string expand_braces(std::string_view inside, int depth) const;

  std::map<std::string, Setting, std::less<>> settings_;
  std::map<std::string, std::string, std::less<>> defaults_;
  mutable std::set<std::string, std::less<>> read_;
  mutable int steps_ = 0;  // of the expansion under way
  std::vector<config::Finding> remarks_;
};

/// A list of words: parted by commas and white space, but not inside of braces.
std::vector<std::string> words_of(std::string_view text);

/// yes, true, on and 1 in any case, as lenient as old files are.
bool is_yes(std::string_view text);

}  // namespace gateway::postfix
