#include "gateway/config/keys.hpp"

#include "gateway/config/key_maker.hpp"
#include "gateway/config/nearest.hpp"

namespace gateway::config {
namespace {

Key host_name(const char* name, std::string Config::*member, const char* example, const char* doc) {
  Key key = KeyMaker<Config>::scalar(
      KeyType::host_name, name, member, example, doc,
      [](std::string_view text) -> Parsed<std::string> {
        const auto fail = [&] { return tl::unexpected(fmt::format("\"{}\" is not a host name", text)); };
        if (text.empty() || text.size() > 253) return fail();
        for (std::size_t from = 0; from <= text.size();) {
          const auto label = text.substr(from, text.find('.', from) - from);
          const auto allowed = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                   static_cast<unsigned char>(c) >= 0x80;
          };
          if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return fail();
          if (!std::all_of(label.begin(), label.end(), allowed)) return fail();
          from += label.size() + 1;
        }
        return std::string(text);
      },
      [](const std::string& value) { return print_text(value); });
  return key;
}

Key make_all_keys() {
  using K = KeyMaker<Config>;
  using U = KeyMaker<RunAs>;
  Key root = K::make(KeyType::section, "", "", "");
  root.children = {
      K::integer("version", &Config::version, 1, 1, "1", "The version of this file's format."),
      K::section("run_as", &Config::run_as,
                 "The user that the daemon becomes when it was started as root, after it has its ports and logs.",
                 {restart_only(U::text("user", &RunAs::user, "gatepost", "Its name.")),
                  restart_only(U::text("group", &RunAs::group, "gatepost", "Its group; empty: the user's own."))}),
      required(host_name("hostname", &Config::hostname, "mx1.example.com",
                         "The full name of this server, as it says it in SMTP.")),
      fallback(host_name("mydomain", &Config::mydomain, "example.org", "The domain of this server."),
               "hostname without its first part"),
      fallback(host_name("myorigin", &Config::myorigin, "example.org", "The domain that addresses without one get."),
               "hostname"),
      K::networks("mynetworks", &Config::mynetworks, "[127.0.0.0/8, \"::1/128\", 10.0.0.0/8]",
                  "Clients that permit_mynetworks trusts: networks without host bits."),
      K::addresses("proxy_interfaces", &Config::proxy_interfaces, "[192.0.2.1]",
                   "Addresses at which this server is reached through NAT, so that it finds itself among MX hosts."),
      listener_keys(),
      domain_keys(),
      directory_keys(),
      route_keys(),
      K::maps("transport", &Config::transport, "[\"hash:/etc/gatepost/transport\"]",
              "Routes by address or domain (transport_maps)."),
      K::maps("sender_dependent_relayhost", &Config::sender_dependent_relayhost,
              "{\"@branch.example\": \"[10.1.0.1]:25\"}",
              "By sender: the servers, or the route, that mail takes instead of the route \"default\" "
              "(sender_dependent_relayhost_maps)."),
      table_keys(),
      restriction_keys(),
      rewrite_keys(),
      alias_keys(),
      K::text("recipient_delimiter", &Config::recipient_delimiter, "\"+\"",
              "Characters that part an extension from the local part."),
      K::maps("relocated", &Config::relocated, "[\"hash:/etc/gatepost/relocated\"]",
              "Users who have moved; mail is refused with the new address (relocated_maps)."),
      K::text("luser_relay", &Config::luser_relay, "postmaster@example.com", "Gets the mail of unknown local users."),
      bcc_keys(),
      mailbox_keys(),
      sasl_keys(),
      tls_keys(),
      filter_keys(),
      content_check_keys(),
      queue_keys(),
      unsupported("notify", "Who is told of trouble."),
      limit_keys(),
      unsupported("rate_limits", "Rates by key."),
      greylist_keys(),
      dns_keys(),
      K::section(
          "metrics", &Config::metrics, "The web server with /metrics, /healthz, /readyz and the status page.",
          {KeyMaker<Metrics>::text("listen", &Metrics::listen, "\"127.0.0.1:9925\"", "ADDRESS:PORT; empty: none.")}),
      unsupported("admin", "Administration over the web."),
      logging_keys(),
      K::section("control", &Config::control, "How the command line reaches the daemon.",
                 {restart_only(KeyMaker<Control>::path("socket", &Control::socket, "control.sock", "A UNIX socket."))}),
      unsupported("shared_state", "State that several gateways have in common."),
      restart_only(K::path("state_directory", &Config::state_directory, "/srv/lib/gatepost",
                           "Replicas of directories and other state that outlives a restart.")),
  };
  // restriction_classes: a mapping from names to lists, so its items are no sections.
  Key classes = K::make(
      KeyType::pairs, "restriction_classes", "{onlylocal: \"check_sender_access local_senders, reject\"}",
      "Names for lists of restrictions, to be used as an item of other lists or as the answer of an access table.");
  classes.store = [](Reading& reading, void* owner, const Value& value) {
    if (!value.is_mapping() && !value.is_empty()) {
      reading.error(value.place, "a mapping from names to lists of restrictions is expected here");
      return;
    }
    for (const auto& [name, inner] : value.entries)
      if (auto items = reading.restrictions(inner); items)
        static_cast<Config*>(owner)->restriction_classes.push_back({name.text, std::move(*items)});
  };
  classes.show = [](const void* owner) {
    std::string out = "{";
    for (const auto& each : static_cast<const Config*>(owner)->restriction_classes)
      out.append(out.size() > 1 ? ", " : "").append(print_text(each.name)).append(": ").append(print_list(each.items));
    return out.append("}");
  };
  const auto place = std::find_if(root.children.begin(), root.children.end(),
                                  [](const Key& key) { return key.name == "restrictions"; });
  root.children.insert(place, std::move(classes));
  return root;
}

void visit_keys(const Key& section, const std::string& path, const void* blank,
                const std::function<void(const std::string&, const Key&, const void*)>& visit) {
  for (const Key& key : section.children) {
    const std::string inner = path.empty() ? key.name : path + "." + key.name;
    switch (key.type) {
      case KeyType::unsupported:
        break;
      case KeyType::section:
        visit_keys(key, inner, key.blank ? key.blank.get() : key.peek(blank), visit);
        for (const Key& other : key.others) visit_keys(other, inner + ".*", other.blank.get(), visit);
        break;
      case KeyType::names:
        visit_keys(key, inner + ".*", key.blank.get(), visit);
        break;
      case KeyType::items:
        visit_keys(key, inner + "[]", key.blank.get(), visit);
        break;
      default:
        visit(inner, key, blank);
    }
  }
}

}  // namespace

