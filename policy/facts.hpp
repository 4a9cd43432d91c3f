#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/address.hpp"
#include "lookup/ip_address.hpp"

namespace policy {

/// The moments at which a restriction list is judged (RFC 5321 command, or connect).
enum class Stage : std::uint8_t { client, helo, sender, relay, recipient, data, end_of_data, etrn };

std::string_view to_string(Stage stage);

/// What an address is for us, decided by the served domains and their recipient tables (filled in by the session before
/// it judges; policy has no domains of its own).
enum class DomainClass : std::uint8_t { unserved, local, virtual_alias, virtual_mailbox, relay };

/// Everything known of a session and its transaction at one moment: plain data, no sockets, no clock.
/// Strings are what the client said, unescaped; an empty one means not said yet.
struct Facts {
  lookup::IpAddress client_address;
  std::uint16_t client_port = 0;
  std::string client_name = "unknown";          // verified: PTR whose name maps back
  std::string reverse_client_name = "unknown";  // PTR alone
  bool client_name_unavailable = false;         // the DNS did not answer: 4xx where a missing name means 5xx
  lookup::IpAddress server_address;
  std::uint16_t server_port = 0;
  bool client_in_mynetworks = false;

  std::string protocol = "SMTP";  // SMTP or ESMTP
  std::string helo;
  lookup::Address sender;
  bool has_sender = false;              // MAIL FROM was given; <> is a sender too
  bool sender_was_unqualified = false;  // said without a domain, which myorigin completed since
  lookup::Address recipient;
  bool has_recipient = false;
  bool recipient_was_unqualified = false;
  lookup::Address mapped_recipient;  // what canonical maps make of it: the one whose existence counts
  DomainClass recipient_class = DomainClass::unserved;
  DomainClass sender_class = DomainClass::unserved;
  bool recipient_is_routed = false;   // user@a@b or user%a@b: a route chosen by the sender, never relayed for strangers
  std::uint32_t recipient_count = 0;  // accepted so far
  std::uint64_t size = 0;             // SIZE= or, at end of data, the real size
  std::string queue_id;
  std::string instance;  // of this message attempt, for policy services

  std::string login;  // authenticated name
  std::string sasl_method;
  std::string sasl_sender;   // AUTH= of MAIL
  std::string tls_protocol;  // "" when in clear
  std::string tls_cipher;
  int tls_bits = 0;
  bool client_cert_trusted = false;
  std::string client_cert_subject, client_cert_issuer, client_cert_fingerprint, client_pubkey_fingerprint;
  bool pipelined_too_early = false;  // the client sent data ahead of its turn
  std::string etrn_domain;
  std::string policy_context;
};

}  // namespace policy
