#pragma once

#include <memory>
#include <string>

#include "lookup/directory.hpp"
#include "lookup/entry_store.hpp"
#include "lookup/filter_template.hpp"
#include "lookup/layout.hpp"
#include "lookup/store_searcher.hpp"

namespace lookup {

/// The answers that a store in memory has to the questions of a gateway, in the words of a layout. Belongs to one loop.
class StoreAnswers {
 public:
  StoreAnswers(std::shared_ptr<const Layout> layout, std::shared_ptr<const EntryStore> store);

  /// Who receives mail for `address`? Source and server are for the caller to fill.
  DirectoryAnswer recipient(const Address& address);

  /// For search_login() and search_sender(), which then answer before they return.
  StoreSearcher& searcher() { return searcher_; }
  const std::shared_ptr<const Layout>& layout() const { return layout_; }

 private:
  std::shared_ptr<const Layout> layout_;
  std::shared_ptr<const EntryStore> store_;
  std::string base_;
  StoreSearcher searcher_;
  FilterTemplate recipient_, wildcard_, group_;
};

}  // namespace lookup
