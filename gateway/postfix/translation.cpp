#include "gateway/postfix/translation.hpp"

#include <fmt/core.h>
#include <netdb.h>

#include <charconv>
#include <filesystem>

namespace gateway::postfix {

std::string Translation::origin(std::string_view name) const {
  const auto* setting = main.find(name);
  if (setting == nullptr) return {};
  return fmt::format("{}, {}:{}", name, std::filesystem::path(setting->place.file).filename().string(),
                     setting->place.line);
}

config::Place Translation::place_of(std::string_view name) const {
  const auto* setting = main.find(name);
  return setting == nullptr ? config::Place{folder + "/main.cf", 0, 0} : setting->place;
}

void Translation::note(std::string_view name, std::string text) {
  note_at(place_of(name), fmt::format("{}: {}", name, text));
}

void Translation::note_at(const config::Place& place, std::string text) {
  notes.push_back({config::Severity::note, place, std::move(text)});
}

std::string carry_path(const Translation& translation, const std::string& path) {
  static constexpr std::string_view usual = "/etc/postfix/";
  std::error_code error;
  if (!path.starts_with('/')) return translation.folder + "/" + path;
  if (path.starts_with(usual) && !std::filesystem::exists(path, error)) {
    const std::string here = translation.folder + "/" + path.substr(usual.size());
    if (std::filesystem::exists(here, error)) return here;
  }
  return path;
}

std::string queue_path(const Translation& translation, const std::string& path) {
  if (path.starts_with('/')) return path;
  return translation.value("queue_directory") + "/" + path;
}

int port_of(const std::string& service) {
  int number = 0;
  const auto [end, error] = std::from_chars(service.data(), service.data() + service.size(), number);
  if (error == std::errc{} && end == service.data() + service.size()) return number > 0 && number < 65536 ? number : 0;
  static constexpr std::pair<std::string_view, int> known[] = {
      {"smtp", 25}, {"submission", 587}, {"smtps", 465}, {"submissions", 465},
      {"urd", 465}, {"lmtp", 24},        {"ssmtp", 465}};
  for (const auto& [name, port] : known)
    if (name == service) return port;
  servent entry{};
  servent* found = nullptr;
  char buffer[1024];
  if (getservbyname_r(service.c_str(), "tcp", &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) return 0;
  return ntohs(static_cast<std::uint16_t>(entry.s_port));
}

}  // namespace gateway::postfix
