#include "policy/access_keys.hpp"

#include <algorithm>

#include "policy/host_syntax.hpp"

namespace policy {

namespace {

void add_once(std::vector<std::string>& keys, std::string key) {
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
}

/// The local part without its extension; the same when it has none. Addresses of daemons and list owners keep theirs.
std::string_view without_extension(std::string_view local, std::string_view delimiter) {
  if (delimiter.empty() || local == "mailer-daemon" || local == "double-bounce") return local;
  const auto at = local.find_first_of(delimiter, 1);
  if (at == std::string_view::npos) return local;
  if (delimiter.find('-') != std::string_view::npos && (local.starts_with("owner-") || local.ends_with("-request")))
    return local;
  return local.substr(0, at);
}

}  // namespace

std::vector<std::string> domain_keys(std::string_view name, const KeyStyle& style) {
  std::vector<std::string> keys;
  std::string folded = lookup::ascii_lower(name);
  if (folded.size() > 1 && folded.back() == '.') folded.pop_back();
  if (folded.empty()) return keys;
  keys.push_back(folded);
  if (is_valid_host_address(folded) || folded.front() == '[') return keys;
  // A key per label; hosts of more than 128 labels cannot be.
  for (auto dot = folded.find('.', 1); dot != std::string::npos && keys.size() < 128; dot = folded.find('.', dot + 1)) {
    auto parent = folded.substr(style.parents_match_names ? dot + 1 : dot);
    if (!parent.empty() && parent != ".") keys.push_back(std::move(parent));
  }
  return keys;
}

std::vector<std::string> address_keys(const lookup::Address& address, const KeyStyle& style) {
  std::vector<std::string> keys;
  if (address.is_null()) return keys;
  keys.push_back(address.folded());
  // The parts are cut from the folded text, so that quoting and case are the same in every key.
  const lookup::Address whole = lookup::split_address(keys.front());
  const auto at = keys.front().size() - std::min(keys.front().size(), whole.domain.size() + 1);
  const std::string local = whole.domain.empty() ? keys.front() : keys.front().substr(0, at);
  const std::string bare(without_extension(local, style.delimiter));
  if (whole.domain.empty()) {
    add_once(keys, local + "@");
    add_once(keys, bare + "@");
    return keys;
  }
  add_once(keys, bare + "@" + whole.domain);
  for (auto& key : domain_keys(whole.domain, style)) add_once(keys, std::move(key));
  add_once(keys, local + "@");
  add_once(keys, bare + "@");
  return keys;
}

std::vector<std::string> network_keys(const lookup::IpAddress& address) {
  std::vector<std::string> keys;
  std::string text = address.to_string();
  const char separator = address.is_v6 ? ':' : '.';
  while (!text.empty()) {
    keys.push_back(text);
    const auto cut = text.rfind(separator);
    if (cut == std::string::npos) break;
    text.resize(cut);
    // "2001:db8::" is cut to "2001:db8": an empty group is no network of its own.
    while (!text.empty() && text.back() == separator) text.pop_back();
  }
  return keys;
}

}  // namespace policy
