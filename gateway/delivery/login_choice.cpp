#include "gateway/delivery/login_choice.hpp"

#include <algorithm>

#include "gateway/delivery/sasl_client.hpp"

namespace gateway {

namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

LoginChoice choose_mechanisms(const config::RouteAuth& wishes, const std::vector<std::string>& offered,
                              Plaintext plaintext) {
  std::vector<std::string> wanted, excluded;
  for (const auto& each : wishes.mechanisms) {
    if (each.starts_with('!'))
      excluded.push_back(upper(std::string_view(each).substr(1)));
    else
      wanted.push_back(upper(each));
  }
  const auto may_use = [&](const std::string& mechanism) {
    if (!has(offered, mechanism) || has(excluded, mechanism)) return false;
    return plaintext == Plaintext::allowed || (mechanism != "PLAIN" && mechanism != "LOGIN");
  };
  LoginChoice choice;
  for (const auto& each : wanted)
    if (may_use(each)) choice.ordered.push_back(each);
  if (!wanted.empty()) return choice;
  // EXTERNAL and ANONYMOUS say nothing of our login: only where they are asked for by name.
  for (const auto& each : offered)
    if (may_use(each) && each != "PLAIN" && each != "LOGIN" && each != "EXTERNAL" && each != "ANONYMOUS")
      choice.plugins.push_back(each);
  for (const char* each : {"PLAIN", "LOGIN"})
    if (may_use(each)) choice.ordered.emplace_back(each);
  return choice;
}

PeerLogin parse_login(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace gateway
