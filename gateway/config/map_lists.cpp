#include "gateway/config/map_lists.hpp"

namespace gateway::config {

std::vector<const MapRefs*> map_lists(const Config& config) {
  const auto& rewrite = config.rewrite;
  const auto& checks = config.content_checks;
  return {&config.transport,
          &config.sender_dependent_relayhost,
          &rewrite.canonical,
          &rewrite.sender_canonical,
          &rewrite.recipient_canonical,
          &rewrite.generic,
          &config.aliases.virtual_maps,
          &config.aliases.local,
          &config.aliases.senders,
          &config.relocated,
          &config.bcc.sender,
          &config.bcc.recipient,
          &checks.header,
          &checks.mime_header,
          &checks.nested_header,
          &checks.body,
          &config.refusals.rbl_reply_maps,
          &config.sasl.sender_login_maps,
          &config.tls.relay_clientcerts};
}

}  // namespace gateway::config
