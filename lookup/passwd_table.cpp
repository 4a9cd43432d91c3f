#include "lookup/passwd_table.hpp"

#include <fmt/core.h>
#include <pwd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace lookup {

namespace {

constexpr std::size_t longest_login = 255;
constexpr std::size_t first_room = 4096, most_room = 1 << 20;

// getpwnam(3) lists these as other ways to say "no such user".
bool means_absent(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

}  // namespace

std::optional<Answer> PasswdTable::find_now(std::string_view key) const {
  if (key.empty() || key.size() > longest_login || key.find('\0') != std::string_view::npos) return Answer::absent();
  const std::string login(key);
  std::vector<char> room(first_room);
  struct passwd user {};
  struct passwd* found = nullptr;
  int error = 0;
  while ((error = ::getpwnam_r(login.c_str(), &user, room.data(), room.size(), &found)) == ERANGE) {
    if (room.size() >= most_room) break;
    room.resize(room.size() * 2);
  }
  if (found == nullptr) {
    if (means_absent(error)) return Answer::absent();
    return Answer::unavailable(Unavailable::unreachable, fmt::format("name service: {}", std::strerror(error)));
  }
  return Answer::found(fmt::format("{}:{}:{}:{}:{}:{}:{}", user.pw_name, user.pw_passwd, user.pw_uid, user.pw_gid,
                                   user.pw_gecos, user.pw_dir, user.pw_shell));
}

}  // namespace lookup
