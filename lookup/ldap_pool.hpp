#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lookup/directory_observer.hpp"
#include "lookup/ldap_options.hpp"
#include "lookup/searcher.hpp"

namespace asio {
class io_context;
}

namespace lookup {

/// Searches an LDAP server without blocking the event loop: one pipelined connection, with fail-over to the next
/// server.
///
/// Connecting runs in a worker thread and starts with the first search (or connect()). A lost connection is replaced
/// and its searches asked once more. While no server answers, searches fail at once and a probe runs each second;
/// refused credentials are tried again more slowly, so that a typing error does not lock the account. When the
/// preferred server is back, new searches go there. Ranged attributes (Active Directory's "member;range=0-1499") are
/// read to the end. Destruction waits for the worker, at most one connect timeout.
class LdapPool final : public Searcher {
 public:
  /// `loop` and `observer` (may be null) must outlive the pool.
  LdapPool(LdapOptions options, asio::io_context& loop, DirectoryObserver* observer = nullptr);
  ~LdapPool() override;

  void search(SearchRequest request, Done done) override;

  /// Connects ahead of the first search.
  void connect();

  enum class State : std::uint8_t { idle, connecting, up, down };
  State state() const;

  /// The server in use, or "".
  std::string_view server() const;

 private:
  class Engine;
  std::shared_ptr<Engine> engine_;
};

}  // namespace lookup
