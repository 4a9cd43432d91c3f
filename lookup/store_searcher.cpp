#include "lookup/store_searcher.hpp"

#include <fmt/core.h>

#include "lookup/packed_entry.hpp"

namespace lookup {

namespace {

// A server leaves out what was not asked for; callers may rely on it.
void keep_wanted(std::vector<Attribute>& attributes, const std::vector<std::string>& wanted) {
  std::erase_if(attributes, [&](const Attribute& attribute) {
    for (const auto& name : wanted) {
      if (name == "*" || same_name(name, without_options(attribute.name))) return false;
    }
    return true;
  });
}

}  // namespace

void StoreSearcher::search(SearchRequest request, Done done) {
  SearchResult result;
  const auto filter = parse_filter(request.filter);
  if (!filter) {
    result.reason = Unavailable::misconfigured;
    result.detail = fmt::format("filter {} at {}: {}", request.filter, filter.error().offset, filter.error().text);
    return done(std::move(result));
  }
  const auto take = [&](const EntryView& view) {
    if (request.size_limit > 0 && result.entries.size() == static_cast<std::size_t>(request.size_limit)) {
      result.reason = Unavailable::too_many_results;
      result.detail = fmt::format("more than {} entries for {}", request.size_limit, request.filter);
      return false;
    }
    auto& entry = result.entries.emplace_back();
    entry.name = view.dn();
    // Stores visit packed entries only.
    entry.attributes = static_cast<const PackedEntry&>(view).attributes();
    if (request.attributes) keep_wanted(entry.attributes, *request.attributes);
    return true;
  };
  if (!store_->search(request.base, request.scope, *filter, take)) {
    result.reason = Unavailable::misconfigured;
    result.no_such_object = true;
    result.detail = fmt::format("no entry at or below \"{}\"", request.base);
  }
  if (result.is_unavailable()) result.entries.clear();
  done(std::move(result));
}

}  // namespace lookup
