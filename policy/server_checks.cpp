#include "lookup/ip_address.hpp"
#include "policy/access_keys.hpp"
#include "policy/evaluation.hpp"
#include "policy/host_syntax.hpp"

// check_*_a_access, check_*_mx_access, check_*_ns_access: the servers behind a name.

namespace policy {

namespace {

// A hostile domain may list any number of servers.
constexpr std::size_t most_hosts = 20;
constexpr std::size_t most_addresses = 100;
constexpr int most_labels = 10;

enum class Records : std::uint8_t { a, mx, ns };

struct ServerCheck {
  Object object;
  Records records;
};

ServerCheck server_check_of(Verb verb) {
  switch (verb) {
    case Verb::check_client_a_access:
      return {Object::client, Records::a};
    case Verb::check_client_mx_access:
      return {Object::client, Records::mx};
    case Verb::check_client_ns_access:
      return {Object::client, Records::ns};
    case Verb::check_reverse_client_hostname_a_access:
      return {Object::reverse_client, Records::a};
    case Verb::check_reverse_client_hostname_mx_access:
      return {Object::reverse_client, Records::mx};
    case Verb::check_reverse_client_hostname_ns_access:
      return {Object::reverse_client, Records::ns};
    case Verb::check_helo_a_access:
      return {Object::helo, Records::a};
    case Verb::check_helo_mx_access:
      return {Object::helo, Records::mx};
    case Verb::check_helo_ns_access:
      return {Object::helo, Records::ns};
    case Verb::check_sender_a_access:
      return {Object::sender, Records::a};
    case Verb::check_sender_mx_access:
      return {Object::sender, Records::mx};
    case Verb::check_sender_ns_access:
      return {Object::sender, Records::ns};
    case Verb::check_recipient_a_access:
      return {Object::recipient, Records::a};
    case Verb::check_recipient_mx_access:
      return {Object::recipient, Records::mx};
    default:
      return {Object::recipient, Records::ns};
  }
}

/// The host of "10 mx.example.com".
std::string_view host_of_mx(std::string_view record) {
  const auto blank = record.find(' ');
  return without_final_dot(blank == std::string_view::npos ? record : record.substr(blank + 1));
}

}  // namespace

Evaluation::Outcome Evaluation::check_server(const Restriction& item, int depth) {
  const auto check = server_check_of(item.verb);
  std::string name;
  switch (check.object) {
    case Object::client:
      name = facts_.client_name == "unknown" ? "" : facts_.client_name;
      break;
    case Object::reverse_client:
      name = facts_.reverse_client_name == "unknown" ? "" : facts_.reverse_client_name;
      break;
    case Object::helo:
      name = facts_.helo;
      break;
    case Object::sender:
      name = facts_.has_sender ? facts_.sender.domain : "";
      break;
    default:
      name = has_recipient_ ? facts_.recipient.domain : "";
  }
  name = lookup::ascii_lower(without_final_dot(name));
  if (name.empty()) return Outcome::dunno;
  if (name.front() == '[') {
    // An address literal is its own mail server; it has no name servers.
    auto literal = std::string_view(name).substr(1, name.size() - 2);
    if (literal.starts_with("ipv6:")) literal.remove_prefix(5);
    const auto address = is_valid_address_literal(name) ? lookup::parse_ip(literal) : std::nullopt;
    if (!address || check.records == Records::ns) return Outcome::dunno;
    return forbid_permit(check_keys(item, network_keys(*address), check.object, depth), check.object);
  }
  if (!is_valid_host_name(name)) return Outcome::dunno;
  auto outcome = Outcome::dunno;
  switch (check.records) {
    case Records::a:
      outcome = check_addresses_of(item, name, check.object, depth);
      break;
    case Records::mx:
      outcome = check_mail_servers(item, name, check.object, depth);
      break;
    case Records::ns:
      outcome = check_name_servers(item, name, check.object, depth);
      break;
  }
  return forbid_permit(outcome, check.object);
}

Evaluation::Outcome Evaluation::forbid_permit(Outcome outcome, Object object) {
  if (outcome != Outcome::permit || is_discarded_) return outcome;
  // Whoever owns a domain chooses its servers: an OK here would let strangers permit themselves.
  log("warn", std::string(item_) + ": a server check must not answer OK, use DUNNO");
  return refuse_configuration(object);
}

Evaluation::Outcome Evaluation::check_addresses_of(const Restriction& item, std::string_view name, Object object,
                                                   int depth) {
  std::size_t left = most_addresses;
  const auto* v4 = ask(Ask::dns_a, "", name);
  const auto* v6 = ask(Ask::dns_aaaa, "", name);
  for (const auto* answer : {v4, v6}) {
    if (!answer || !answer->is_found()) continue;
    for (const auto& value : answer->values) {
      const auto address = lookup::parse_ip(value);
      if (!address || left-- == 0) return Outcome::dunno;
      bool is_found = false;
      const auto outcome = check_table(item, network_keys(*address), object, depth, is_found);
      if (is_found) return outcome;
    }
  }
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::check_mail_servers(const Restriction& item, std::string_view name, Object object,
                                                   int depth) {
  const auto* answer = ask(Ask::dns_mx, "", name);
  if (!answer || answer->is_unavailable()) return Outcome::dunno;
  std::vector<std::string> hosts;
  if (answer->is_absent()) hosts.emplace_back(name);  // RFC 5321 5.1: its own mail server
  for (const auto& record : answer->values)
    if (const auto host = host_of_mx(record); host != "." && !host.empty()) hosts.push_back(lookup::ascii_lower(host));
  return check_servers(item, hosts, object, depth);
}

Evaluation::Outcome Evaluation::check_name_servers(const Restriction& item, std::string_view name, Object object,
                                                   int depth) {
  for (int label = 0; label < most_labels; ++label) {
    const auto* answer = ask(Ask::dns_ns, "", name);
    if (!answer || answer->is_unavailable()) return Outcome::dunno;
    if (answer->is_found()) {
      std::vector<std::string> hosts;
      for (const auto& host : answer->values) hosts.push_back(lookup::ascii_lower(without_final_dot(host)));
      return check_servers(item, hosts, object, depth);
    }
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) break;
    name = name.substr(dot + 1);
  }
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::check_servers(const Restriction& item, const std::vector<std::string>& hosts,
                                              Object object, int depth) {
  const KeyStyle style{settings_.recipient_delimiter, settings_.parent_domains_match_subdomains};
  for (std::size_t i = 0; i < hosts.size() && i < most_hosts; ++i) {
    bool is_found = false;
    const auto outcome = check_table(item, domain_keys(hosts[i], style), object, depth, is_found);
    if (is_found) return outcome;
    const auto by_address = check_addresses_of(item, hosts[i], object, depth);
    if (by_address != Outcome::dunno) return by_address;
  }
  return Outcome::dunno;
}

}  // namespace policy
