#pragma once

#include <string>
#include <string_view>

#include "gateway/config/config.hpp"
#include "gateway/delivery/active_message.hpp"

namespace gateway {

Outcome delivered(std::string text);
Outcome deferred(std::string dsn, std::string text);
Outcome failed(std::string dsn, std::string text);

/// What an errno means for mail, in public words: "WRITER failed: insufficient system storage".
Outcome storage_trouble(std::string_view writer, int error, const config::Mailboxes& mailboxes);

/// Deferred or failed, as mailboxes.quota.full_action says.
Outcome mailbox_full(std::string_view writer, const config::Mailboxes& mailboxes);

}  // namespace gateway
