#include "lookup/ldap_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "lookup/address.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/expansion.hpp"

namespace lookup {

namespace {

constexpr std::size_t most_values = 100'000;  // what an expansion_limit of 0 means to memory

/// What the question of one key has to keep while its answers come in.
class LdapTableQuestion : public std::enable_shared_from_this<LdapTableQuestion> {
 public:
  LdapTableQuestion(std::shared_ptr<const LdapTableOptions> options,
                    std::shared_ptr<const std::vector<std::string>> attributes, Searcher& searcher,
                    std::string_view key, Table::Done done)
      : options_(std::move(options)),
        attributes_(std::move(attributes)),
        searcher_(searcher),
        key_(key),
        done_(std::move(done)) {}

  void start(std::string base, std::string filter) {
    SearchRequest request;
    request.base = std::move(base);
    request.scope = options_->scope;
    request.filter = std::move(filter);
    const bool made = has_expansions(options_->search_base);
    ask(std::move(request), 0, made);
  }

 private:
  void ask(SearchRequest request, int depth, bool may_be_missing) {
    if (fault_.is_unavailable()) return;
    if (depth > options_->recursion_limit) {
      return fail(Unavailable::too_many_results, fmt::format("nested deeper than {}", options_->recursion_limit));
    }
    request.attributes = attributes_;
    request.size_limit = options_->size_limit;
    ++open_;
    searcher_.search(std::move(request),
                     [self = shared_from_this(), depth, may_be_missing](const SearchResult& result) {
                       if (result.is_unavailable() && !(result.no_such_object && may_be_missing)) {
                         self->fail(result.reason, result.detail);
                       }
                       for (const auto& entry : result.entries) self->take(entry, depth);
                       self->close();
                     });
  }

  void take(const Entry& entry, int depth) {
    visited_.insert(normalised_dn(entry.name));
    bool terminal = false;
    for (const auto& name : options_->terminal_result_attribute) {
      for (const auto value : entry.values(name)) {
        terminal = true;
        add(value);
      }
    }
    if (terminal) return;
    bool is_leaf = true;
    for (const auto& name : options_->special_result_attribute) {
      for (const auto value : entry.values(name)) {
        is_leaf = false;
        follow(value, depth + 1);
      }
    }
    for (const auto& name : options_->result_attribute) {
      for (const auto value : entry.values(name)) add(value);
    }
    for (const auto& name : options_->leaf_result_attribute) {
      if (!is_leaf) break;
      for (const auto value : entry.values(name)) add(value);
    }
  }

  void follow(std::string_view target, int depth) {
    SearchRequest request;
    if (target.starts_with("ldap:///")) {
      // base?attributes?scope?filter of RFC 4516; the attributes are those of the table anyway.
      std::vector<std::string> parts(1);
      for (const char octet : target.substr(8)) {
        if (octet == '?') {
          parts.emplace_back();
        } else {
          parts.back() += octet;
        }
      }
      parts.resize(std::max<std::size_t>(parts.size(), 4));
      request.base = parts[0];
      request.scope = parts[2] == "sub" ? Scope::sub : parts[2] == "one" ? Scope::one : Scope::base;
      request.filter = parts[3].empty() ? "(objectClass=*)" : parts[3];
      if (!visited_.insert(std::string(target)).second) return;
    } else if (target.find("://") != std::string_view::npos) {
      return fail(Unavailable::malformed, fmt::format("\"{}\" leads to another server", target));
    } else {
      request.base = target;
      request.scope = Scope::base;
      request.filter = "(objectClass=*)";
      if (!visited_.insert(normalised_dn(target)).second) return;
    }
    ask(std::move(request), depth, true);
  }

  // Here %s %u %d are of the value, the capital ones and the digits of the key.
  std::optional<std::string> format(std::string_view value) const {
    if (options_->result_format == "%s") return std::string(value);
    const auto of_value = expansion_key(value);
    const auto of_key = expansion_key(key_);
    std::string out;
    const std::string_view text = options_->result_format;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%' || i + 1 == text.size()) {
        out += text[i];
        continue;
      }
      const char letter = text[++i];
      const bool small = letter == 's' || letter == 'u' || letter == 'd';
      const char asked[] = {'%', letter};
      if (!expand_into(out, {asked, 2}, small ? of_value : of_key, Quoting::none)) return std::nullopt;
    }
    return out;
  }

