#include "lookup/group_expansion.hpp"

#include <fmt/core.h>

#include <unordered_set>

#include "lookup/distinguished_name.hpp"
#include "lookup/expansion.hpp"

namespace lookup {

namespace {

class GroupExpansion : public std::enable_shared_from_this<GroupExpansion> {
 public:
  GroupExpansion(std::shared_ptr<const Layout> layout, Searcher& searcher, std::string domain,
                 std::function<void(Answer)> done)
      : layout_(std::move(layout)), searcher_(searcher), domain_(std::move(domain)), done_(std::move(done)) {}

  void start(const Entry& group, const std::string& address) {
    ++open_;
    visited_.insert(normalised_dn(group.name));
    asked_.insert(folded_value(address));
    open_group(group, address, 0);
    close();
  }

 private:
  const Preset::Group& rules() const { return layout_->preset().group; }

  void open_group(const EntryView& group, const std::string& address, int depth) {
    for (const auto& attribute : rules().members) {
      for (const auto dn : group.values(attribute)) ask_member(dn, depth);
    }
    for (const auto& attribute : rules().member_addresses) {
      for (const auto member : group.values(attribute)) take_address(member, depth);
    }
    if (!rules().inverse.empty() && !address.empty()) ask_namers(address, depth);
  }

  void ask_member(std::string_view dn, int depth) {
    if (!visited_.insert(normalised_dn(dn)).second) return;
    SearchRequest request;
    request.base = dn;
    request.scope = Scope::base;
    request.filter = "(objectClass=*)";
    ask(std::move(request), depth,
        [](GroupExpansion& self, const Entry& entry, int level) { self.take(entry, level); });
  }

  void ask_namers(const std::string& address, int depth) {
    const auto filter = expand(rules().inverse, expansion_key(address), Quoting::filter);
    if (!filter) return;
    SearchRequest request;
    request.base = layout_->search_base();
    request.filter = *filter;
    request.page_size = layout_->preset().page_size;
    ask(std::move(request), depth, [](GroupExpansion& self, const Entry& entry, int level) {
      if (self.visited_.insert(normalised_dn(entry.name)).second) self.take(entry, level);
    });
  }

  // An address among the members may be another group of this directory.
  void take_address(std::string_view member, int depth) {
    std::string address(member);
    if (address.find('@') == std::string::npos && !domain_.empty()) address += "@" + domain_;
    const auto at = address.rfind('@');
    const bool here = at != std::string::npos && same_name(std::string_view(address).substr(at + 1), domain_);
    const bool nested = here && rules().nested != Preset::Nested::none && !rules().filter.empty();
    const auto filter = nested ? expand(rules().filter, expansion_key(address), Quoting::filter) : std::nullopt;
    if (!filter) return add(address);
    if (!asked_.insert(folded_value(address)).second) return;
    SearchRequest request;
    request.base = layout_->search_base();
    request.filter = *filter;
    request.attributes = layout_->attributes();
    if (!may_ask(depth)) return;
    ++open_;
    searcher_.search(std::move(request), [self = shared_from_this(), address, depth](const SearchResult& result) {
      if (result.is_unavailable() && !result.no_such_object) {
        self->fail(result.reason, result.detail);
      } else if (result.entries.empty()) {
        self->add(address);
      }
      for (const auto& entry : result.entries) {
        if (self->visited_.insert(normalised_dn(entry.name)).second) self->open_group(entry, address, depth + 1);
      }
      self->close();
    });
  }

  template <typename Take>
  void ask(SearchRequest request, int depth, Take take_entry) {
    if (!may_ask(depth)) return;
    request.attributes = layout_->attributes();
    ++open_;
    searcher_.search(std::move(request), [self = shared_from_this(), depth, take_entry](const SearchResult& result) {
      if (result.is_unavailable() && !result.no_such_object) self->fail(result.reason, result.detail);
      for (const auto& entry : result.entries) take_entry(*self, entry, depth);
      self->close();
    });
  }

  bool may_ask(int depth) {
    if (fault_.is_unavailable()) return false;
    if (depth >= rules().depth) {
      fail(Unavailable::too_many_results, fmt::format("groups are nested deeper than {}", rules().depth));
    } else if (++questions_ > 2 * rules().limit) {
      fail(Unavailable::too_many_results, fmt::format("more than {} members", rules().limit));
    }
    return !fault_.is_unavailable();
  }

  void take(const Entry& entry, int depth) {
    const auto own =
        layout_->addresses(entry, rules().leaf.empty() ? layout_->preset().recipient.addresses : rules().leaf);
    bool group = layout_->looks_like_group(entry);
    for (const auto& attribute : rules().members) group = group || !entry.values(attribute).empty();
    if (group && rules().nested == Preset::Nested::dn) {
      return open_group(entry, own.empty() ? std::string() : own.front(), depth + 1);
    }
    if (layout_->is_disabled(entry) && !layout_->preset().disabled.receive) return;
    if (!own.empty()) add(own.front());
  }

  void add(const std::string& address) {
    if (address.find('@') == std::string::npos ||
        address.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return;
    if (!seen_.insert(folded_value(address)).second) return;
    if (members_.size() >= static_cast<std::size_t>(rules().limit)) {
      return fail(Unavailable::too_many_results, fmt::format("more than {} members", rules().limit));
    }
    members_.push_back(address);
  }

  void fail(Unavailable reason, std::string detail) {
    if (!fault_.is_unavailable()) fault_ = Answer::unavailable(reason, std::move(detail));
  }

  void close() {
    if (--open_ > 0) return;
    auto done = std::move(done_);
    if (fault_.is_unavailable()) return done(std::move(fault_));
    Answer answer = Answer::absent();
    if (!members_.empty()) answer = Answer::found(std::move(members_));
    done(std::move(answer));
  }

  std::shared_ptr<const Layout> layout_;
  Searcher& searcher_;
  std::string domain_;
  std::function<void(Answer)> done_;
  std::unordered_set<std::string> visited_, asked_, seen_;
  std::vector<std::string> members_;
  Answer fault_;
  int open_ = 0;
  int questions_ = 0;
};

}  // namespace

void expand_group(std::shared_ptr<const Layout> layout, Searcher& searcher, Entry group, const Address& address,
                  std::function<void(Answer)> done) {
  const auto text = address.local + "@" + address.domain;
  std::make_shared<GroupExpansion>(std::move(layout), searcher, address.domain, std::move(done))->start(group, text);
}

}  // namespace lookup
