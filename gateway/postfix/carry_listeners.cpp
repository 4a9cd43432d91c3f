#include <fmt/core.h>

#include <algorithm>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/address.hpp"
#include "lookup/ip_address.hpp"

namespace gateway::postfix {

namespace {

constexpr std::pair<const char*, const char*> client_limits[] = {
    {"smtpd_client_connection_count_limit", "connections"},
    {"smtpd_client_connection_rate_limit", "connection_rate"},
    {"smtpd_client_message_rate_limit", "message_rate"},
    {"smtpd_client_recipient_rate_limit", "recipient_rate"},
    {"smtpd_client_new_tls_session_rate_limit", "newtls_rate"},
    {"smtpd_client_auth_rate_limit", "auth_rate"},
};

// What a service may override that is read by the listener itself.
constexpr std::string_view listener_parameters[] = {"smtpd_tls_security_level",
                                                    "smtpd_use_tls",
                                                    "smtpd_enforce_tls",
                                                    "smtpd_tls_wrappermode",
                                                    "smtpd_sasl_auth_enable",
                                                    "smtpd_authorized_xclient_hosts",
                                                    "smtpd_authorized_xforward_hosts",
                                                    "smtpd_upstream_proxy_protocol",
                                                    "smtputf8_enable",
                                                    "smtpd_sasl_type",
                                                    "smtpd_sasl_path"};

struct Port {
  std::vector<std::string> addresses;  // empty: all
  int number = 0;
};

std::vector<std::string> own_addresses(Translation& translation) {
  std::vector<std::string> addresses;
  const auto protocols = translation.value("inet_protocols");
  const bool v4 =
      protocols.empty() || protocols.find("all") != std::string::npos || protocols.find("ipv4") != std::string::npos;
  const bool v6 =
      protocols.empty() || protocols.find("all") != std::string::npos || protocols.find("ipv6") != std::string::npos;
  const auto add = [&](const char* four, const char* six) {
    if (v4) addresses.emplace_back(four);
    if (v6) addresses.emplace_back(six);
  };
  for (const auto& word : translation.words("inet_interfaces")) {
    if (word == "all") {
      addresses.clear();
      add("0.0.0.0", "::");
      break;
    }
    if (word == "loopback-only" || word == "localhost")
      add("127.0.0.1", "::1");
    else if (const auto address = lookup::parse_ip(word))
      addresses.push_back(address->to_string());
    else
      translation.note("inet_interfaces", fmt::format("{} is not carried over: write the IP address", word));
  }
  if (addresses.empty()) add("0.0.0.0", "::");
  return addresses;
}

/// "submission", "10025", "127.0.0.1:10025", "[::1]:smtp"; port 0 when it is none of these.
Port port_of_service(const std::string& name) {
  const auto colon = name.rfind(':');
  const auto inside = name.find(']');
  if (colon == std::string::npos || (inside != std::string::npos && colon < inside)) return {{}, port_of(name)};
  const auto host = name.substr(0, colon);
  const int number = port_of(name.substr(colon + 1));
  if (host.empty()) return {{}, number};
  if (host == "localhost") return {{"127.0.0.1", "::1"}, number};
  const auto address = lookup::parse_ip(host);
  return address ? Port{{address->to_string()}, number} : Port{{}, 0};
}

std::string tls_of(const MainCf& main, bool has_certificate) {
  if (is_yes(main.value("smtpd_tls_wrappermode"))) return "wrapper";
  const auto level = lookup::ascii_lower(main.value("smtpd_tls_security_level"));
  if (level == "encrypt" || (level.empty() && is_yes(main.value("smtpd_enforce_tls")))) return "required";
  if (level == "may" || (level.empty() && is_yes(main.value("smtpd_use_tls"))))
    return has_certificate ? "opportunistic" : "none";
  return "none";
}

class Listeners {
 public:
  explicit Listeners(Translation& translation) : translation_(translation) {}

  void carry(const Service& service, const std::vector<Setting>& overrides) {
    const auto port = port_of_service(service.name);
    if (port.number == 0) {
      translation_.note_at(service.place,
                           fmt::format("service {} is not carried over: its port is unknown", service.name));
      return;
    }
    main_ = translation_.main;
    for (const auto& option : overrides) main_.override_with(option);
    const auto name = name_of(service, port.number);
    std::string yaml = fmt::format(
        "{{name: {}, address: {}, port: {}", name,
        config::print_list(port.addresses.empty() ? own_addresses(translation_) : port.addresses), port.number);
    const bool has_certificate = translation_.draft.has({"tls", "certificates"});
    auto tls = tls_of(main_, has_certificate);
    if ((tls == "required" || tls == "wrapper") && !has_certificate) {
      translation_.note_at(service.place,
                           fmt::format("service {} is not carried over: it speaks TLS, but no certificate is set "
                                       "(smtpd_tls_cert_file)",
                                       service.name));
      return;
    }
    const bool has_auth = is_yes(main_.value("smtpd_sasl_auth_enable"));
    // require_tls is only written when it is off.
    if (has_auth && tls == "none" && has_certificate && !translation_.draft.has({"sasl", "require_tls"})) {
      tls = "opportunistic";
      translation_.note_at(service.place,
                           fmt::format("service {} offers logins, so it offers TLS from now on too", service.name));
    }
    if (tls != "opportunistic") yaml += ", tls: " + tls;
    if (has_auth) yaml += ", auth: offered";
    Service own = service;
    own.overrides = overrides;
    if (carry_listener_restrictions(translation_, own, name)) yaml += ", restrictions: " + name;
    yaml += extras();
    if (service.command == "postscreen") yaml += pregreet();
    translation_.draft.add({"listeners"}, yaml + "}");
    note_overrides(service, overrides);
    for (const auto& [parameter, setting] : translation_.main.settings())
      if (main_.was_read(parameter)) translation_.main.mark_read(parameter);
  }