  void add(std::string_view value) {
    if (value.empty() || fault_.is_unavailable()) return;
    auto made = format(value);
    if (!made) return;
    if (!seen_.insert(*made).second) return;
    const auto limit =
        options_->expansion_limit > 0 ? static_cast<std::size_t>(options_->expansion_limit) : most_values;
    if (values_.size() == limit) return fail(Unavailable::too_many_results, fmt::format("more than {} values", limit));
    values_.push_back(std::move(*made));
  }

  void fail(Unavailable reason, std::string detail) {
    if (!fault_.is_unavailable()) fault_ = Answer::unavailable(reason, std::move(detail));
  }

  void close() {
    if (--open_ > 0) return;
    const auto done = std::move(done_);
    if (fault_.is_unavailable()) return done(std::move(fault_));
    done(values_.empty() ? Answer::absent() : Answer::found(std::move(values_)));
  }

  std::shared_ptr<const LdapTableOptions> options_;
  std::shared_ptr<const std::vector<std::string>> attributes_;
  Searcher& searcher_;
  std::string key_;
  Table::Done done_;
  std::unordered_set<std::string> visited_, seen_;
  std::vector<std::string> values_;
  Answer fault_;
  int open_ = 0;
};

class LdapTable final : public Table {
 public:
  LdapTable(std::string name, LdapTableOptions options, std::shared_ptr<Searcher> searcher)
      : name_(std::move(name)), searcher_(std::move(searcher)) {
    auto wanted = options.result_attribute;
    for (const auto* more :
         {&options.special_result_attribute, &options.leaf_result_attribute, &options.terminal_result_attribute}) {
      wanted.insert(wanted.end(), more->begin(), more->end());
    }
    attributes_ = std::make_shared<const std::vector<std::string>>(std::move(wanted));
    options_ = std::make_shared<const LdapTableOptions>(std::move(options));
  }

  std::optional<Answer> find_now(std::string_view key) const override {
    if (!is_asked(key)) return Answer::absent();
    return std::nullopt;
  }

  void ask(std::string_view key, Done done) override {
    if (!is_asked(key)) return done(Answer::absent());
    const auto parts = expansion_key(key);
    auto base = expand(options_->search_base, parts, Quoting::dn);
    auto filter = expand(options_->query_filter, parts, Quoting::filter);
    if (options_->search_base.empty()) base = std::string();
    if (!base || !filter) return done(Answer::absent());
    std::make_shared<LdapTableQuestion>(options_, attributes_, *searcher_, key, std::move(done))
        ->start(std::move(*base), std::move(*filter));
  }

  const std::string& name() const override { return name_; }

 private:
  /// With `domain` only full addresses of those domains are looked up.
  bool is_asked(std::string_view key) const {
    if (key.empty()) return false;
    if (options_->domain.empty() && options_->domain_tables.empty()) return true;
    const auto parts = expansion_key(key);
    if (parts.domain.empty() || parts.local.empty()) return false;
    const auto folded = ascii_lower(parts.domain);
    return std::any_of(options_->domain.begin(), options_->domain.end(),
                       [&](const std::string& domain) { return same_name(domain, folded); }) ||
           std::any_of(options_->domain_tables.begin(), options_->domain_tables.end(), [&](const auto& table) {
             const auto answer = table->find_now(folded);
             return answer && !answer->is_absent();
           });
  }

  std::string name_;
  std::shared_ptr<const LdapTableOptions> options_;
  std::shared_ptr<const std::vector<std::string>> attributes_;
  std::shared_ptr<Searcher> searcher_;
};

}  // namespace

std::unique_ptr<Table> make_ldap_table(std::string name, LdapTableOptions options, std::shared_ptr<Searcher> searcher) {
  return std::make_unique<LdapTable>(std::move(name), std::move(options), std::move(searcher));
}

}  // namespace lookup
