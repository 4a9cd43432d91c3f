#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lookup/answer.hpp"
#include "lookup/entry.hpp"

namespace lookup {

enum class Scope : std::uint8_t { base, one, sub };

struct SearchRequest {
  std::string base;
  Scope scope = Scope::sub;
  std::string filter;
  std::shared_ptr<const std::vector<std::string>> attributes;  // null: all
  int size_limit = 0;                                          // entries; more is too_many_results; 0: none
  int page_size = 0;                                           // 0: one answer, else RFC 2696 pages
  std::chrono::milliseconds timeout{0};                        // 0: the searcher's own
};

struct SearchResult {
  Unavailable reason = Unavailable::none;
  std::string detail;           // private: why it is unavailable
  bool no_such_object = false;  // the base does not exist (then also unavailable, misconfigured)
  std::vector<Entry> entries;
  std::string server;  // that answered

  bool is_unavailable() const { return reason != Unavailable::none; }
};

/// Finds entries: a live LDAP server or a store in memory.
///
/// Belongs to one event loop. `done` is called exactly once on that loop within the time limit, possibly before the
/// call returns. The searcher must outlive its questions; destroying it answers them with unavailable.
class Searcher {
 public:
  using Done = std::function<void(SearchResult)>;

  virtual ~Searcher() = default;
  virtual void search(SearchRequest request, Done done) = 0;
};

}  // namespace lookup
