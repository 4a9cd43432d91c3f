#include "gateway/resolve/transport_result.hpp"

#include <charconv>

namespace gateway {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// "error:5.7.1 text": the text may begin with an enhanced status code.
Delivery undeliverable(Delivery::Kind kind, std::string_view text, std::string dsn) {
  Delivery delivery;
  delivery.kind = kind;
  delivery.dsn = std::move(dsn);
  if (text.size() > 5 && (text[0] == '5' || text[0] == '4') && text[1] == '.') {
    const auto blank = text.find(' ');
    delivery.dsn = std::string(text.substr(0, blank));
    text = blank == std::string_view::npos ? std::string_view{} : trimmed(text.substr(blank));
  }
  delivery.reply = text.empty() ? "undeliverable address" : std::string(text);
  return delivery;
}

}  // namespace

std::optional<Delivery> delivery_of_transport(const AddressRules& rules, const lookup::Address& recipient,
                                              std::string_view result) {
  result = trimmed(result);
  const auto colon = result.find(':');
  const auto transport = result.substr(0, colon);
  const auto nexthop = colon == std::string_view::npos ? std::string_view{} : trimmed(result.substr(colon + 1));
  if (transport.empty() && nexthop.empty()) return std::nullopt;
  if (transport == "error") return undeliverable(Delivery::Kind::fail, nexthop, "5.0.0");
  if (transport == "retry") return undeliverable(Delivery::Kind::defer, nexthop, "4.0.0");
  Delivery delivery;
  delivery.kind = transport == "discard" ? Delivery::Kind::discard : Delivery::Kind::relay;
  const auto* route = rules.find_route(transport);
  if (route != nullptr) {
    delivery.route = std::string(transport);
  } else {
    const auto* domain = rules.find_domain(recipient.domain);
    delivery.route = domain != nullptr && !domain->settings->route.empty() ? domain->settings->route : "default";
  }
  delivery.nexthop = std::string(nexthop);
  // smtp: without a next hop means the recipient's own domain.
  if (route == nullptr && nexthop.empty() && delivery.kind == Delivery::Kind::relay)
    delivery.nexthop = recipient.domain;
  return delivery;
}

void apply_filter(const AddressRules& rules, const std::string& filter, const lookup::Address& recipient,
                  Delivery& delivery) {
  if (filter.empty()) return;
  using Kind = Delivery::Kind;
  if (delivery.kind == Kind::discard || delivery.kind == Kind::defer || delivery.kind == Kind::fail) return;
  if (auto filtered = delivery_of_transport(rules, recipient, filter)) delivery = std::move(*filtered);
}

std::vector<std::string> split_address_list(std::string_view text) {
  std::vector<std::string> parts;
  std::string part;
  bool quoted = false;
  int comment = 0;
  const auto finish = [&] {
    if (!part.empty()) parts.push_back(std::exchange(part, {}));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\' && i + 1 < text.size()) {
        part += c;
        part += text[++i];
        continue;
      }
      part += c;
      quoted = c != '"';
    } else if (comment > 0) {
      comment += c == '(' ? 1 : c == ')' ? -1 : 0;
    } else if (c == '"') {
      quoted = true;
      part += c;
    } else if (c == '(') {
      comment = 1;
    } else if (c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      finish();
    } else {
      part += c;
    }
  }
  finish();
  return parts;
}

bool is_command_or_file(std::string_view target) {
  if (target.starts_with('"')) target.remove_prefix(1);
  return target.starts_with('|') || target.starts_with('/');
}

Delivery delivery_of_target(const config::Config& config, std::string_view target) {
  if (target.size() > 1 && target.starts_with('"') && target.ends_with('"'))
    target = target.substr(1, target.size() - 2);
  const bool is_command = target.starts_with('|');
  if (is_command) target.remove_prefix(1);
  while (target.starts_with(' ') || target.starts_with('\t')) target.remove_prefix(1);
  const auto& local = config.mailboxes.local;
  Delivery delivery;
  if (!(is_command ? local.allow_mail_to_commands : local.allow_mail_to_files) || target.empty()) {
    delivery.kind = Delivery::Kind::fail;
    delivery.dsn = "5.7.1";
    delivery.reply = is_command ? "mail to commands is not allowed" : "mail to files is not allowed";
    return delivery;
  }
  delivery.kind = is_command ? Delivery::Kind::command : Delivery::Kind::file;
  delivery.route = "default";
  delivery.path = target;
  return delivery;
}

PasswdLine parse_passwd_line(std::string_view line) {
  std::string_view fields[7];
  for (auto& field : fields) {
    const auto colon = line.find(':');
    field = line.substr(0, colon);
    line.remove_prefix(colon == std::string_view::npos ? line.size() : colon + 1);
  }
  const auto number = [](std::string_view text) -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  return {std::string(fields[5]), number(fields[2]), number(fields[3])};
}

std::string expand_luser_relay(const std::string& luser_relay, const lookup::Address& recipient) {
  std::string result = luser_relay;
  const std::pair<std::string_view, std::string> names[] = {{"$user", recipient.local},
                                                            {"$local", recipient.local},
                                                            {"$domain", recipient.domain},
                                                            {"$recipient", recipient.to_string()}};
  for (const auto& [name, value] : names)
    for (auto at = result.find(name); at != std::string::npos; at = result.find(name, at + value.size()))
      result.replace(at, name.size(), value);
  if (result.starts_with('@')) result.insert(0, recipient.local);
  return result;
}

}  // namespace gateway
