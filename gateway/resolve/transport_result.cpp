#include "gateway/resolve/transport_result.hpp"

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
  if (delivery.kind != Delivery::Kind::maildir && delivery.kind != Delivery::Kind::relay) return;
  if (auto filtered = delivery_of_transport(rules, recipient, filter)) delivery = std::move(*filtered);
}

bool apply_sender_relayhost(Resolution& resolution, const AddressRules& rules, const lookup::Address& sender,
                            Delivery& delivery) {
  if (rules.sender_relayhost.empty() || delivery.kind != Delivery::Kind::relay || delivery.route != "default" ||
      !delivery.nexthop.empty())
    return true;
  std::vector<AddressKey> keys;
  if (sender.is_null())
    keys.push_back({"<>", {}, ""});
  else
    keys = virtual_keys(sender, rules.config->recipient_delimiter, false);
  const auto hit = search_maps(resolution, rules.sender_relayhost, keys);
  if (!hit) return false;
  if (hit->answer.is_unavailable()) {
    delivery = undeliverable(Delivery::Kind::defer, "Temporary lookup failure", "4.3.0");
    return true;
  }
  const auto value = hit->answer.values.empty() ? std::string_view{} : trimmed(hit->answer.values.front());
  if (hit->answer.is_absent() || value.empty() || lookup::ascii_lower(value) == "dunno") return true;
  if (rules.find_route(value) != nullptr)
    delivery.route = std::string(value);
  else
    delivery.nexthop = std::string(value);
  return true;
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

std::string home_of_passwd_line(std::string_view line) {
  for (int field = 0; field < 5; ++field) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    line.remove_prefix(colon + 1);
  }
  return std::string(line.substr(0, line.find(':')));
}

std::string expand_luser_relay(std::string_view luser_relay, const lookup::Address& recipient,
                               std::string_view delimiters) {
  const auto [user, extension] = split_extension(recipient.local, delimiters);
  const std::pair<std::string_view, std::string> values[] = {
      {"user", user},
      {"local", recipient.local},
      {"domain", recipient.domain},
      {"extension", extension},
      {"recipient", recipient.to_string()},
      {"recipient_delimiter", extension.empty() ? "" : recipient.local.substr(user.size(), 1)}};
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  std::string result;
  for (std::size_t at = 0; at < luser_relay.size();) {
    if (luser_relay[at] != '$') {
      result += luser_relay[at++];
      continue;
    }
    ++at;
    const char close = luser_relay.substr(at).starts_with('{')   ? '}'
                       : luser_relay.substr(at).starts_with('(') ? ')'
                                                                 : '\0';
    if (close != '\0') ++at;
    const auto begin = at;
    while (at < luser_relay.size() && is_name(luser_relay[at])) ++at;
    const auto name = luser_relay.substr(begin, at - begin);
    if (close != '\0' && at < luser_relay.size() && luser_relay[at] == close) ++at;
    for (const auto& [known, value] : values)
      if (known == name) result += value;
  }
  if (result.starts_with('@')) result.insert(0, recipient.local);
  return result;
}

}  // namespace gateway
