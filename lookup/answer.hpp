#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lookup {

/// Why a question could not be asked or its answer not be trusted. Each is temporary for mail: it becomes 4xx or a
/// retry, never "no such user".
enum class Unavailable : std::uint8_t {
  none,
  unreachable,           // no server answers
  timed_out,             // the time limit of the question is over
  rejected_credentials,  // the server refuses our bind
  malformed,             // the answer or the entry cannot be understood
  too_many_results,      // a size, expansion or recursion limit
  misconfigured,         // bad filter, missing search base, unreadable file
};

std::string_view to_string(Unavailable reason);

/// What a table, the directory or the DNS says about a key: found, absent, or unavailable.
///
/// "Absent" is an answer; "unavailable" is the lack of one. No code may read the second as the first.
/// `values` is not empty when found. `detail` is for the log and `explain`, never for the wire.
struct Answer {
  enum class Kind : std::uint8_t { absent, found, unavailable };

  Kind kind = Kind::absent;
  Unavailable reason = Unavailable::none;
  std::vector<std::string> values;
  std::string detail;

  static Answer absent() { return {}; }
  static Answer found(std::vector<std::string> values) {
    return {Kind::found, Unavailable::none, std::move(values), {}};
  }
  static Answer found(std::string value);
  static Answer unavailable(Unavailable reason, std::string detail) {
    return {Kind::unavailable, reason, {}, std::move(detail)};
  }

  bool is_found() const { return kind == Kind::found; }
  bool is_absent() const { return kind == Kind::absent; }
  bool is_unavailable() const { return kind == Kind::unavailable; }

  /// The values joined by ", ", as Postfix hands the several values of one key to its callers.
  std::string joined() const;

  bool operator==(const Answer&) const = default;
};

}  // namespace lookup
