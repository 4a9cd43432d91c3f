#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "lookup/ldap_session.hpp"

namespace asio {
class io_context;
}

namespace lookup {

/// Runs blocking libldap calls in threads of its own, each with a deadline. Belongs to one event loop.
class LdapWorkers {
 public:
  /// Returned: the call came back and its results may be read. Overdue: it was cut and may still be running, so nothing
  /// it touches may be read.
  enum class Outcome : bool { overdue, returned };

  /// At most `most` calls are taken at once; `loop` must outlive the workers.
  LdapWorkers(asio::io_context& loop, std::size_t threads, std::size_t most);

  /// Cuts what is running, answers it with overdue and waits for the threads.
  ~LdapWorkers();

  /// Runs `call` in a thread and then `done` on the loop, exactly once. False, without calling either, when there is no
  /// room. What `call` touches must be owned by it.
  bool run(std::chrono::milliseconds limit, std::function<void(LdapCutter&)> call, std::function<void(Outcome)> done);

 private:
  struct Crew;
  std::shared_ptr<Crew> crew_;
};

}  // namespace lookup
