#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/address.hpp"
#include "lookup/open_table.hpp"

namespace gateway::postfix {

namespace {

/// "[host]:submission" as "[host]:587"; nullopt when the port is unknown.
std::optional<std::string> next_hop(std::string text) {
  const auto end = text.starts_with('[') ? text.find(']') : std::string::npos;
  if (text.starts_with('[') && end == std::string::npos) return std::nullopt;
  const auto colon = text.find(':', end == std::string::npos ? 0 : end);
  if (colon == std::string::npos) return text;
  const int port = port_of(text.substr(colon + 1));
  if (port == 0) return std::nullopt;
  return text.substr(0, colon + 1) + std::to_string(port);
}

std::vector<std::string> next_hops(Translation& translation, const std::string& name) {
  std::vector<std::string> hops;
  for (const auto& word : translation.words(name)) {
    if (auto hop = next_hop(word))
      hops.push_back(std::move(*hop));
    else
      translation.note(name, fmt::format("{} is not carried over: it is no host and port", word));
  }
  return hops;
}

std::string tls_level(Translation& translation) {
  const auto level = lookup::ascii_lower(translation.value("smtp_tls_security_level"));
  static constexpr std::string_view known[] = {"none",      "may",         "encrypt", "dane",
                                               "dane-only", "fingerprint", "verify",  "secure"};
  if (std::find(std::begin(known), std::end(known), level) != std::end(known)) return level;
  if (!level.empty()) translation.note("smtp_tls_security_level", fmt::format("\"{}\" is not a level", level));
  if (is_yes(translation.value("smtp_enforce_tls"))) return "encrypt";
  return is_yes(translation.value("smtp_use_tls")) ? "may" : "";
}

/// The login for the next hop, out of smtp_sasl_password_maps.
void carry_login(Translation& translation, const std::string& hop) {
  if (!is_yes(translation.value("smtp_sasl_auth_enable")) || hop.empty()) return;
  const auto relayhost = translation.words("relayhost").front();
  const std::string bare =
      relayhost.substr(0, relayhost.rfind(':') == std::string::npos || relayhost.ends_with(']') ? relayhost.size()
                                                                                                : relayhost.rfind(':'));
  const std::string host = bare.starts_with('[') ? bare.substr(1, bare.size() - 2) : bare;
  for (const auto& reference : carry_maps(translation, "smtp_sasl_password_maps")) {
    const auto parsed = lookup::parse_map_reference(reference);
    if (!parsed || !lookup::is_memory_type(parsed->type)) continue;
    const auto opened = lookup::open_table(*parsed);
    if (!opened) continue;
    for (const auto& key : {relayhost, hop, bare, host}) {
      const auto answer = opened->table->find_now(key);
      if (!answer || !answer->is_found() || answer->values.empty()) continue;
      const auto& login = answer->values.front();
      const auto colon = login.find(':');
      if (colon == std::string::npos) translation.note("smtp_sasl_password_maps", key + " has a name but no password");
      translation.secrets.push_back({"relay-password", colon == std::string::npos ? "" : login.substr(colon + 1)});
      translation.draft.set({"routes", "default", "auth", "user"}, config::print_text(login.substr(0, colon)),
                            translation.origin("smtp_sasl_password_maps"));
      translation.draft.set({"routes", "default", "auth", "password"}, "\"${credential:relay-password}\"");
      if (const auto filter = translation.words("smtp_sasl_mechanism_filter"); !filter.empty())
        translation.draft.set({"routes", "default", "auth", "mechanisms"}, config::print_list(filter),
                              translation.origin("smtp_sasl_mechanism_filter"));
      return;
    }
  }
  translation.note(
      "smtp_sasl_password_maps",
      fmt::format("there is no login for {} in it; put user and password into routes.default.auth", relayhost));
  translation.draft.comment({"routes", "default"},
                            "The login is missing: auth: {user: NAME, password: \"${credential:relay-password}\"}");
}

/// Logins that differ by destination or by sender stay in their tables.
void carry_login_tables(Translation& translation, bool by_sender) {
  if (!is_yes(translation.value("smtp_sasl_auth_enable"))) return;
  const auto maps = carry_maps(translation, "smtp_sasl_password_maps");
  if (maps.empty()) return;
  const auto set = [&](const char* key, const std::string& yaml, const char* from) {
    translation.draft.set({"routes", "default", "auth", key}, yaml, translation.origin(from));
  };
  set("passwords", config::print_list(maps), "smtp_sasl_password_maps");
  if (by_sender) set("by_sender", "yes", "smtp_sender_dependent_authentication");
  if (const auto filter = translation.words("smtp_sasl_mechanism_filter"); !filter.empty())
    set("mechanisms", config::print_list(filter), "smtp_sasl_mechanism_filter");
}

void carry_route_tls(Translation& translation, bool has_login) {
  auto level = tls_level(translation);
  auto origin =
      translation.origin(translation.main.has("smtp_tls_security_level") ? "smtp_tls_security_level" : "smtp_use_tls");
  if (has_login && level == "none") {
    translation.note("smtp_tls_security_level", "none, but a password is not sent in clear here; raised to encrypt");
    level = "encrypt";
  }
  const auto set = [&](const char* key, const std::string& yaml, const std::string& from) {
    translation.draft.set({"routes", "default", "tls", key}, yaml, from);
  };
  if (!level.empty()) set("level", level, origin);
  for (const auto& [name, key] : {std::pair("smtp_tls_CAfile", "ca_file"), std::pair("smtp_tls_cert_file", "cert_file"),
                                  std::pair("smtp_tls_key_file", "key_file")}) {
    auto file = translation.value(name);
    if (file.empty() && std::string_view(key) == "key_file") file = translation.value("smtp_tls_cert_file");
    if (!file.empty()) set(key, config::print_text(carry_path(translation, file)), translation.origin(name));
  }
  if (const auto prints = translation.words("smtp_tls_fingerprint_cert_match"); !prints.empty())
    set("fingerprints", config::print_list(prints), translation.origin("smtp_tls_fingerprint_cert_match"));
  if (const auto maps = carry_maps(translation, "smtp_tls_policy_maps"); !maps.empty())
    set("policy", config::print_list(maps), translation.origin("smtp_tls_policy_maps"));
  if (is_yes(translation.value("smtp_tls_wrappermode")))
    set("wrapper", "yes", translation.origin("smtp_tls_wrappermode"));
  for (const auto& [name, key] :
       {std::pair("smtp_tls_mandatory_protocols", "protocols"), std::pair("smtp_tls_mandatory_ciphers", "ciphers")})
    if (const auto text = translation.value(name); !text.empty())
      set(key, config::print_text(text), translation.origin(name));
}

void carry_number(Translation& translation, const char* key, const std::string& route,
                  std::initializer_list<const char*> names, int most) {
  for (const std::string name : names) {
    if (!translation.main.has(name)) continue;
    const auto text = translation.value(name);
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec == std::errc{} && number >= 1 && number <= most)
      translation.draft.set({"routes", route, key}, text, translation.origin(name));
    else
      translation.note(name, fmt::format("\"{}\" is not carried over: {} is a number from 1 to {}", text, key, most));
    return;
  }
}

void carry_rate(Translation& translation) {
  for (const std::string name : {"smtp_destination_rate_delay", "default_destination_rate_delay"}) {
    const auto text = translation.value(name);
    if (text.empty() || text.front() == '0') continue;
    const bool has_unit = std::string_view("smhd").find(text.back()) != std::string_view::npos;
    translation.draft.set({"routes", "default", "rate"}, fmt::format("1/{}{}", text, has_unit ? "" : "s"),
                          translation.origin(name));
    return;
  }
}

/// "lmtp:unix:private/dovecot" or "smtp:[10.0.0.5]" as a route. False, after a note, when there is no such transport.
bool carry_transport(Translation& translation, const std::string& name, const std::string& route) {
  const auto value = translation.value(name);
  const auto colon = value.find(':');
  const auto transport = value.substr(0, colon);
  auto hop = colon == std::string::npos ? std::string() : value.substr(colon + 1);
  if (transport == "virtual" || transport == "local" || value.empty()) return false;
  if ((transport == "smtp" || transport == "relay") && hop.empty()) return false;
  if (hop.starts_with("inet:")) hop.erase(0, 5);
  if (transport == "lmtp" && hop.starts_with("unix:")) {
    translation.draft.set({"routes", route, "protocol"},
                          config::print_text("lmtp:unix:" + queue_path(translation, hop.substr(5))),
                          translation.origin(name));
  } else if (const auto relay = next_hop(hop);
             relay && !hop.empty() && (transport == "lmtp" || transport == "smtp" || transport == "relay")) {
    // An LMTP server is a host, never a domain with MX records.
    auto host = *relay;
    if (transport == "lmtp" && !host.starts_with('[')) {
      const auto port = host.find(':');
      host = "[" + host.substr(0, port) + "]" + (port == std::string::npos ? ":24" : host.substr(port));
    }
    translation.draft.set({"routes", route, "relay"}, config::print_list(std::vector{host}), translation.origin(name));
    if (transport == "lmtp") translation.draft.set({"routes", route, "protocol"}, "lmtp");
  } else {
    translation.note(name,
                     fmt::format("{} is not carried over: only smtp: and lmtp: transports are known; mail goes the "
                                 "usual way",
                                 value));
    return false;
  }
  if (transport == "lmtp") {
    carry_number(translation, "concurrency", route, {"lmtp_destination_concurrency_limit"}, 10000);
    carry_number(translation, "recipient_limit", route, {"lmtp_destination_recipient_limit"}, 100000);
  }
  return true;
}

}  // namespace

