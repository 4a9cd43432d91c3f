#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/key.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/config/units.hpp"

namespace gateway::config {

/// One pass over a file: the Config that is filled, what was found wrong, and where in the file we are.
class Reading {
 public:
  Reading(Config& config, std::string folder, Findings& errors, Findings& warnings);

  void error(const Place& place, std::string text);
  void warning(const Place& place, std::string text);

  /// The text of a scalar; an error that says what is expected otherwise. "key:" without a value is "".
  std::optional<std::string> scalar(const Value& value, std::string_view expected);

  /// A list of texts; a scalar is split at commas and white space outside of braces, as Postfix does.
  std::optional<Texts> texts(const Value& value, std::string_view expected);

  /// Map references in all their forms. A mapping written in place becomes a table named for the key's path.
  std::optional<MapRefs> maps(const Value& value);

  /// Restrictions: split at commas outside of braces only, since items have arguments.
  std::optional<Texts> restrictions(const Value& value);

  /// A mapping of texts; a list as value is joined by ", ".
  std::optional<std::vector<std::pair<std::string, std::string>>> pairs(const Value& value, std::string_view expected);

  /// `path` below the configuration's folder unless it is absolute; "" and PEM text stay as they are.
  std::string absolute(std::string path) const;

  /// Makes the path inside "file:x", "ldap:x", "unix:x" absolute; other text stays as it is.
  std::string absolute_reference(std::string text) const;

  /// Parses a scalar with `parse`; reports its error without showing a secret.
  template <class Parse>
  auto convert(const Value& value, std::string_view expected, Parse parse)
      -> std::optional<typename decltype(parse(std::string_view{}))::value_type> {
    const auto text = scalar(value, expected);
    if (!text) return std::nullopt;
    auto parsed = parse(std::string_view(*text));
    if (parsed) return *std::move(parsed);
    error(value.place, value.secret ? parse(std::string_view("***")).error() : parsed.error());
    return std::nullopt;
  }

  const std::string& path() const { return path_; }

  /// Reads all keys of `section` out of a mapping into `owner`.
  void read_section(const Key& section, void* owner, const Value& value);

 private:
  void read_key(const Key& key, void* owner, const Value& value);
  void read_names(const Key& key, void* owner, const Value& value);
  void read_items(const Key& key, void* owner, const Value& value);
  void unknown_key(const Key& section, const Value& name);
  bool expect(const Value& value, Value::Kind kind, std::string_view expected);

  Config& config_;
  std::string folder_;
  Findings& errors_;
  Findings& warnings_;
  std::string path_;
};

/// Splits at commas (and white space when `at_space`) outside of braces and quotes.
enum class AtSpace : bool { no, yes };
std::vector<std::string> split_outside_braces(std::string_view text, AtSpace at_space);

/// What is expected of a key of this type, for errors: "a duration", "a list".
std::string_view expected_of(KeyType type);

}  // namespace gateway::config
