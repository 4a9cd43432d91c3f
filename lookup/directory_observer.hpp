#pragma once

#include <cstdint>
#include <string_view>

#include "lookup/directory.hpp"

namespace lookup {

/// The questions that a directory answers, as metric labels.
enum class DirectoryQuery : std::uint8_t { recipient, group, login, sender };
std::string_view to_string(DirectoryQuery query);

enum class LdapOperation : std::uint8_t { bind, search, sync };
std::string_view to_string(LdapOperation operation);

/// Is told what one directory does, for metrics. Called on the loop of the directory; several loops may share one
/// observer, so it must be safe from any thread. It must outlive the directory.
class DirectoryObserver {
 public:
  virtual ~DirectoryObserver() = default;

  virtual void looked_up(DirectoryQuery query, Source source, Answer::Kind result) = 0;

  /// `result` is "success" or to_string(Unavailable): a closed set.
  virtual void operated(LdapOperation operation, std::string_view result, double seconds) = 0;

  /// The cache of one loop grew or shrank by so many entries; `evicted` of them were thrown out for want of room.
  virtual void cached(int change, unsigned evicted) = 0;

  /// `server` as configured.
  virtual void server_changed(std::string_view server, bool up) = 0;
};

}  // namespace lookup
