#include "policy/rbl_reply.hpp"

namespace policy {

namespace {

constexpr int deepest_nesting = 8;

bool is_name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string address_part(const lookup::Address& address, bool is_known, std::string_view part) {
  if (!is_known) return {};
  if (part == "_name") return address.is_null() ? "<>" : address.local;
  if (part == "_domain") return address.domain;
  return address.is_null() ? "<>" : address.to_string();
}

class Expansion {
 public:
  Expansion(const RblReply& reply, const Facts& facts) : reply_(reply), facts_(facts) {}

  std::string expand(std::string_view text, int depth) const {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] != '$' || at + 1 == text.size()) {
        result += text[at++];
      } else if (text[at + 1] == '$') {
        result += '$';
        at += 2;
      } else if (text[at + 1] == '{') {
        at = expand_braced(text, at, depth, result);
      } else {
        const auto start = ++at;
        while (at < text.size() && is_name_octet(text[at])) ++at;
        result += value_of(text.substr(start, at - start));
      }
    }
    return result;
  }

 private:
  std::size_t expand_braced(std::string_view text, std::size_t at, int depth, std::string& result) const {
    std::size_t end = at + 2;
    for (int open = 1; end < text.size(); ++end) {
      if (text[end] == '{') ++open;
      if (text[end] == '}' && --open == 0) break;
    }
    const auto inner = text.substr(at + 2, end - at - 2);
    const auto mark = inner.find_first_of("?:");
    const auto value = value_of(inner.substr(0, mark));
    if (mark == std::string_view::npos) {
      result += value;
    } else if (depth < deepest_nesting && (inner[mark] == '?') != value.empty()) {
      result += expand(inner.substr(mark + 1), depth + 1);
    }
    return end < text.size() ? end + 1 : end;
  }

  std::string value_of(std::string_view name) const {
    if (name == "rbl_code") return std::to_string(reply_.code);
    if (name == "rbl_domain") return std::string(reply_.domain);
    if (name == "rbl_reason" || name == "rbl_txt") return std::string(reply_.reason);
    if (name == "rbl_what") return std::string(reply_.what);
    if (name == "rbl_class") return std::string(reply_.object);
    if (name == "client") return facts_.client_name + "[" + facts_.client_address.to_string() + "]";
    if (name == "client_address") return facts_.client_address.to_string();
    if (name == "client_name") return facts_.client_name;
    if (name == "reverse_client_name") return facts_.reverse_client_name;
    if (name == "helo_name") return facts_.helo;
    if (name.starts_with("sender")) return address_part(facts_.sender, facts_.has_sender, name.substr(6));
    if (name.starts_with("recipient")) return address_part(facts_.recipient, facts_.has_recipient, name.substr(9));
    return {};
  }

  const RblReply& reply_;
  const Facts& facts_;
};

}  // namespace

std::string expand_rbl_reply(std::string_view text, const RblReply& reply, const Facts& facts) {
  return Expansion(reply, facts).expand(text, 0);
}

bool shows_reason(std::string_view text) {
  return text.find("rbl_reason") != std::string_view::npos || text.find("rbl_txt") != std::string_view::npos;
}

}  // namespace policy
