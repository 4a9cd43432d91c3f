#include "lookup/distinguished_name.hpp"
#include "lookup/expansion.hpp"
#include "lookup/filter.hpp"
#include "lookup/replica_feed.hpp"

namespace lookup {

namespace {

class Names {
 public:
  void add(std::string_view name) {
    const auto same = [&](const std::string& other) { return same_name(other, name); };
    if (name.empty() || same_name(name, "userPassword") || same_name(name, "1.1")) return;
    if (std::none_of(names.begin(), names.end(), same)) names.emplace_back(name);
  }

  void add_all(const std::vector<std::string>& list) {
    for (const auto& name : list) add(name);
  }

  void add_filter(const std::string& text) {
    const auto filled = expand(text, expansion_key("a@b.c", "login"), Quoting::filter);
    const auto filter = filled ? parse_filter(*filled) : parse_filter(text);
    std::vector<std::string> read;
    if (filter) collect_attributes(*filter, read);
    add_all(read);
  }

  std::vector<std::string> names;
};

void add_owner(const Preset& preset, Names& names) {
  const auto& owner = preset.sender_owner;
  if (owner.starts_with('(')) return names.add_filter(owner);
  for (std::size_t at = 0; at < owner.size();) {
    const auto end = std::min(owner.find_first_of(", ", at), owner.size());
    names.add(std::string_view(owner).substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

SearchRequest replica_search(const Layout& layout) {
  const auto& preset = layout.preset();
  Names wanted, telling;
  wanted.add_all(*layout.attributes());
  for (const auto* filter :
       {&preset.recipient.wildcard, &preset.group.inverse, &preset.auth.user_filter, &preset.disabled.filter})
    wanted.add_filter(*filter);
  add_owner(preset, wanted);
  wanted.add_all(preset.sender_delegates);
  // An entry is found by an attribute that a filter compares with the question, or as a member that has an address:
  // whoever has none of these cannot be an answer.
  telling.add_all(layout.indexed());
  telling.add_all(preset.recipient.addresses);
  telling.add_all(preset.group.leaf);
  telling.add_all(preset.group.members);
  telling.add_all(preset.group.member_addresses);
  add_owner(preset, telling);
  SearchRequest request;
  request.base = layout.search_base();
  request.filter = "(|";
  for (const auto& name : telling.names) request.filter += "(" + name + "=*)";
  request.filter += ")";
  if (telling.names.empty()) request.filter = "(objectClass=*)";
  request.page_size = preset.page_size > 0 ? preset.page_size : 1000;
  request.attributes = std::make_shared<const std::vector<std::string>>(std::move(wanted.names));
  return request;
}

std::string replica_fingerprint(const ReplicaOptions& options, const SearchRequest& search) {
  std::string text = fmt::format("1 {} {} {}", to_string(options.mode), normalised_dn(search.base), search.filter);
  for (const auto& name : *search.attributes) text += " " + name;
  return text;
}

}  // namespace lookup
