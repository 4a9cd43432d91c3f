#include "gateway/provision/known_mailboxes.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace gateway {

namespace {

using nlohmann::json;

std::string hex(std::string_view octets) {
  std::string text;
  for (const char octet : octets) text += fmt::format("{:02x}", static_cast<unsigned char>(octet));
  return text;
}

std::string octets_of(std::string_view text) {
  std::string octets;
  const auto digit = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    octets += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return octets;
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

tl::expected<KnownMailboxes, std::string> read_known_mailboxes(const std::string& path) {
  KnownMailboxes known;
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT) return known;
    return tl::unexpected(path + ": " + std::strerror(errno));
  }
  const auto content = json::parse(file, nullptr, false);
  if (!content.is_object()) return tl::unexpected(path + ": damaged");
  for (const auto& [id, value] : content.items()) {
    const auto text = [&value](const char* name) {
      const auto place = value.find(name);
      return value.is_object() && place != value.end() && place->is_string() ? place->get<std::string>()
                                                                             : std::string();
    };
    if (!is_hex(id) || !value.is_object() || text("path").empty()) return tl::unexpected(path + ": damaged");
    known[octets_of(id)] = {text("dn"), text("path")};
  }
  return known;
}

tl::expected<void, std::string> write_known_mailboxes(const std::string& path, const KnownMailboxes& known) {
  auto content = json::object();
  for (const auto& [id, mailbox] : known) content[hex(id)] = {{"dn", mailbox.dn}, {"path", mailbox.path}};
  const auto text = content.dump(1, '\t', false, json::error_handler_t::replace) + "\n";
  const auto fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return tl::unexpected(fresh + ": " + std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written || std::rename(fresh.c_str(), path.c_str()) != 0)
    return tl::unexpected(path + ": " + std::strerror(written ? errno : error));
  return {};
}

}  // namespace gateway
