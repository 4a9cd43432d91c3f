#include "lookup/cidr_table.hpp"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "lookup/address.hpp"
#include "lookup/ip_address.hpp"
#include "lookup/rule_blocks.hpp"
#include "lookup/table_text.hpp"

namespace lookup {

namespace {

struct Rule {
  Network network;
  bool negated = false;
  std::size_t skip_to = 0;  // of an if: where to go on when it does not match; 0 for a rule with a value
  std::string value;

  bool matches(const IpAddress& address) const { return network.contains(address) != negated; }
};

class CidrTable final : public Table {
 public:
  CidrTable(std::vector<Rule> rules, std::string name) : rules_(std::move(rules)), name_(std::move(name)) {}

  std::optional<Answer> find_now(std::string_view key) const override {
    const auto address = parse_ip(key);
    if (!address) return Answer::absent();
    for (std::size_t at = 0; at < rules_.size();) {
      const Rule& rule = rules_[at];
      const bool matches = rule.matches(*address);
      if (rule.skip_to != 0) {
        at = matches ? at + 1 : rule.skip_to;
      } else if (matches) {
        return Answer::found(rule.value);
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

std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

// The commonest mistake has an answer: 10.0.0.1/8 was meant to be 10.0.0.0/8.
std::string explain_bad_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto host = parse_ip(text.substr(0, slash));
  if (host && slash != std::string_view::npos) {
    for (int prefix = 0; prefix <= (host->is_v6 ? 128 : 32); ++prefix) {
      if (fmt::format("{}", prefix) != text.substr(slash + 1)) continue;
      Network network{*host, prefix};
      for (int bit = prefix; bit < 128; ++bit) {
        network.base.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
      }
      return fmt::format("\"{}\" has host bits set: perhaps {} is meant", text, network.to_string());
    }
  }
  return fmt::format("\"{}\" is no network (192.0.2.0/24, 2001:db8::/32)", text);
}

tl::expected<Rule, std::string> read_rule(std::string_view text) {
  Rule rule;
  while (!text.empty() && text.front() == '!') {
    rule.negated = !rule.negated;
    text = trimmed(text.substr(1));
  }
  const std::string_view word = take_word(text);
  const auto network = parse_network(word);
  if (!network) return tl::unexpected(explain_bad_network(word));
  rule.network = *network;
  rule.value = text;
  return rule;
}

}  // namespace

TableResult read_cidr_table(std::string_view text, std::string name, const std::string& file) {
  std::vector<Rule> rules;
  TableProblems problems, warnings;
  RuleBlocks blocks;
  TableText lines(text);
  TableLine line;
  while (lines.next(line)) {
    std::string_view rest = trimmed(line.text);
    std::string_view after_word = rest;
    const std::string word = ascii_lower(take_word(after_word));
    if (word == "endif") {
      std::size_t opened = 0;
      if (!blocks.close(opened)) {
        problems.push_back({line.number, "endif without if", file});
      } else {
        rules[opened].skip_to = rules.size();
      }
      if (!after_word.empty()) warnings.push_back({line.number, "text after endif is ignored", file});
      continue;
    }
    const bool is_if = word == "if";
    auto rule = read_rule(is_if ? after_word : rest);
    if (!rule) {
      problems.push_back({line.number, rule.error(), file});
      rule = Rule{};  // keeps if and endif balanced
    } else if (is_if != rule->value.empty()) {
      if (is_if) {
        warnings.push_back({line.number, "text after the network of if is ignored", file});
      } else {
        problems.push_back({line.number, "expected: network, white space, result", file});
      }
    }
    if (is_if) blocks.open(rules.size(), line.number);
    rules.push_back(std::move(*rule));
  }
  blocks.finish(problems, file);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return OpenedTable{std::make_shared<CidrTable>(std::move(rules), std::move(name)), std::move(warnings), {}};
}

}  // namespace lookup
