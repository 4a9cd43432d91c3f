#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lookup/directory.hpp"
#include "lookup/layout.hpp"
#include "lookup/searcher.hpp"

namespace lookup {

// The questions of a gateway, put to whatever finds entries. All belong to the searcher's loop; `searcher` must outlive
// them; `done` is called once.

/// Who receives mail for `address`? An address without local part asks for the domain's wildcard alone.
void search_recipient(std::shared_ptr<const Layout> layout, Searcher& searcher, const Address& address,
                      std::function<void(DirectoryAnswer)> done);

/// Turns the entries that a recipient's filter gave into the answer, except for groups: there `is_group` is set and the
/// members are not yet known.
DirectoryAnswer read_recipients(const Layout& layout, const std::vector<const EntryView*>& entries,
                                const Address& address);

/// The key of an address for filters: "local@domain", or "@domain".
std::string address_key(const Address& address);

/// Whose login is this? More than one entry is unavailable. `passwords` are its userPassword values.
void search_login(std::shared_ptr<const Layout> layout, Searcher& searcher, const std::string& login,
                  std::function<void(DirectoryAnswer, std::vector<std::string> passwords)> done);

/// May `login` send as `sender`?
void search_sender(std::shared_ptr<const Layout> layout, Searcher& searcher, const std::string& login,
                   const Address& sender, std::function<void(Answer)> done);

}  // namespace lookup
