#include "gateway/resolve/mailbox_path.hpp"

namespace gateway {

namespace {

// A value that becomes one path component: a local part may hold slashes and dots, a component may not.
bool is_component(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && text.find('/') == std::string_view::npos;
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

/// Joins what lies between slashes; nullopt for "..".
tl::expected<std::string, std::string> normal(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return tl::unexpected(std::string("path climbs with \"..\""));
    result += '/';
    result += part;
  }
  return result;
}

}  // namespace

tl::expected<std::string, std::string> mailbox_path(const config::Mailboxes& mailboxes,
                                                    const lookup::Address& recipient, std::string_view home) {
  if (mailboxes.base.empty()) return tl::unexpected(std::string("mailboxes.base is not configured"));
  const std::string user = lookup::ascii_lower(recipient.local);
  const std::string domain = lookup::ascii_lower(recipient.domain);
  std::string path;
  std::string_view rest = mailboxes.path;
  while (!rest.empty()) {
    const auto open = rest.find("%{");
    path += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    rest.remove_prefix(open + 2);
    const auto name = rest.substr(0, rest.find('}'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (name == "home") {
      if (home.empty()) return tl::unexpected(std::string("the entry has no home directory"));
      path += home;
      continue;
    }
    const std::string value = name == "user" ? user : name == "domain" ? domain : user + "@" + domain;
    if (!is_component(value)) return tl::unexpected("\"" + value + "\" cannot be part of a path");
    path += value;
  }
  if (has_control(path)) return tl::unexpected(std::string("path holds control characters"));
  if (path.size() > 4000) return tl::unexpected(std::string("path is too long"));
  if (path.empty() || path.front() != '/') path.insert(0, mailboxes.base + "/");
  auto result = normal(path);
  if (!result) return result;
  const auto base = normal(mailboxes.base);
  if (!base) return base;
  if (!result->starts_with(*base + "/") && *base != "")
    return tl::unexpected("path " + *result + " lies outside mailboxes.base");
  if (result->size() <= base->size() + 1) return tl::unexpected(std::string("path is mailboxes.base itself"));
  return *result + "/";
}

}  // namespace gateway
