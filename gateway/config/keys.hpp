#pragma once

#include "gateway/config/key.hpp"

/// The sections of the key table, one file each; all_keys() joins them.
namespace gateway::config {

Key listener_keys();
Key domain_keys();
Key directory_keys();
Key route_keys();
Key table_keys();
Key restriction_keys();
Key rewrite_keys();
Key alias_keys();
Key bcc_keys();
Key mailbox_keys();
Key sasl_keys();
Key tls_keys();
Key filter_keys();
Key content_check_keys();
Key queue_keys();
Key limit_keys();
Key dns_keys();
Key greylist_keys();
Key logging_keys();

}  // namespace gateway::config