const Key& all_keys() {
  static const Key root = make_all_keys();
  return root;
}

const Config& default_config() {
  static const Config config = [] {
    Config blank;
    blank.restrictions.emplace_back();
    blank.mynetworks = {*lookup::parse_network("127.0.0.0/8"), *lookup::parse_network("::1/128")};
    return blank;
  }();
  return config;
}

void for_each_key(const std::function<void(const std::string&, const Key&, const void*)>& visit) {
  visit_keys(all_keys(), "", &default_config(), visit);
}

std::string not_a_choice(std::string_view text, const std::vector<std::string>& choices) {
  std::string list;
  for (std::size_t i = 0; i < choices.size(); ++i)
    list.append(i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ").append(choices[i]);
  return fmt::format("\"{}\" is not known here; it must be {}{}", text, list, did_you_mean(text, choices));
}

Parsed<lookup::Network> parse_network_text(std::string_view text) {
  std::string plain(text);
  // Postfix writes [::1]/128.
  if (plain.starts_with('['))
    if (const auto end = plain.find(']'); end != std::string::npos)
      plain = plain.substr(1, end - 1) + plain.substr(end + 1);
  if (const auto network = lookup::parse_network(plain); network) return *network;
  if (const auto slash = plain.find('/'); slash != std::string::npos)
    if (lookup::parse_ip(plain.substr(0, slash)))
      if (const auto prefix = parse_integer(plain.substr(slash + 1)); prefix && *prefix >= 0 && *prefix <= 128)
        return tl::unexpected(
            fmt::format("\"{}\" has host bits, or a prefix that is too long; write the network's own address", text));
  return tl::unexpected(fmt::format("\"{}\" is not a network; write it like 10.0.0.0/8 or 2001:db8::/32", text));
}

Parsed<lookup::IpAddress> parse_address_text(std::string_view text) {
  const auto address = lookup::parse_ip(text);
  if (!address) return tl::unexpected(fmt::format("\"{}\" is not an IP address", text));
  return *address;
}

}  // namespace gateway::config
