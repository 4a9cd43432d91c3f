#include "gateway/privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace gateway {

namespace {

std::string system_error(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

}  // namespace

tl::expected<ServiceUser, std::string> find_service_user(const config::RunAs& run_as) {
  ServiceUser result;
  result.uid = ::geteuid();
  result.gid = ::getegid();
  const bool is_root = result.uid == 0;
  if (run_as.user.empty()) {
    if (is_root) result.notice = "running as root: set run_as, so that what reads the network has no privileges";
    return result;
  }
  const auto* user = ::getpwnam(run_as.user.c_str());
  if (user == nullptr) {
    if (is_root) return tl::unexpected("run_as: no user \"" + run_as.user + "\"");
    result.notice = "run_as " + run_as.user + " is ignored: only root can become another user";
    return result;
  }
  if (!is_root) {
    if (user->pw_uid != result.uid)
      result.notice = "run_as " + run_as.user + " is ignored: only root can become another user";
    return result;
  }
  result.name = run_as.user;
  result.uid = user->pw_uid;
  result.gid = user->pw_gid;
  result.changes = user->pw_uid != 0;
  if (!run_as.group.empty()) {
    const auto* group = ::getgrnam(run_as.group.c_str());
    if (group == nullptr) return tl::unexpected("run_as: no group \"" + run_as.group + "\"");
    result.gid = group->gr_gid;
  }
  return result;
}

tl::expected<void, std::string> make_folder(const std::string& path, const ServiceUser& user) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    const bool made = ::mkdir(part.c_str(), 0750) == 0;
    if (!made && errno != EEXIST) return tl::unexpected(system_error("cannot create " + part));
    const bool last = slash == std::string::npos;
    // Only folders of ours change hands: one that was just made, or the very one that is configured.
    if (user.changes && (made || last) && ::lchown(part.c_str(), user.uid, user.gid) != 0)
      return tl::unexpected(system_error("cannot hand over " + part));
    if (last) return {};
  }
}

ActingAs::ActingAs(const ServiceUser& user) {
  if (!user.changes) return;
  acting_ = ::setegid(user.gid) == 0 && ::seteuid(user.uid) == 0;
}

ActingAs::~ActingAs() {
  if (!acting_) return;
  // A process that cannot come back to where it was must not go on with half an identity.
  if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
}

tl::expected<void, std::string> become(const ServiceUser& user) {
  if (!user.changes) return {};
  if (::initgroups(user.name.c_str(), user.gid) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0)
    return tl::unexpected(system_error("cannot become " + user.name));
  if (::setuid(0) == 0) return tl::unexpected(std::string("privileges could be taken back"));
  return {};
}

}  // namespace gateway
