#pragma once

#include <memory>

#include "lookup/entry_store.hpp"
#include "lookup/searcher.hpp"

namespace lookup {

/// Answers searches from a store in memory, before search() returns.
class StoreSearcher final : public Searcher {
 public:
  explicit StoreSearcher(std::shared_ptr<const EntryStore> store) : store_(std::move(store)) {}

  void search(SearchRequest request, Done done) override;

 private:
  std::shared_ptr<const EntryStore> store_;
};

}  // namespace lookup
