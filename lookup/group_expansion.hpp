#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lookup/directory.hpp"
#include "lookup/layout.hpp"
#include "lookup/searcher.hpp"

namespace lookup {

/// Finds the members of a group through all its inner groups: members by DN, by address, and entries that name the
/// group themselves. Every entry is visited once, so cycles end; every address is kept once; depth and number are
/// bounded.
///
/// `done` gets the addresses, or unavailable: a member that cannot be read now would otherwise lose its mail. A member
/// whose DN does not exist, or that has no address, is left out. `searcher` must outlive the expansion.
void expand_group(std::shared_ptr<const Layout> layout, Searcher& searcher, Entry group, const Address& address,
                  std::function<void(Answer)> done);

}  // namespace lookup
