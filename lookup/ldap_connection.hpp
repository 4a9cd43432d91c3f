#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lookup/ldap_message.hpp"
#include "lookup/ldap_session.hpp"
#include "lookup/searcher.hpp"

namespace asio {
class io_context;
}

namespace lookup {

/// A search on its way: what was asked, by when, and what came so far.
struct LdapQuestion {
  using Clock = std::chrono::steady_clock;

  SearchRequest request;
  Searcher::Done done;
  Clock::time_point asked, deadline;
  int losses = 0;  // connections that broke under it
  SearchResult result;
  std::string cookie;  // of the page to ask for next
  std::optional<RangedAttribute> range;
};

/// One bound connection with many searches outstanding. Belongs to one event loop; never blocks.
///
/// Must be owned by a shared_ptr. After `lost` was called, or close(), it does nothing more.
class LdapConnection : public std::enable_shared_from_this<LdapConnection> {
 public:
  using Questions = std::vector<std::unique_ptr<LdapQuestion>>;

  struct Events {
    std::function<void(std::unique_ptr<LdapQuestion>)> answered;  // its result is complete
    std::function<void(LdapFault, Questions unanswered)> lost;
  };

  LdapConnection(LdapHandle session, asio::io_context& loop, std::string server, Events events);
  ~LdapConnection();

  void start();

  /// Sends the next request of a question. A question that cannot be sent is answered with the reason.
  void send(std::unique_ptr<LdapQuestion> question);

  /// Abandons what is late and returns it. True in `silent` when the server has said nothing at all for as long as one
  /// of them waited.
  Questions take_late(LdapQuestion::Clock::time_point now, bool& silent);

  /// The earliest deadline of what is outstanding.
  LdapQuestion::Clock::time_point next_deadline() const;

  /// Ends the connection without calling anybody; returns what is unanswered.
  Questions close();

  std::size_t outstanding() const;
  const std::string& server() const { return server_; }

 private:
  struct Wire;
  void wait();
  void read();
  void answer(ldapmsg* message);
  void lose(LdapFault fault);

  std::unique_ptr<Wire> wire_;
  std::string server_;
  Events events_;
};

}  // namespace lookup
