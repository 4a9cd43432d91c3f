#include "policy/verdict.hpp"

namespace policy {

std::string_view to_string(Reason reason) {
  static constexpr std::string_view names[] = {"none",
                                               "unknown_recipient",
                                               "unknown_sender",
                                               "relay_denied",
                                               "dnsbl",
                                               "access_table",
                                               "policy",
                                               "milter",
                                               "greylist",
                                               "rate_limit",
                                               "helo",
                                               "client_name",
                                               "sender_domain",
                                               "recipient_domain",
                                               "non_fqdn",
                                               "pipelining",
                                               "tls_required",
                                               "auth_required",
                                               "sender_mismatch",
                                               "size",
                                               "lookup_failed",
                                               "storage",
                                               "unverified",
                                               "syntax",
                                               "too_many",
                                               "configuration",
                                               "restriction",
                                               "content"};
  return names[static_cast<std::size_t>(reason)];
}

}  // namespace policy
