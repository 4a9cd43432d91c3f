#include "lookup/filter_template.hpp"

namespace lookup {

namespace {

bool fill_text(const std::string& pattern, std::string& filled, const ExpansionKey& key) {
  if (!has_expansions(pattern)) return true;
  filled.clear();
  return expand_into(filled, pattern, key, Quoting::none);
}

bool fill_filter(const Filter& pattern, Filter& filled, const ExpansionKey& key) {
  if (!fill_text(pattern.value, filled.value, key)) return false;
  for (std::size_t i = 0; i < pattern.pieces.size(); ++i) {
    if (!fill_text(pattern.pieces[i], filled.pieces[i], key)) return false;
  }
  for (std::size_t i = 0; i < pattern.parts.size(); ++i) {
    if (!fill_filter(pattern.parts[i], filled.parts[i], key)) return false;
  }
  return true;
}

}  // namespace

FilterTemplate::FilterTemplate(std::string_view text) {
  auto read = parse_filter(text);
  if (!read) return;
  valid_ = true;
  pattern_ = std::move(*read);
  filled_ = pattern_;
}

const Filter* FilterTemplate::fill(const ExpansionKey& key) {
  return valid_ && fill_filter(pattern_, filled_, key) ? &filled_ : nullptr;
}

}  // namespace lookup
