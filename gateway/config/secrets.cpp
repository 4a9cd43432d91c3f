#include "gateway/config/secrets.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace gateway::config {
namespace {

/// Fits where a password or the text of a key is expected, and is neither.
constexpr const char* unread_secret = "-----BEGIN UNREAD SECRET-----";

constexpr std::size_t secret_limit = std::size_t{1} << 20;

std::optional<std::string> read_secret(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(secret_limit, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

class SecretReader {
 public:
  SecretReader(const std::string& folder, std::vector<Finding>& findings, std::vector<Text>& files)
      : folder_(folder), findings_(findings), files_(files) {}

  void resolve(Value& value) {
    if (value.is_scalar()) expand(value);
    for (auto& item : value.items) resolve(item);
    for (auto& entry : value.entries) resolve(entry.value);
  }

 private:
  void expand(Value& value) {
    std::string out;
    std::size_t at = 0;
    for (auto start = value.text.find("${"); start != std::string::npos; start = value.text.find("${", start + 2)) {
      const auto end = value.text.find('}', start);
      if (end == std::string::npos) break;
      const std::string_view reference = std::string_view(value.text).substr(start + 2, end - start - 2);
      const auto colon = reference.find(':');
      if (colon == std::string_view::npos) continue;
      const auto kind = reference.substr(0, colon);
      if (kind != "credential" && kind != "file" && kind != "env") continue;
      const auto found = look_up(kind, std::string(reference.substr(colon + 1)), value.place);
      if (!found) {
        value.secret = true;  // its text is not what it should be: show it nowhere
        value.text = unread_secret;
        return;
      }
      if (kind != "env") value.secret = true;
      out.append(value.text, at, start - at).append(*found);
      at = end + 1;
    }
    if (at != 0) value.text = out.append(value.text, at);
  }

  std::optional<std::string> look_up(std::string_view kind, const std::string& name, const Place& place) {
    const auto fail = [&](std::string why) {
      findings_.push_back({Severity::error, place, fmt::format("${{{}:{}}}: {}", kind, name, why)});
      return std::nullopt;
    };
    if (name.empty()) return fail("no name given");
    if (kind == "env") {
      const char* text = std::getenv(name.c_str());
      return text == nullptr ? fail("this environment variable is not set") : std::optional<std::string>(text);
    }
    if (kind == "file") return from_file(std::filesystem::path(folder_) / name, place, fail);
    if (name.find('/') != std::string::npos || name.starts_with('.'))
      return fail("a credential's name holds no \"/\" and starts with no dot");
    const std::filesystem::path beside = std::filesystem::path(folder_) / "secrets" / name;
    if (const char* directory = std::getenv("CREDENTIALS_DIRECTORY"); directory != nullptr && *directory != '\0') {
      if (auto text = read_secret(std::filesystem::path(directory) / name)) return text;
      std::error_code error;
      if (!std::filesystem::exists(beside, error))
        return fail(fmt::format("neither in $CREDENTIALS_DIRECTORY nor in {}", beside.parent_path().string()));
    }
    return from_file(beside, place, fail);
  }

  template <class Fail>
  std::optional<std::string> from_file(const std::filesystem::path& path, const Place& place, const Fail& fail) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return fail(fmt::format("there is no file {}", path.string()));
    auto text = read_secret(path);
    if (!text) return fail(fmt::format("cannot read {}", path.string()));
    files_.push_back({path.string(), place});
    return text;
  }

  const std::string& folder_;
  std::vector<Finding>& findings_;
  std::vector<Text>& files_;
};

}  // namespace

void resolve_secrets(Value& value, const std::string& folder, std::vector<Finding>& findings,
                     std::vector<Text>& files) {
  SecretReader(folder, findings, files).resolve(value);
}

}  // namespace gateway::config
