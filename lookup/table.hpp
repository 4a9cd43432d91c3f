#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lookup/answer.hpp"

namespace lookup {

/// A lookup table: one key in, one answer out. Which keys are tried for an address, in which order, is the caller's
/// business (policy/access_keys, gateway/resolve); a table never splits a key.
///
/// In-memory tables (inline, file, cidr, pcre, lmdb, ...) are immutable, shared by all threads and answer by
/// find_now(). Tables that must ask somebody (ldap) belong to one event loop, return nullopt from find_now() unless
/// their cache knows, and answer by ask().
class Table {
 public:
  using Done = std::function<void(Answer)>;

  virtual ~Table() = default;

  /// The answer, if it can be given without waiting.
  virtual std::optional<Answer> find_now(std::string_view key) const = 0;

  /// Calls `done` exactly once, on the loop that the table belongs to, within the table's own time limit. The default
  /// answers from find_now() before it returns. The table must outlive the question.
  virtual void ask(std::string_view key, Done done);

  /// True for pcre, regexp and cidr: asked once with the whole string instead of once for each partial key.
  virtual bool takes_whole_key() const { return false; }

  /// How the table is named in logs and by `explain`: "file:/etc/gatepost/white", "ldap:people".
  virtual const std::string& name() const = 0;
};

}  // namespace lookup
