#include "gateway/config/yaml_print.hpp"

#include <fmt/format.h>

namespace gateway::config {
namespace {

// Text that YAML takes for plain text, in a flow list as well.
bool is_plain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@` ").find(text.front()) != std::string_view::npos) {
    if (text.size() < 2 || text.front() != '-' || text[1] < '0' || text[1] > '9') return false;
  }
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f &&
           std::string_view(",[]{}\"").find(c) == std::string_view::npos;
  });
}

template <class List, class Print>
std::string in_brackets(const List& list, Print print) {
  std::string out = "[";
  for (const auto& item : list) out.append(out.size() > 1 ? ", " : "").append(print(item));
  return out.append("]");
}

}  // namespace

std::string print_text(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append({'\\', c});
    else if (c == '\n')
      out.append("\\n");
    else if (c == '\t')
      out.append("\\t");
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out.append(fmt::format("\\x{:02x}", static_cast<unsigned char>(c)));
    else
      out.push_back(c);
  }
  return out.append("\"");
}

std::string print_list(const std::vector<std::string>& texts) {
  return in_brackets(texts, [](const std::string& text) { return print_text(text); });
}
std::string print_list(const Texts& texts) {
  return in_brackets(texts, [](const Text& text) { return print_text(text.text); });
}
std::string print_list(const std::vector<lookup::Network>& networks) {
  return in_brackets(networks, [](const lookup::Network& network) { return print_text(network.to_string()); });
}
std::string print_list(const std::vector<lookup::IpAddress>& addresses) {
  return in_brackets(addresses, [](const lookup::IpAddress& address) { return print_text(address.to_string()); });
}
std::string print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out = "{";
  for (const auto& [name, value] : pairs)
    out.append(out.size() > 1 ? ", " : "").append(print_text(name)).append(": ").append(print_text(value));
  return out.append("}");
}

}  // namespace gateway::config