void carry_routes(Translation& translation) {
  auto hops = next_hops(translation, "relayhost");
  const bool has_relayhost = !hops.empty();
  const auto origin = translation.origin("relayhost");
  if (!has_relayhost && carry_transport(translation, "default_transport", "default")) {
    hops.clear();
  } else {
    translation.draft.set({"routes", "default", "relay"},
                          has_relayhost ? config::print_list(hops) : std::string("[mx]"),
                          has_relayhost ? origin : "No relayhost: the MX of the recipient's domain.");
  }
  const bool by_sender = is_yes(translation.value("smtp_sender_dependent_authentication"));
  if (has_relayhost && !by_sender)
    carry_login(translation, hops.front());
  else
    carry_login_tables(translation, by_sender);
  carry_route_tls(translation, translation.draft.has({"routes", "default", "auth"}));
  if (const auto fallback = next_hops(translation, "smtp_fallback_relay"); !fallback.empty())
    translation.draft.set({"routes", "default", "fallback"}, config::print_list(fallback),
                          translation.origin("smtp_fallback_relay"));
  if (const auto address = translation.value("smtp_bind_address"); !address.empty())
    translation.draft.set({"routes", "default", "bind_address"}, config::print_text(address),
                          translation.origin("smtp_bind_address"));
  carry_number(translation, "concurrency", "default",
               {"smtp_destination_concurrency_limit", "default_destination_concurrency_limit"}, 10000);
  carry_number(translation, "recipient_limit", "default",
               {"smtp_destination_recipient_limit", "default_destination_recipient_limit"}, 100000);
  carry_rate(translation);
  for (const auto& [name, domain_class, route] :
       {std::tuple("virtual_transport", "virtual_mailbox", "virtual"), std::tuple("relay_transport", "relay", "relay")})
    if (carry_transport(translation, name, route)) translation.domain_routes[domain_class] = route;
  for (const std::string name : {"local_transport", "mailbox_transport"})
    if (const auto value = translation.value(name); !value.empty() && !value.starts_with("local"))
      translation.note(name, fmt::format("{} is not carried over: give the domain class relay and a route", value));
  // Clients of master.cf that transport_maps may name.
  for (const auto& service : translation.services) {
    static constexpr std::string_view known[] = {"smtp", "relay", "lmtp"};
    const bool is_client = service.type == "unix" && (service.command == "smtp" || service.command == "lmtp");
    if (!is_client || std::find(std::begin(known), std::end(known), service.name) != std::end(known)) continue;
    const Draft::Path path{"routes", service.name, "relay"};
    translation.draft.set(path, "[mx]", fmt::format("transport {} of master.cf", service.name));
    if (service.command == "lmtp") translation.draft.set({"routes", service.name, "protocol"}, "lmtp");
    carry_number(translation, "concurrency", service.name, {(service.name + "_destination_concurrency_limit").c_str()},
                 10000);
    carry_number(translation, "recipient_limit", service.name,
                 {(service.name + "_destination_recipient_limit").c_str()}, 100000);
    for (const auto& option : service.overrides)
      translation.note_at(
          option.place, fmt::format("transport {}: {} is not carried over; see its route", service.name, option.name));
  }
}

}  // namespace gateway::postfix
