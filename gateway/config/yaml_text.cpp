#include "gateway/config/yaml_text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_set>

namespace gateway::config {
namespace {

constexpr std::size_t text_limit = std::size_t{16} << 20;
constexpr std::size_t depth_limit = 32;
constexpr std::size_t value_limit = 1'000'000;

/// Thrown through yaml-cpp, which has no other way to be stopped.
struct Stopped {};

class ValueBuilder final : public YAML::EventHandler {
 public:
  ValueBuilder(const std::string& file, std::vector<Finding>& findings) : file_(file), findings_(findings) {}

  std::optional<Value> root;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(mark, "a second YAML document begins here; a configuration is one document");
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    if (name.ends_with(':')) stop(mark, quote_key('&', name.substr(0, name.size() - 1)));
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(make(mark, Value::Kind::empty), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(mark, "this alias stands inside of what it names");
    count(found->second.second, mark);
    Value value = found->second.first;
    value.place = place(mark);
    finish(std::move(value), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse_tag(mark, tag);
    Value value = make(mark, Value::Kind::scalar);
    value.text = text;
    finish(std::move(value), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Value::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  static std::string quote_key(char first, std::string_view rest) {
    return fmt::format("a key that starts with one of @ * % ! & must be quoted in YAML: write \"{}{}\":", first, rest);
  }

  [[noreturn]] void stop(const YAML::Mark& mark, std::string text) {
    findings_.push_back({Severity::error, place(mark), std::move(text)});
    throw Stopped{};
  }

 private:
  struct Open {
    Value value;
    YAML::anchor_t anchor;
    std::size_t values_before;
    std::optional<Value> key;
  };

  Value make(const YAML::Mark& mark, Value::Kind kind) {
    count(1, mark);
    Value value;
    value.kind = kind;
    value.place = place(mark);
    return value;
  }

  // Copies made by aliases count as well: ten nested anchors could otherwise grow to gigabytes.
  void count(std::size_t values, const YAML::Mark& mark) {
    values_ += values;
    if (values_ > value_limit) stop(mark, "the file holds more than a million values");
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    if (tag.ends_with(':')) stop(mark, quote_key('!', std::string_view(tag).substr(1, tag.size() - 2)));
    stop(mark, "YAML tags (!name) are not used here; quote a value that starts with \"!\"");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value::Kind kind) {
    refuse_tag(mark, tag);
    if (open_.size() >= depth_limit) stop(mark, fmt::format("nested deeper than {} levels", depth_limit));
    open_.push_back({make(mark, kind), anchor, values_, std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.value.is_mapping()) settle_mapping(done.value);
    values_in_last_ = values_ - done.values_before + 1;
    finish(std::move(done.value), done.anchor);
  }

  void finish(Value value, YAML::anchor_t anchor) {
    const bool is_leaf = value.is_scalar() || value.is_empty();
    if (anchor != 0) anchors_.insert_or_assign(anchor, std::pair(value, is_leaf ? 1 : values_in_last_));
    if (open_.empty()) {
      root = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_list()) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.key) {
      parent.key = std::move(value);
    } else {
      // YAML finds out that a value is missing only where the next key begins.
      if (value.is_empty()) value.place = parent.key->place;
      parent.value.entries.push_back({std::move(*parent.key), std::move(value)});
      parent.key.reset();
    }
  }

  // Finds duplicate keys, then merges what "<<" names: keys written here win.
  void settle_mapping(Value& mapping) {
    std::unordered_set<std::string> seen;
    std::vector<Entry> kept;
    std::vector<Value> merged;
    for (auto& [key, value] : mapping.entries) {
      if (!key.is_scalar()) {
        findings_.push_back({Severity::error, key.place, "a key must be plain text"});
      } else if (key.text == "<<") {
        if (value.is_list())
          for (auto& item : value.items) merged.push_back(std::move(item));
        else
          merged.push_back(std::move(value));
      } else if (!seen.insert(key.text).second) {
        const auto first =
            std::find_if(kept.begin(), kept.end(), [&](const auto& entry) { return entry.key.text == key.text; });
        findings_.push_back(
            {Severity::error, key.place,
             fmt::format("duplicate key \"{}\"; it already stands in line {}", key.text, first->key.place.line)});
      } else {
        kept.push_back({std::move(key), std::move(value)});
      }
    }
    for (auto& source : merged) {
      if (!source.is_mapping()) {
        findings_.push_back({Severity::error, source.place, "\"<<\" needs the alias of a mapping, like <<: *name"});
        continue;
      }
      for (auto& entry : source.entries)
        if (seen.insert(entry.key.text).second) kept.push_back(std::move(entry));
    }
    mapping.entries = std::move(kept);
  }

  const std::string& file_;
  std::vector<Finding>& findings_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<Value, std::size_t>> anchors_;
  std::size_t values_ = 0;
  std::size_t values_in_last_ = 0;
  int documents_ = 0;
};

std::string_view line_of(std::string_view text, int wanted) {
  for (int line = 0; line < wanted; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// What yaml-cpp says about characters that YAML keeps for itself ("unknown token") helps nobody. `place` is the column.
std::string explain_parser_error(const YAML::ParserException& error, std::string_view text, int& place) {
  const std::string_view line = line_of(text, error.mark.line);
  const auto column = static_cast<std::size_t>(std::max(error.mark.column, 0));
  if (column < line.size() && std::string_view("@*%!&`").find(line[column]) != std::string_view::npos) {
    const std::string_view rest = line.substr(column + 1);
    std::size_t colon = rest.find(':');
    while (colon != std::string_view::npos && colon + 1 < rest.size() && rest[colon + 1] != ' ')
      colon = rest.find(':', colon + 1);
    const std::string_view key = rest.substr(0, colon);
    const bool first_in_line = line.find_first_not_of(" -{[,") == column || column == 0 || line[column - 1] != ' ';
    const bool is_key = colon != std::string_view::npos && key.find_first_of(",]}\"'#") == std::string_view::npos;
    if (is_key && (first_in_line || line.find(": ") > column)) return ValueBuilder::quote_key(line[column], key);
    if (line[column] == '*' && error.msg.find("anchor") != std::string::npos)
      return "this alias names no anchor; a value that starts with \"*\" must be quoted";
    return fmt::format("a value that starts with \"{}\" must be quoted", line[column]);
  }
  if (const auto tab = line.find('\t'); tab < line.find_first_not_of(" \t")) {
    place = static_cast<int>(tab);
    return "YAML indents with spaces, not with tabs";
  }
  if (error.msg.find("illegal map value") != std::string::npos)
    return "not valid YAML: a value that holds \": \" must be quoted, and all keys of a block must stand in one column";
  return "not valid YAML: " + error.msg;
}

}  // namespace

std::optional<Value> parse_yaml(std::string_view text, const std::string& file, std::vector<Finding>& findings) {
  const auto fail = [&](int line, int column, std::string what) {
    findings.push_back({Severity::error, {file, line, column}, std::move(what)});
    return std::nullopt;
  };
  if (text.size() > text_limit) return fail(0, 0, "larger than 16 MiB");
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return fail(1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n')),
                1, "a NUL character");
  // yaml-cpp takes a line that starts with % for a directive and drops it without a word.
  int number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with('%'))
      return fail(number, 1,
                  ValueBuilder::quote_key(
                      '%', line.substr(1, line.find(':') == std::string_view::npos ? line.npos : line.find(':') - 1)));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  ValueBuilder builder(file, findings);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stopped&) {
    return std::nullopt;
  } catch (const YAML::ParserException& error) {
    int column = error.mark.column;
    std::string why = explain_parser_error(error, text, column);
    return fail(error.mark.line + 1, column + 1, std::move(why));
  } catch (const YAML::Exception& error) {
    return fail(error.mark.line + 1, error.mark.column + 1, "not valid YAML: " + error.msg);
  }
  if (!builder.root) builder.root = Value{};
  return std::move(builder.root);
}

}  // namespace gateway::config
