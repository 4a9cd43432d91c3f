#include "policy/policy_request.hpp"

#include "policy/reply_object.hpp"

namespace policy {

namespace {

// What the attributes follow, so that services written for Postfix know what to expect.
constexpr std::string_view compatible_release = "3.7.0";
constexpr std::string_view compatibility_level = "3.6";

class Request {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += name;
    text_ += '=';
    for (const char c : value) text_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    text_ += '\n';
  }
  void add(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
  std::string finish() && { return std::move(text_ += '\n'); }

 private:
  std::string text_;
};

}  // namespace

std::string policy_request(Stage stage, const Facts& facts, std::string_view context) {
  // After RCPT the recipient is only known when there is a single one.
  const bool is_late = stage == Stage::data || stage == Stage::end_of_data;
  const bool names_recipient = facts.has_recipient && !(is_late && facts.recipient_count > 1);
  Request request;
  request.add("request", "smtpd_access_policy");
  request.add("protocol_state", protocol_state(stage, facts));
  request.add("protocol_name", facts.protocol);
  request.add("client_address", facts.client_address.to_string());
  request.add("client_name", facts.client_name);
  request.add("client_port", facts.client_port);
  request.add("reverse_client_name", facts.reverse_client_name);
  request.add("server_address", facts.server_address.to_string());
  request.add("server_port", facts.server_port);
  request.add("helo_name", facts.helo);
  request.add("sender", facts.has_sender ? facts.sender.to_string() : std::string());
  request.add("recipient", names_recipient ? facts.recipient.to_string() : std::string());
  request.add("recipient_count", is_late ? facts.recipient_count : 0);
  request.add("queue_id", facts.queue_id);
  request.add("instance", facts.instance);
  request.add("size", facts.size);
  request.add("etrn_domain", facts.etrn_domain);
  request.add("stress", "");
  request.add("sasl_method", facts.sasl_method);
  request.add("sasl_username", facts.login);
  request.add("sasl_sender", facts.sasl_sender);
  request.add("ccert_subject", facts.client_cert_trusted ? facts.client_cert_subject : std::string());
  request.add("ccert_issuer", facts.client_cert_trusted ? facts.client_cert_issuer : std::string());
  request.add("ccert_fingerprint", facts.client_cert_fingerprint);
  request.add("ccert_pubkey_fingerprint", facts.client_pubkey_fingerprint);
  request.add("encryption_protocol", facts.tls_protocol);
  request.add("encryption_cipher", facts.tls_cipher);
  request.add("encryption_keysize", static_cast<std::uint64_t>(facts.tls_bits > 0 ? facts.tls_bits : 0));
  request.add("policy_context", context.empty() ? std::string_view(facts.policy_context) : context);
  request.add("compatibility_level", compatibility_level);
  request.add("mail_version", compatible_release);
  return std::move(request).finish();
}

}  // namespace policy
