#include "gateway/sasl/mechanisms.hpp"

#include "gateway/sasl/login_source.hpp"

namespace gateway {

namespace {

/// What a mechanism does, in the words of the options that forbid it or ask for it.
struct Properties {
  std::string_view mechanism;
  bool plaintext, anonymous, dictionary, active, forward_secret, mutual;
};

constexpr std::array<Properties, 15> known{{
    {"PLAIN", true, false, true, true, false, false},
    {"LOGIN", true, false, true, true, false, false},
    {"XOAUTH2", true, false, false, true, false, false},
    {"OAUTHBEARER", true, false, false, true, false, false},
    {"ANONYMOUS", false, true, false, false, false, false},
    {"CRAM-MD5", false, false, true, true, false, false},
    {"DIGEST-MD5", false, false, true, false, false, true},
    {"NTLM", false, false, true, true, false, false},
    {"SCRAM-SHA-1", false, false, true, false, false, true},
    {"SCRAM-SHA-224", false, false, true, false, false, true},
    {"SCRAM-SHA-256", false, false, true, false, false, true},
    {"SCRAM-SHA-384", false, false, true, false, false, true},
    {"SCRAM-SHA-512", false, false, true, false, false, true},
    {"GSSAPI", false, false, false, false, false, true},
    {"GSS-SPNEGO", false, false, false, false, false, true},
}};

constexpr Properties external{"EXTERNAL", false, false, false, false, false, false};

const Properties* find(std::string_view mechanism) {
  if (mechanism == external.mechanism) return &external;
  const auto* const found =
      std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.mechanism == mechanism; });
  return found == known.end() ? nullptr : found;
}

std::string in_capitals(std::string text) {
  for (char& octet : text)
    if (octet >= 'a' && octet <= 'z') octet = static_cast<char>(octet - 'a' + 'A');
  return text;
}

/// RFC 5802 5.1: "n,,n=user,r=nonce", where "=2C" and "=3D" stand for comma and equals sign.
std::string scram_name(std::string_view octets) {
  const auto at = octets.find(",n=");
  if (at == std::string_view::npos) return {};
  const auto rest = octets.substr(at + 3);
  std::string name;
  for (const auto text = rest.substr(0, rest.find(',')); char octet : text) name += octet;
  for (const auto& [coded, octet] : {std::pair("=2C", ","), std::pair("=3D", "=")})
    for (auto place = name.find(coded); place != std::string::npos; place = name.find(coded, place + 1))
      name.replace(place, 3, octet);
  return name;
}

/// RFC 2831 2.1.2: username="user",realm=...
std::string digest_name(std::string_view octets) {
  constexpr std::string_view key = "username=\"";
  const auto at = octets.find(key);
  if (at == std::string_view::npos) return {};
  const auto rest = octets.substr(at + key.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace

bool keeps_to(const std::vector<std::string>& security_options, std::string_view mechanism) {
  const Properties* const does = find(mechanism);
  if (!does) return false;
  return std::all_of(security_options.begin(), security_options.end(), [&](const std::string& option) {
    if (option == "noplaintext") return !does->plaintext;
    if (option == "noanonymous") return !does->anonymous;
    if (option == "nodictionary") return !does->dictionary;
    if (option == "noactive") return !does->active;
    if (option == "forward_secrecy") return does->forward_secret;
    return option != "mutual_auth" || does->mutual;
  });
}

std::vector<std::string> offered_mechanisms(const config::Sasl& sasl, const LoginSource& source,
                                            const LoginPeer& peer) {
  const auto& options = peer.tls ? sasl.tls_security_options : sasl.security_options;
  std::vector<std::string> offered;
  for (const auto& configured : sasl.mechanisms) {
    auto mechanism = in_capitals(configured);
    if (keeps_to(options, mechanism) && source.knows(mechanism, peer)) offered.push_back(std::move(mechanism));
  }
  return offered;
}

std::string claimed_login(std::string_view mechanism, std::string_view octets, int turn) {
  if (turn != 0) return {};
  if (mechanism == "PLAIN") {
    const auto first = octets.find('\0');
    if (first == std::string_view::npos) return {};
    const auto rest = octets.substr(first + 1);
    return std::string(rest.substr(0, rest.find('\0')));
  }
  if (mechanism == "LOGIN") return std::string(octets.substr(0, octets.find('\0')));
  if (mechanism == "CRAM-MD5") {
    // RFC 2195 2: "user digest"; a name may hold blanks.
    const auto blank = octets.rfind(' ');
    return blank == std::string_view::npos ? std::string() : std::string(octets.substr(0, blank));
  }
  if (mechanism == "DIGEST-MD5") return digest_name(octets);
  if (mechanism.starts_with("SCRAM-")) return scram_name(octets);
  if (mechanism == "EXTERNAL") return std::string(octets);
  return {};
}

}  // namespace gateway
