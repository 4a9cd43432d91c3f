#include <cstdint>
#include <cstdlib>

#include "gateway/sasl/dovecot_protocol.hpp"
#include "gateway/sasl/mechanisms.hpp"
#include "gateway/sasl/password_exchange.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = gateway::parse_dovecot_line(text);
  if (line.kind == gateway::DovecotLine::Kind::mechanism && line.mechanism.empty()) std::abort();
  // Whatever a client or its certificate says, a request stays one line.
  gateway::LoginPeer peer;
  peer.certificate_name = text;
  const auto request = gateway::dovecot_request(1, "EXTERNAL", peer, std::string(text));
  if (request.find('\n') != request.size() - 1) std::abort();
  for (const auto* mechanism : {"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256", "EXTERNAL"})
    if (gateway::claimed_login(mechanism, text, 0).size() > size) std::abort();
  gateway::PasswordExchange exchange(gateway::PasswordExchange::Mechanism::plain);
  (void)exchange.start(std::string(text));
  return 0;
}
