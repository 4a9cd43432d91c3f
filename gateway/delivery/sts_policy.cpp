#include "gateway/delivery/sts_policy.hpp"

#include <algorithm>
#include <charconv>

#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::int64_t longest_age = 31557600;
constexpr std::size_t most_hosts = 1000;

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  return !text.empty() && text.size() <= 253 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == std::string_view::npos;
}

}  // namespace

bool StsPolicy::names(std::string_view host) const {
  const std::string name = lookup::ascii_lower(host);
  return std::any_of(mx.begin(), mx.end(), [&](const std::string& pattern) {
    if (!pattern.starts_with("*.")) return pattern == name;
    // RFC 8461 4.1: the wildcard stands for exactly one label.
    const std::size_t dot = name.find('.');
    return dot != std::string::npos && dot > 0 &&
           std::string_view(name).substr(dot) == std::string_view(pattern).substr(1);
  });
}

std::optional<std::string> parse_sts_record(std::string_view txt) {
  bool first = true;
  std::optional<std::string> id;
  while (!txt.empty()) {
    const std::size_t end = txt.find(';');
    const std::string_view field = trim(txt.substr(0, end));
    txt.remove_prefix(end == std::string_view::npos ? txt.size() : end + 1);
    if (std::exchange(first, false)) {
      if (field != "v=STSv1") return std::nullopt;
      continue;
    }
    if (!field.starts_with("id=")) continue;
    if (id || !is_id(field.substr(3))) return std::nullopt;
    id = field.substr(3);
  }
  return id;
}

std::optional<std::string> find_sts_id(const std::vector<std::string>& records) {
  std::optional<std::string> found;
  for (const std::string& each : records) {
    if (!each.starts_with("v=STSv1")) continue;
    if (found) return std::nullopt;
    found = parse_sts_record(each);
    if (!found) return std::nullopt;
  }
  return found;
}

tl::expected<StsPolicy, std::string> parse_sts_policy(std::string_view text) {
  StsPolicy policy;
  policy.text = text;
  bool version = false, mode = false, age = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return tl::unexpected<std::string>("a line of the policy has no colon");
    const std::string_view name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
    if (name == "version") {
      if (value != "STSv1") return tl::unexpected<std::string>("the policy is of an unknown version");
      version = true;
    } else if (name == "mode" && !mode) {
      if (value != "enforce" && value != "testing" && value != "none")
        return tl::unexpected<std::string>("the policy has an unknown mode");
      policy.mode = value == "enforce"   ? StsPolicy::Mode::enforce
                    : value == "testing" ? StsPolicy::Mode::testing
                                         : StsPolicy::Mode::none;
      mode = true;
    } else if (name == "max_age" && !age) {
      std::int64_t seconds = 0;
      const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (error != std::errc{} || stop != value.data() + value.size() || seconds < 0)
        return tl::unexpected<std::string>("max_age of the policy is no number of seconds");
      policy.max_age = std::chrono::seconds(std::min(seconds, longest_age));
      age = true;
    } else if (name == "mx") {
      std::string host = lookup::ascii_lower(value);
      if (!is_host_pattern(host) || policy.mx.size() >= most_hosts)
        return tl::unexpected<std::string>("the policy names an MX host that is none");
      policy.mx.push_back(std::move(host));
    }
  }
  if (!version || !mode || !age) return tl::unexpected<std::string>("the policy lacks version, mode or max_age");
  if (policy.mx.empty() && policy.mode != StsPolicy::Mode::none)
    return tl::unexpected<std::string>("the policy names no MX host");
  return policy;
}

}  // namespace gateway
