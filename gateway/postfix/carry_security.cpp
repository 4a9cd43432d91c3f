#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "gateway/config/yaml_print.hpp"
#include "gateway/postfix/translation.hpp"
#include "lookup/address.hpp"
#include "lookup/table_text.hpp"

namespace gateway::postfix {

namespace {

/// The oldest protocol of ">=TLSv1.2" or of a list of exclusions; "" when it says nothing.
std::string oldest_protocol(const std::vector<std::string>& words) {
  static constexpr std::string_view known[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
  std::set<std::string, std::less<>> excluded, included;
  for (const auto& word : words) {
    if (word.starts_with(">=")) return word.substr(2);
    (word.starts_with('!') ? excluded : included).insert(word.starts_with('!') ? word.substr(1) : word);
  }
  for (const auto protocol : known)
    if (!excluded.contains(protocol) && (included.empty() || included.contains(protocol))) return std::string(protocol);
  return {};
}

void carry_protocols(Translation& translation) {
  for (const std::string name : {"smtpd_tls_protocols", "smtpd_tls_mandatory_protocols"}) {
    if (!translation.main.has(name)) continue;
    const auto oldest = oldest_protocol(translation.words(name));
    if (oldest == "TLSv1.2" || oldest == "TLSv1.3")
      translation.draft.set({"tls", "min_protocol"}, oldest, translation.origin(name));
    else
      translation.note(name,
                       "allows protocols older than TLSv1.2, which is kept as the oldest here; set "
                       "tls.min_protocol if clients need them");
    return;
  }
}

/// "pwcheck_method: saslauthd" and so on, of Cyrus' smtpd.conf beside main.cf.
void carry_cyrus_options(Translation& translation) {
  std::string folder = translation.value("cyrus_sasl_config_path");
  if (folder.empty()) folder = translation.folder + "/sasl";
  const std::string path = folder + "/smtpd.conf";
  std::ifstream in(path);
  if (!in) {
    translation.note("smtpd_sasl_auth_enable", fmt::format("there is no {}: put its lines into sasl.options and "
                                                           "sasl.mechanisms",
                                                           path));
    return;
  }
  std::string line;
  while (std::getline(in, line)) {
    const auto text = lookup::trimmed(line);
    const auto colon = text.find(':');
    if (text.empty() || text.front() == '#' || colon == std::string_view::npos) continue;
    const std::string name(lookup::trimmed(text.substr(0, colon)));
    const std::string value(lookup::trimmed(text.substr(colon + 1)));
    if (name == "mech_list")
      translation.draft.set({"sasl", "mechanisms"}, config::print_list(words_of(value)), "mech_list, " + path);
    else
      translation.draft.set({"sasl", "options", name}, config::print_text(value), path);
  }
}

constexpr const char* asking[] = {"smtpd_tls_ask_ccert", "smtpd_tls_req_ccert"};

bool wants_sasl(const Translation& translation) {
  if (is_yes(translation.value("smtpd_sasl_auth_enable"))) return true;
  return std::any_of(translation.services.begin(), translation.services.end(), [](const Service& service) {
    return std::any_of(service.overrides.begin(), service.overrides.end(), [](const Setting& option) {
      return option.name == "smtpd_sasl_auth_enable" && is_yes(option.value);
    });
  });
}

/// Postfix asks for the options in clear also inside TLS unless told otherwise; here passwords need TLS anyway.
void carry_security_options(Translation& translation) {
  for (const auto& [parameter, key] : {std::pair("smtpd_sasl_security_options", "security_options"),
                                       std::pair("smtpd_sasl_tls_security_options", "tls_security_options")}) {
    const std::string name = parameter;
    if (!translation.main.has(name)) continue;
    std::vector<std::string> words;
    for (const auto& word : translation.words(name)) {
      static const std::set<std::string, std::less<>> known{"noanonymous",  "noplaintext",     "noactive",
                                                            "nodictionary", "forward_secrecy", "mutual_auth"};
      if (known.contains(word))
        words.push_back(word);
      else
        translation.note(name, fmt::format("{} is not carried over: it is no option of SASL", word));
    }
    translation.draft.set({"sasl", key}, config::print_list(words), translation.origin(name));
  }
}

void add_certificate(Translation& translation, const std::string& cert, const std::string& key) {
  translation.draft.add({"tls", "certificates"},
                        fmt::format("{{cert: {}, key: {}}}", config::print_text(carry_path(translation, cert)),
                                    config::print_text(carry_path(translation, key.empty() ? cert : key))));
}

/// Certificates of clients: who vouches for them, and which may relay.
void carry_client_certificates(Translation& translation) {
  auto& draft = translation.draft;
  const bool asks = std::any_of(std::begin(asking), std::end(asking), [&](const char* name) {
    return is_yes(translation.value(name)) ||
           std::any_of(translation.services.begin(), translation.services.end(), [&](const Service& service) {
             return std::any_of(service.overrides.begin(), service.overrides.end(),
                                [&](const Setting& option) { return option.name == name && is_yes(option.value); });
           });
  });
  const auto authorities = translation.value("smtpd_tls_CAfile");
  if (!authorities.empty() && asks)
    draft.set({"tls", "client_ca_file"}, config::print_text(carry_path(translation, authorities)),
              translation.origin("smtpd_tls_CAfile"));
  if (const auto maps = carry_maps(translation, "relay_clientcerts"); !maps.empty())
    draft.set({"tls", "relay_clientcerts"}, config::print_list(maps), translation.origin("relay_clientcerts"));
  const auto digest = lookup::ascii_lower(translation.value("smtpd_tls_fingerprint_digest"));
  if (digest == "md5" || digest == "sha1" || digest == "sha256" || digest == "sha512")
    draft.set({"tls", "fingerprint_digest"}, digest, translation.origin("smtpd_tls_fingerprint_digest"));
  else if (!digest.empty())
    translation.note("smtpd_tls_fingerprint_digest",
                     fmt::format("{} is not carried over; it must be md5, sha1, sha256 or sha512", digest));
}

std::string milter_address(const Translation& translation, const std::string& word) {
  if (word.starts_with("unix:")) return "unix:" + queue_path(translation, word.substr(5));
  if (word.starts_with("local:")) return "unix:" + queue_path(translation, word.substr(6));
  if (word.starts_with("inet:") || word.starts_with("inet6:")) return word;
  return "";
}

}  // namespace

void carry_tls(Translation& translation) {
  std::vector<std::pair<std::string, std::string>> certificates;
  std::string origin = "smtpd_tls_cert_file";
  if (const auto chain = translation.words("smtpd_tls_chain_files"); !chain.empty()) {
    origin = "smtpd_tls_chain_files";
    // Each key stands before its certificate: in a file of its own, or in the same one.
    if (chain.size() == 2 && chain[0].ends_with(".key"))
      certificates.emplace_back(chain[1], chain[0]);
    else if (chain.size() == 2 || chain.size() == 1)
      for (const auto& file : chain) certificates.emplace_back(file, file);
    else
      for (std::size_t i = 0; i + 1 < chain.size(); i += 2) certificates.emplace_back(chain[i + 1], chain[i]);
  } else {
    for (const std::string kind : {"", "ec"}) {
      const auto cert = translation.value("smtpd_tls_" + kind + "cert_file");
      const auto key = translation.value("smtpd_tls_" + kind + "key_file");
      if (!cert.empty() && cert != "none") certificates.emplace_back(cert, key);
    }
  }
  if (!certificates.empty()) translation.draft.make_list({"tls", "certificates"}, translation.origin(origin));
  for (const auto& [cert, key] : certificates) add_certificate(translation, cert, key);
  carry_client_certificates(translation);
  carry_protocols(translation);
}

void carry_sasl(Translation& translation) {
  auto& draft = translation.draft;
  if (!wants_sasl(translation)) return;
  const auto origin = translation.origin("smtpd_sasl_type");
  if (translation.value("smtpd_sasl_type") == "dovecot") {
    auto path = translation.value("smtpd_sasl_path");
    if (path.empty() || path == "smtpd") path = "private/auth";
    const std::string address = path.starts_with("inet:")   ? path
                                : path.starts_with("unix:") ? "unix:" + queue_path(translation, path.substr(5))
                                                            : "unix:" + queue_path(translation, path);
    draft.set({"sasl", "backend"}, config::print_text("dovecot:" + address), origin);
  } else {
    draft.set({"sasl", "backend"}, "cyrus", origin.empty() ? translation.origin("smtpd_sasl_auth_enable") : origin);
    carry_cyrus_options(translation);
  }
  const bool has_certificate = draft.has({"tls", "certificates"});
  const bool says_no = translation.main.has("smtpd_tls_auth_only") && !is_yes(translation.value("smtpd_tls_auth_only"));
  if (!has_certificate || says_no) {
    draft.set({"sasl", "require_tls"}, "no",
              has_certificate ? translation.origin("smtpd_tls_auth_only")
                              : "There is no certificate, so passwords go in clear, as before. Get one.");
  } else if (!translation.main.has("smtpd_tls_auth_only")) {
    translation.note("smtpd_sasl_auth_enable",
                     "clients must use TLS to log in from now on; sasl.require_tls: no lets "
                     "passwords go in clear as Postfix did");
  }
  carry_security_options(translation);
  if (const auto realm = translation.value("smtpd_sasl_local_domain"); !realm.empty())
    draft.set({"sasl", "local_domain"}, config::print_text(realm), translation.origin("smtpd_sasl_local_domain"));
  if (const auto maps = carry_maps(translation, "smtpd_sender_login_maps"); !maps.empty())
    draft.set({"sasl", "sender_login_maps"}, config::print_list(maps), translation.origin("smtpd_sender_login_maps"));
}

void carry_milters(Translation& translation) {
  int number = 0;
  std::set<std::string> seen;
  for (const std::string name : {"smtpd_milters", "non_smtpd_milters"})
    for (std::string word : translation.words(name)) {
      if (word.starts_with('{')) word = words_of(word.substr(1, word.size() - 2)).front();
      const auto address = milter_address(translation, word);
      if (address.empty()) {
        translation.note(name, fmt::format("{} is not carried over: it is not inet:HOST:PORT or unix:PATH", word));
        continue;
      }
      if (!seen.insert(address).second) continue;
      const std::string filter = fmt::format("milter{}", ++number);
      translation.draft.set({"filters", filter, "milter"}, config::print_text(address), translation.origin(name));
      const auto action = translation.value("milter_default_action");
      static constexpr std::string_view known[] = {"accept", "reject", "tempfail", "quarantine", "shutdown"};
      if (std::find(std::begin(known), std::end(known), action) != std::end(known))
        translation.draft.set({"filters", filter, "default_action"}, action,
                              translation.origin("milter_default_action"));
      for (const auto& [parameter, key] :
           {std::pair("milter_connect_timeout", "connect"), std::pair("milter_command_timeout", "command"),
            std::pair("milter_content_timeout", "content")})
        if (const auto time = translation.value(parameter); !time.empty())
          translation.draft.set({"filters", filter, "timeout", key}, time, translation.origin(parameter));
    }
}

}  // namespace gateway::postfix
