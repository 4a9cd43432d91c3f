#include "gateway/delivery/tls_policy.hpp"

#include <utility>

#include "gateway/delivery/tls_protocols.hpp"
#include "lookup/address.hpp"

namespace gateway {

namespace {

using config::TlsLevel;

constexpr std::pair<std::string_view, TlsLevel> levels[] = {
    {"none", TlsLevel::none},           {"may", TlsLevel::may},
    {"encrypt", TlsLevel::encrypt},     {"dane", TlsLevel::dane},
    {"dane-only", TlsLevel::dane_only}, {"fingerprint", TlsLevel::fingerprint},
    {"verify", TlsLevel::verify},       {"secure", TlsLevel::secure},
};

std::string_view take_word(std::string_view& text, std::string_view separators) {
  const std::size_t start = text.find_first_not_of(separators);
  text.remove_prefix(start == std::string_view::npos ? text.size() : start);
  const std::size_t end = text.find_first_of(separators);
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

/// Names are parted by colons; digests have colons inside, so that bars part them.
void add_matches(config::RouteTls& wishes, std::string_view value) {
  const bool digests = wishes.level == TlsLevel::fingerprint;
  auto& list = digests ? wishes.fingerprints : wishes.match;
  while (!value.empty())
    if (const auto word = take_word(value, digests ? "|" : ":"); !word.empty()) list.emplace_back(word);
}

/// "aes:3DES" as OpenSSL wants exclusions.
void exclude_ciphers(std::string& ciphers, std::string_view value) {
  if (ciphers.empty()) ciphers = "medium";
  while (!value.empty())
    if (const auto word = take_word(value, ": \t,"); !word.empty()) ciphers += ":!" + std::string(word);
}

}  // namespace

tl::expected<TlsLevel, std::string> parse_tls_level(std::string_view text) {
  const std::string name = lookup::ascii_lower(text);
  for (const auto& [word, level] : levels)
    if (word == name) return level;
  return tl::unexpected("\"" + std::string(text) + "\" is no TLS security level");
}

std::vector<std::string> destination_forms(std::string_view destination) {
  std::vector<std::string> forms{lookup::ascii_lower(destination)};
  const std::string whole = forms.front();
  for (const auto& [number, names] : {std::pair<std::string_view, std::vector<std::string>>{":25", {":smtp"}},
                                      {":465", {":submissions", ":smtps"}},
                                      {":587", {":submission"}}})
    for (const auto& name : names)
      if (whole.ends_with(number)) forms.push_back(whole.substr(0, whole.size() - number.size()) + name);
  return forms;
}

std::vector<std::string> tls_policy_keys(std::string_view destination) {
  std::vector<std::string> keys = destination_forms(destination);
  const std::string whole = keys.front();
  if (whole.starts_with('[')) return keys;
  const std::size_t colon = whole.find(':');
  const std::string domain = whole.substr(0, colon);
  if (colon != std::string::npos && whole.find(':', colon + 1) != std::string::npos) return keys;  // an IPv6 address
  if (domain != whole) keys.push_back(domain);
  for (auto dot = domain.find('.'); dot != std::string::npos; dot = domain.find('.', dot + 1))
    if (dot > 0) keys.push_back(domain.substr(dot));
  return keys;
}

tl::expected<config::RouteTls, std::string> apply_tls_policy(config::RouteTls wishes, std::string_view entry) {
  constexpr std::string_view separators = " \t\r\n,";
  const auto level = parse_tls_level(take_word(entry, separators));
  if (!level) return tl::unexpected(level.error());
  wishes.level = *level;
  wishes.match.clear();
  bool own_digests = false;
  for (auto word = take_word(entry, separators); !word.empty(); word = take_word(entry, separators)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals + 1 == word.size())
      return tl::unexpected("\"" + std::string(word) + "\" is no attribute; write NAME=VALUE");
    const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
    if (name == "match") {
      if (*level != TlsLevel::fingerprint && *level != TlsLevel::verify && *level != TlsLevel::secure)
        return tl::unexpected<std::string>("match= is for the levels fingerprint, verify and secure");
      if (*level == TlsLevel::fingerprint && !std::exchange(own_digests, true)) wishes.fingerprints.clear();
      add_matches(wishes, value);
    } else if (name == "protocols") {
      if (auto checked = parse_tls_protocols(value); !checked) return tl::unexpected(checked.error());
      wishes.protocols = value;
    } else if (name == "ciphers") {
      wishes.ciphers = value;
    } else if (name == "exclude") {
      exclude_ciphers(wishes.ciphers, value);
    } else if (name == "tafile") {
      wishes.ca_file = value;
    } else if (name == "servername") {
      if (value == "nexthop" || value == "hostname")
        wishes.servername.clear();
      else
        wishes.servername = value;
    } else if (name != "connection_reuse" && name != "enable_rpk") {
      return tl::unexpected("unknown attribute \"" + std::string(name) + "\"");
    }
  }
  if (*level == TlsLevel::fingerprint && wishes.fingerprints.empty())
    return tl::unexpected<std::string>("level fingerprint needs match=");
  return wishes;
}

}  // namespace gateway
