#include "policy/rbl_reply.hpp"

#include "policy/template_text.hpp"

namespace policy {

namespace {

std::string address_part(const lookup::Address& address, bool is_known, std::string_view part) {
  if (!is_known) return {};
  if (part == "_name") return address.is_null() ? "<>" : address.local;
  if (part == "_domain") return address.domain;
  return address.is_null() ? "<>" : address.to_string();
}

std::string value_of(std::string_view name, const RblReply& reply, const Facts& facts) {
  if (name == "rbl_code") return std::to_string(reply.code);
  if (name == "rbl_domain") return std::string(reply.domain);
  if (name == "rbl_reason" || name == "rbl_txt") return std::string(reply.reason);
  if (name == "rbl_what") return std::string(reply.what);
  if (name == "rbl_class") return std::string(reply.object);
  if (name == "client") return facts.client_name + "[" + facts.client_address.to_string() + "]";
  if (name == "client_address") return facts.client_address.to_string();
  if (name == "client_name") return facts.client_name;
  if (name == "reverse_client_name") return facts.reverse_client_name;
  if (name == "helo_name") return facts.helo;
  if (name.starts_with("sender")) return address_part(facts.sender, facts.has_sender, name.substr(6));
  if (name.starts_with("recipient")) return address_part(facts.recipient, facts.has_recipient, name.substr(9));
  return {};
}

}  // namespace

std::string expand_rbl_reply(std::string_view text, const RblReply& reply, const Facts& facts) {
  return expand_template(text, [&](std::string_view name) { return value_of(name, reply, facts); });
}

bool shows_reason(std::string_view text) {
  return text.find("rbl_reason") != std::string_view::npos || text.find("rbl_txt") != std::string_view::npos;
}

}  // namespace policy
