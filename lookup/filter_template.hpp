#pragma once

#include <string_view>

#include "lookup/expansion.hpp"
#include "lookup/filter.hpp"

namespace lookup {

/// A filter whose values have expansions: read once, then filled for one key after the other in the same storage. The
/// values go into the tree itself, so there is nothing that a key could break out of. Not for several threads.
class FilterTemplate {
 public:
  /// A text that is no filter gives a template that is never filled.
  explicit FilterTemplate(std::string_view text);

  /// The filter for `key`, valid until the next call; nullptr when a value is missing, as in expand().
  const Filter* fill(const ExpansionKey& key);

 private:
  bool valid_ = false;
  Filter pattern_, filled_;
};

}  // namespace lookup
