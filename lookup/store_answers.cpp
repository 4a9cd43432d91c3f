#include "lookup/store_answers.hpp"

#include "lookup/directory_search.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/expansion.hpp"

namespace lookup {

StoreAnswers::StoreAnswers(std::shared_ptr<const Layout> layout, std::shared_ptr<const EntryStore> store)
    : layout_(std::move(layout)),
      store_(std::move(store)),
      base_(normalised_dn(layout_->search_base())),
      searcher_(store_),
      recipient_(layout_->preset().recipient.filter),
      wildcard_(layout_->preset().recipient.wildcard),
      group_(layout_->preset().group.filter) {}

DirectoryAnswer StoreAnswers::recipient(const Address& address) {
  const auto& preset = layout_->preset();
  const auto key = address_key(address);
  const auto parts = expansion_key(key);
  const bool wildcard = address.local.empty();
  DirectoryAnswer answer;
  const auto* filter = wildcard ? wildcard_.fill(parts) : recipient_.fill(parts);
  if (filter == nullptr) return answer;
  // A person is read in place, without a copy; a group, or whatever is not simple, takes the longer way.
  bool simple = true;
  const bool known = store_->search_normal(base_, Scope::sub, *filter, [&](const EntryView& entry) {
    simple = answer.is_absent() && !layout_->looks_like_group(entry);
    if (simple) answer = read_recipients(*layout_, {&entry}, address);
    return simple;
  });
  if (simple && known && answer.is_absent() && !wildcard) {
    const auto* group = group_.fill(parts);
    if (group != nullptr) {
      store_->search_normal(base_, Scope::sub, *group, [&](const EntryView&) { return simple = false; });
    }
    simple = simple && preset.group.inverse.empty();
  }
  if (simple && known) {
    expand_into(answer.filter, wildcard ? preset.recipient.wildcard : preset.recipient.filter, parts, Quoting::filter);
  } else {
    search_recipient(layout_, searcher_, address, [&](DirectoryAnswer whole) { answer = std::move(whole); });
  }
  return answer;
}

}  // namespace lookup
