#include "gateway/smtp/refusal_reference.hpp"

#include <fmt/core.h>

#include <ctime>

#include "gateway/spool/message_id.hpp"
#include "policy/template_text.hpp"

namespace gateway {

namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // no I, L, O, U
constexpr int length = 8;
constexpr std::uint64_t scatter = 0x9e3779b97f4a7c15u;  // odd: different numbers stay different

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[32];
  const auto size = std::strftime(text, sizeof text, "%b %e %H:%M:%S", &parts);
  return {text, size};
}

std::string value_of(std::string_view name, const policy::Facts& facts, const std::string& hostname,
                     const std::string& reference) {
  if (name == "reference") return reference;
  if (name == "client") return fmt::format("{}[{}]", facts.client_name, facts.client_address.to_string());
  if (name == "client_address") return facts.client_address.to_string();
  if (name == "client_name") return facts.client_name;
  if (name == "client_port") return std::to_string(facts.client_port);
  if (name == "helo_name") return facts.helo;
  if (name == "sender") return facts.has_sender ? facts.sender.to_string() : "";
  if (name == "recipient") return facts.has_recipient ? facts.recipient.to_string() : "";
  if (name == "server_name") return hostname;
  if (name == "localtime") return local_time();
  return {};
}

/// What came from a client must not begin a line.
std::string in_one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

std::string next_refusal_reference() {
  std::uint64_t bits = next_message_id().value * scatter;
  std::string reference;
  for (int i = 0; i < length; ++i, bits >>= 5) reference += digits[bits & 31];
  return reference;
}

void append_footer(Reply& reply, const std::string& footer, const policy::Facts& facts, const std::string& hostname,
                   const std::string& reference) {
  std::string_view rest = footer;
  const bool is_joined = rest.starts_with("\\c");
  if (is_joined) rest.remove_prefix(2);
  if (!is_joined) reply.text += '\n';
  for (;;) {
    const auto end = rest.find("\\n");
    reply.text += in_one_line(policy::expand_template(
        rest.substr(0, end), [&](std::string_view name) { return value_of(name, facts, hostname, reference); }));
    if (end == std::string_view::npos) return;
    reply.text += '\n';
    rest.remove_prefix(end + 2);
  }
}

}  // namespace gateway
