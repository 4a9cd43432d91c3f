#pragma once

#include <cstdint>

namespace policy {

/// The reply codes an administrator may change, with Postfix's defaults (main.cf names end in _code).
struct Codes {
  int reject = 554;
  int defer = 450;
  int access_map_reject = 554;
  int access_map_defer = 450;
  int invalid_hostname = 501;
  int non_fqdn = 504;
  int unknown_client = 450;
  int unknown_hostname = 450;
  int unknown_address = 450;
  int maps_rbl = 554;
  int relay_domains = 554;
  int multi_recipient_bounce = 550;
  int plaintext_session = 450;
  int unverified_recipient_reject = 450;
  int unverified_recipient_defer = 450;
  int unverified_sender_reject = 450;
  int unverified_sender_defer = 450;
  int unknown_local_recipient = 550;
  int unknown_relay_recipient = 550;
  int unknown_virtual_alias = 550;
  int unknown_virtual_mailbox = 550;
};

/// What a test does that could not get its answer: defer only if nothing else rejects, or at once.
enum class TempfailAction : std::uint8_t { defer_if_permit, defer };

}  // namespace policy
