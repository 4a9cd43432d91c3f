#include "lookup/pattern_table.hpp"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "lookup/address.hpp"
#include "lookup/rule_blocks.hpp"
#include "lookup/substitution.hpp"
#include "lookup/table_text.hpp"

namespace lookup {

namespace {

struct Rule {
  Pattern pattern;
  bool negated = false;
  std::size_t skip_to = 0;  // of an if: where to go on when it does not match; 0 for a rule with a result
  Substitution result;
  int line = 0;
};

class PatternTable final : public Table {
 public:
  PatternTable(std::vector<Rule> rules, std::string name) : rules_(std::move(rules)), name_(std::move(name)) {}

  std::optional<Answer> find_now(std::string_view key) const override {
    Groups groups;
    for (std::size_t at = 0; at < rules_.size();) {
      const Rule& rule = rules_[at];
      const bool needs_groups = rule.skip_to == 0 && !rule.result.is_constant();
      const auto outcome = rule.pattern.match(key, needs_groups ? &groups : nullptr);
      if (outcome == Pattern::Outcome::limit) {
        return Answer::unavailable(Unavailable::too_many_results,
                                   fmt::format("{}: the expression in line {} takes too long", name_, rule.line));
      }
      const bool matches = (outcome == Pattern::Outcome::match) != rule.negated;
      if (rule.skip_to != 0) {
        at = matches ? at + 1 : rule.skip_to;
      } else if (matches) {
        return Answer::found(rule.result.apply(groups));
      } else {
        ++at;
      }
    }
    return Answer::absent();
  }

  bool takes_whole_key() const override { return true; }
  const std::string& name() const override { return name_; }

 private:
  std::vector<Rule> rules_;
  std::string name_;
};

// "!/expression/flags", cut off the front of `text`; what is left is the result.
tl::expected<Rule, std::string> take_rule(PatternSyntax syntax, std::string_view& text) {
  bool negated = false;
  while (!text.empty() && text.front() == '!') {
    negated = !negated;
    text = trimmed(text.substr(1));
  }
  if (text.empty()) return tl::unexpected<std::string>("expected: /expression/flags");
  const char delimiter = text.front();
  const bool is_word = (delimiter >= '0' && delimiter <= '9') || (delimiter >= 'a' && delimiter <= 'z') ||
                       (delimiter >= 'A' && delimiter <= 'Z') || delimiter == '\\';
  if (is_word) return tl::unexpected<std::string>("an expression starts with a delimiter, as in /expression/");
  std::size_t end = 1;
  while (end < text.size() && text[end] != delimiter) end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) {
    return tl::unexpected(fmt::format("the expression has no closing \"{}\"", delimiter));
  }
  const std::string_view expression = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  std::size_t flags = 0;
  while (flags < text.size() && !is_space(text[flags]) && text[flags] != '!') ++flags;
  auto pattern = Pattern::compile(syntax, expression, text.substr(0, flags));
  text = trimmed(text.substr(flags));
  if (!pattern) return tl::unexpected(pattern.error());
  return Rule{std::move(*pattern), negated, 0, {}, 0};
}

struct Reading {
  PatternSyntax syntax;
  const std::string& file;
  std::vector<Rule> rules;
  TableProblems problems, warnings;
  RuleBlocks blocks;
  std::size_t broken_ifs = 0;  // whose endif must not close another one

  void problem(int line, std::string text) { problems.push_back({line, std::move(text), file}); }
  void warning(int line, std::string text) { warnings.push_back({line, std::move(text), file}); }
  void read_if(int line, std::string_view text);
  void read_endif(int line, std::string_view text);
  void read_rule(int line, std::string_view text);
};

void Reading::read_if(int line, std::string_view text) {
  auto rule = take_rule(syntax, text);
  if (!rule) {
    ++broken_ifs;
    return problem(line, std::move(rule.error()));
  }
  if (!text.empty()) warning(line, "text after the expression of if is ignored");
  rule->line = line;
  blocks.open(rules.size(), line);
  rules.push_back(std::move(*rule));
}

void Reading::read_endif(int line, std::string_view text) {
  std::size_t opened = 0;
  if (broken_ifs > 0) {
    --broken_ifs;
  } else if (blocks.close(opened)) {
    rules[opened].skip_to = rules.size();
  } else {
    problem(line, "endif without if");
  }
  if (!text.empty()) warning(line, "text after endif is ignored");
}

void Reading::read_rule(int line, std::string_view text) {
  auto rule = take_rule(syntax, text);
  if (!rule) return problem(line, std::move(rule.error()));
  if (text.empty()) warning(line, "no result: the expression answers with an empty text");
  auto result = Substitution::parse(text, rule->pattern.group_count());
  if (!result) return problem(line, std::move(result.error()));
  if (rule->negated && !result->is_constant()) return problem(line, "what does not match has no groups to put in");
  rule->result = std::move(*result);
  rule->line = line;
  rules.push_back(std::move(*rule));
}

}  // namespace

TableResult read_pattern_table(PatternSyntax syntax, std::string_view text, std::string name, const std::string& file) {
  Reading reading{syntax, file, {}, {}, {}, {}, 0};
  TableText lines(text);
  TableLine line;
  while (lines.next(line)) {
    const std::string_view rule = trimmed(line.text);
    const std::size_t word_end = std::min(rule.find_first_of(" \t"), rule.size());
    const std::string word = ascii_lower(rule.substr(0, std::min<std::size_t>(word_end, 6)));
    // "if" may stand right before its expression: if/^a/
    const bool is_if = word.size() >= 2 && word.compare(0, 2, "if") == 0 && rule.size() > 2 &&
                       (is_space(rule[2]) || rule[2] == '/' || rule[2] == '!');
    if (is_if) {
      reading.read_if(line.number, trimmed(rule.substr(2)));
    } else if (word == "endif" && word_end == 5) {
      reading.read_endif(line.number, trimmed(rule.substr(5)));
    } else {
      reading.read_rule(line.number, rule);
    }
  }
  reading.blocks.finish(reading.problems, file);
  if (!reading.problems.empty()) return tl::unexpected(std::move(reading.problems));
  return OpenedTable{
      std::make_shared<PatternTable>(std::move(reading.rules), std::move(name)), std::move(reading.warnings), {}};
}

}  // namespace lookup
