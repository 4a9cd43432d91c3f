#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// The user the daemon becomes. `changes` is false when it already runs as that user or may not become another.
struct ServiceUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  bool changes = false;
  std::string notice;  // for the log: why the configured user is not taken, or that root stays root
};

/// Looks the configured user up. The error is a sentence.
[[nodiscard]] tl::expected<ServiceUser, std::string> find_service_user(const config::RunAs& run_as);

/// Creates a folder and its missing parents, mode 0750, and gives it to the user. The error is a sentence.
[[nodiscard]] tl::expected<void, std::string> make_folder(const std::string& path, const ServiceUser& user);

/// Acts as the user for a scope, so that files made in it belong to him, while ports can still be bound afterwards.
/// Process-wide; use it before other threads matter.
class ActingAs {
 public:
  explicit ActingAs(const ServiceUser& user);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool acting_ = false;
};

/// Becomes the user for good. The error is a sentence.
[[nodiscard]] tl::expected<void, std::string> become(const ServiceUser& user);

}  // namespace gateway