 private:
  std::string name_of(const Service& service, int port) {
    std::string name = port == 25    ? "mx"
                       : port == 587 ? "submission"
                       : port == 465 ? "submissions"
                                     : fmt::format("port{}", port);
    while (!names_.insert(name).second) name += "_" + std::to_string(service.place.line);
    return name;
  }

  /// postscreen's pregreet test, where it refuses anybody.
  std::string pregreet() {
    const auto action = main_.value("postscreen_greet_action"), ttl = main_.value("postscreen_greet_ttl");
    if (action != "enforce" && action != "drop") return {};
    const auto wait = main_.value("postscreen_greet_wait"), banner = main_.value("postscreen_greet_banner");
    std::string yaml = ", pregreet: {wait: " + (wait.empty() ? std::string("6s") : wait);
    if (main_.has("postscreen_greet_banner")) {
      if (!banner.empty()) yaml += ", banner: " + config::print_text(banner);
    } else {
      yaml += ", banner: " + config::print_text(main_.value("myhostname") + " ESMTP");
    }
    if (!ttl.empty()) yaml += ", remember: " + ttl;
    return yaml + "}";
  }

  std::string extras() {
    std::string yaml, limits;
    const auto unit = main_.value("anvil_rate_time_unit");
    for (const auto& [parameter, key] : client_limits) {
      const auto value = main_.value(parameter);
      if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) continue;
      const bool is_rate = std::string_view(key).ends_with("_rate");
      limits += fmt::format("{}{}: {}{}", limits.empty() ? "" : ", ", key, value,
                            is_rate && value != "0" ? "/" + (unit.empty() ? std::string("60s") : unit) : "");
    }
    std::vector<std::string> xclient;
    for (const auto* parameter : {"smtpd_authorized_xclient_hosts", "smtpd_authorized_xforward_hosts"})
      for (const auto& word : words_of(main_.value(parameter))) {
        if (const auto network = lookup::parse_network(word))
          xclient.push_back(network->to_string());
        else
          translation_.note(parameter, fmt::format("{} is not carried over: only networks may be listed", word));
      }
    if (!xclient.empty()) yaml += ", xclient: " + config::print_list(xclient);
    if (main_.value("smtpd_upstream_proxy_protocol") == "haproxy") {
      const auto trusted = words_of(main_.value("mynetworks"));
      yaml += ", proxy_protocol: yes, trusted_proxies: " +
              config::print_list(trusted.empty() ? std::vector<std::string>{"127.0.0.0/8"} : trusted);
      translation_.note("smtpd_upstream_proxy_protocol",
                        "a proxy must be named to be believed: set trusted_proxies to its address");
    }
    if (main_.has("smtputf8_enable") && !is_yes(main_.value("smtputf8_enable"))) yaml += ", smtputf8: no";
    if (!limits.empty()) yaml += ", client_limits: {" + limits + "}";
    return yaml;
  }

  void note_overrides(const Service& service, const std::vector<Setting>& overrides) {
    for (const auto& option : overrides) {
      const bool is_list = option.name.starts_with("smtpd_") && option.name.ends_with("_restrictions");
      const bool is_limit = std::any_of(std::begin(client_limits), std::end(client_limits),
                                        [&](const auto& limit) { return option.name == limit.first; });
      const bool is_known = std::find(std::begin(listener_parameters), std::end(listener_parameters), option.name) !=
                            std::end(listener_parameters);
      const bool is_used =
          is_list || is_limit || is_known || main_.was_read(option.name) || option.name == "syslog_name";
      if (!is_used)
        translation_.note_at(option.place, fmt::format("service {}: {}={} is not carried over: it is one for all "
                                                       "listeners, or has no counterpart",
                                                       service.name, option.name, option.value));
    }
  }

  Translation& translation_;
  MainCf main_;
  std::set<std::string> names_;
};

}  // namespace

void carry_listeners(Translation& translation) {
  translation.draft.make_list({"listeners"}, translation.services.empty() ? "There is no master.cf: port 25."
                                                                          : "The inet services of master.cf.");
  Listeners listeners(translation);
  if (translation.services.empty()) {
    Service service;
    service.name = "smtp";
    service.place = translation.place_of("inet_interfaces");
    listeners.carry(service, {});
    return;
  }
  // Behind postscreen the server is the service "smtpd pass", whose options count.
  const auto pass = std::find_if(translation.services.begin(), translation.services.end(),
                                 [](const Service& each) { return each.type == "pass" && each.command == "smtpd"; });
  for (const auto& service : translation.services) {
    if (service.type == "inet" && service.command == "smtpd") {
      listeners.carry(service, service.overrides);
    } else if (service.type == "inet" && service.command == "postscreen") {
      listeners.carry(service, pass == translation.services.end() ? service.overrides : pass->overrides);
      translation.note_at(service.place,
                          "of postscreen only the pregreet test is carried over: its DNS lists go into "
                          "restrictions.client as reject_dnsbl_score");
    } else if (service.type == "inet" || service.command == "pipe" || service.command == "spawn") {
      translation.note_at(service.place,
                          fmt::format("service {} ({}) is not carried over: only smtpd listens, and mail "
                                      "is not handed to commands",
                                      service.name, service.command));
    }
  }
}

}  // namespace gateway::postfix
