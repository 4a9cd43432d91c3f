#include "gateway/resolve/address_maps.hpp"

namespace gateway {

std::pair<std::string, std::string> split_extension(std::string_view local, std::string_view delimiters) {
  if (delimiters.empty() || local.empty() || local.front() == '-') return {std::string(local), ""};
  const std::string folded = lookup::ascii_lower(local);
  if (folded == "mailer-daemon" || folded == "double-bounce") return {std::string(local), ""};
  if (delimiters.find('-') != std::string_view::npos && (folded.starts_with("owner-") || folded.ends_with("-request")))
    return {std::string(local), ""};
  const auto at = local.find_first_of(delimiters, 1);
  if (at == std::string_view::npos) return {std::string(local), ""};
  return {std::string(local.substr(0, at)), std::string(local.substr(at + 1))};
}

std::string with_extension(const std::string& target, const std::string& extension, std::string_view delimiters) {
  if (extension.empty() || delimiters.empty()) return target;
  const auto at = target.rfind('@');
  if (at == 0 || target.find_first_of("/|:") == 0) return target;
  std::string result = target;
  result.insert(at == std::string::npos ? result.size() : at, delimiters.substr(0, 1).data(), 1);
  result.insert(at == std::string::npos ? result.size() : at + 1, extension);
  return result;
}

namespace {

/// The address itself and, when it has an extension, the address without.
std::vector<AddressKey> full_keys(const lookup::Address& address, std::string_view delimiters) {
  std::vector<AddressKey> keys;
  keys.push_back({address.folded(), address, ""});
  auto [user, extension] = split_extension(address.local, delimiters);
  if (!extension.empty()) {
    lookup::Address plain{user, address.domain};
    auto text = plain.folded();
    keys.push_back({std::move(text), std::move(plain), extension});
  }
  return keys;
}

void add_local_keys(std::vector<AddressKey>& keys, const lookup::Address& address, std::string_view delimiters) {
  keys.push_back({lookup::ascii_lower(address.local), {}, ""});
  auto [user, extension] = split_extension(address.local, delimiters);
  if (!extension.empty()) keys.push_back({lookup::ascii_lower(user), {}, extension});
}

}  // namespace

std::vector<AddressKey> virtual_keys(const lookup::Address& address, std::string_view delimiters, bool with_local) {
  auto keys = full_keys(address, delimiters);
  if (with_local) add_local_keys(keys, address, delimiters);
  if (!address.domain.empty()) keys.push_back({"@" + lookup::ascii_lower(address.domain), {"", address.domain}, ""});
  return keys;
}

std::vector<AddressKey> alias_keys(const lookup::Address& address, std::string_view delimiters) {
  std::vector<AddressKey> keys;
  add_local_keys(keys, address, delimiters);
  return keys;
}

std::vector<AddressKey> transport_keys(const lookup::Address& address, std::string_view delimiters) {
  auto keys = full_keys(address, delimiters);
  const std::string domain = lookup::ascii_lower(address.domain);
  keys.push_back({domain, {}, ""});
  for (auto dot = domain.find('.'); dot != std::string::npos; dot = domain.find('.', dot + 1))
    keys.push_back({domain.substr(dot), {}, ""});
  keys.push_back({"*", {}, ""});
  return keys;
}

std::optional<MapHit> search_maps(Resolution& resolution, const AddressMaps& maps,
                                  const std::vector<AddressKey>& keys) {
  for (const auto& key : keys) {
    for (const auto& map : maps) {
      if (map.directory) {
        if (key.address.domain.empty()) continue;
        const auto* answer = resolution.find(*map.directory, key.address);
        if (answer == nullptr) return std::nullopt;
        if (answer->is_absent()) continue;
        return MapHit{{answer->kind, answer->reason, {}, answer->detail}, answer, &key, map.text};
      }
      // A pattern sees the whole address once; the other forms of the key mean nothing to it.
      if (map.table->takes_whole_key() && &key != &keys.front()) continue;
      const auto* answer = resolution.find(*map.table, key.text);
      if (answer == nullptr) return std::nullopt;
      if (answer->is_absent()) continue;
      return MapHit{*answer, nullptr, &key, map.text};
    }
  }
  return MapHit{};
}

}  // namespace gateway
