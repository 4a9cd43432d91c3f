#include <fmt/core.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/ip_address.hpp"
#include "lookup/table_text.hpp"

namespace gateway::postfix {

namespace {

bool is_host_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
             std::string_view::npos &&
         text.front() != '.' && text.front() != '-' && text.back() != '.' && text.back() != '-';
}

std::string first_line_of(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return std::string(lookup::trimmed(line));
}

int class_prefix(std::uint8_t first) {
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

lookup::Network network_of(lookup::IpAddress address, int prefix) {
  for (std::size_t at = 0; at < address.bytes.size(); ++at) {
    const int bits = std::clamp(prefix - static_cast<int>(at) * 8, 0, 8);
    address.bytes[at] = static_cast<std::uint8_t>(address.bytes[at] & (0xff00 >> bits));
  }
  return {address, prefix};
}

/// The networks that this machine's interfaces stand in, as mynetworks_style means them.
std::vector<std::string> own_networks(const std::string& style) {
  std::vector<std::string> networks{"127.0.0.0/8", "::1/128"};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return networks;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_netmask == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    lookup::IpAddress address;
    std::uint32_t mask = 0;
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, 4);
    std::memcpy(&mask, &reinterpret_cast<const sockaddr_in*>(each->ifa_netmask)->sin_addr, 4);
    if (address.is_loopback()) continue;
    const int prefix = style == "class" ? class_prefix(address.bytes[0]) : style == "host" ? 32 : std::popcount(mask);
    const auto text = network_of(address, prefix).to_string();
    if (std::find(networks.begin(), networks.end(), text) == networks.end()) networks.push_back(text);
  }
  ::freeifaddrs(first);
  return networks;
}

/// "[::1]/128" and what has host bits, which Postfix refuses and old files have.
std::optional<std::string> network_text(Translation& translation, std::string word) {
  std::erase(word, '[');
  std::erase(word, ']');
  if (const auto network = lookup::parse_network(word)) return network->to_string();
  const auto slash = word.find('/');
  const auto address = lookup::parse_ip(word.substr(0, slash));
  const int longest = address && address->is_v6 ? 128 : 32;
  const int prefix = slash == std::string::npos ? longest : std::atoi(word.c_str() + slash + 1);
  if (!address || prefix < 1 || prefix > longest) return std::nullopt;
  const auto text = network_of(*address, prefix).to_string();
  translation.note("mynetworks", fmt::format("{} has host bits; read as {}", word, text));
  return text;
}

void carry_networks(Translation& translation) {
  const Draft::Path path{"mynetworks"};
  if (!translation.main.has("mynetworks")) {
    if (const auto style = translation.value("mynetworks_style"); !style.empty()) {
      translation.draft.set(path, config::print_list(own_networks(style)),
                            translation.origin("mynetworks_style") + ", with the interfaces of this machine");
    } else {
      translation.note("mynetworks",
                       "is not set: only this machine may relay. Postfix before 3.0 trusted the subnets of its "
                       "interfaces; list them in mynetworks if clients there send through this server");
    }
    return;
  }
  std::vector<std::string> networks;
  for (const auto& word : translation.words("mynetworks")) {
    if (word.find('/') == 0 || word.starts_with('!') ||
        (word.find(':') != std::string::npos && !word.starts_with('[') &&
         !lookup::parse_ip(word.substr(0, word.find('/')))))
      translation.note("mynetworks", fmt::format("{} is not carried over: only networks may be listed; use "
                                                 "check_client_access for more",
                                                 word));
    else if (auto text = network_text(translation, word))
      networks.push_back(std::move(*text));
    else
      translation.note("mynetworks", fmt::format("{} is not carried over: it is not a network", word));
  }
  translation.draft.set(path, config::print_list(networks), translation.origin("mynetworks"));
}

void carry_own_name(Translation& translation) {
  auto hostname = translation.value("myhostname");
  std::string origin = translation.origin("myhostname");
  if (!is_host_name(hostname)) {
    char buffer[256] = "localhost";
    ::gethostname(buffer, sizeof buffer - 1);
    if (translation.main.has("myhostname"))
      translation.note("myhostname", fmt::format("\"{}\" is not a host name; {} is used", hostname, buffer));
    hostname = buffer;
    if (!is_host_name(hostname)) hostname = "localhost";
    origin = "the name of the machine on which this file was made";
    translation.main.override_with({"myhostname", hostname, translation.place_of("myhostname")});
  }
  translation.draft.set({"hostname"}, config::print_text(hostname), origin);
  if (const auto domain = translation.value("mydomain"); translation.main.has("mydomain")) {
    if (is_host_name(domain))
      translation.draft.set({"mydomain"}, config::print_text(domain), translation.origin("mydomain"));
    else
      translation.note("mydomain", fmt::format("\"{}\" is not a domain", domain));
  }
}

}  // namespace

void carry_identity(Translation& translation) {
  translation.draft.set({"version"}, "1");
  carry_own_name(translation);
  if (translation.main.has("myorigin")) {
    auto origin = translation.value("myorigin");
    if (origin.starts_with('/')) origin = first_line_of(origin);
    if (is_host_name(origin))
      translation.draft.set({"myorigin"}, config::print_text(origin), translation.origin("myorigin"));
    else
      translation.note("myorigin", fmt::format("\"{}\" is not a domain; the host name is used", origin));
  }
  carry_networks(translation);
  std::vector<std::string> proxies;
  for (const auto& word : translation.words("proxy_interfaces")) {
    if (const auto address = lookup::parse_ip(word))
      proxies.push_back(address->to_string());
    else
      translation.note("proxy_interfaces", fmt::format("{} is not carried over: write the IP address", word));
  }
  if (!proxies.empty())
    translation.draft.set({"proxy_interfaces"}, config::print_list(proxies), translation.origin("proxy_interfaces"));
  // $user and its like in luser_relay are no parameters of main.cf.
  if (const auto* luser = translation.main.find("luser_relay"); luser != nullptr && !luser->value.empty()) {
    if (luser->value.find_first_of("|/:") != std::string::npos)
      translation.note("luser_relay", "not carried over: only an address can take this mail");
    else
      translation.draft.set({"luser_relay"}, config::print_text(luser->value), translation.origin("luser_relay"));
  }
  if (const auto log = translation.value("maillog_file"); log.starts_with('/') && log != "/dev/stdout")
    translation.draft.set({"logging", "to"}, config::print_text("file:" + log), translation.origin("maillog_file"));
}

}  // namespace gateway::postfix
