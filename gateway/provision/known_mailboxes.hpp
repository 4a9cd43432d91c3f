#pragma once

#include <string>
#include <tl/expected.hpp>

#include "gateway/provision/mailbox_plan.hpp"

namespace gateway {

/// Reads the mailboxes that an earlier run looked after; a file that is not there holds none. The error is a sentence:
/// one that is damaged must not be taken for an empty one.
[[nodiscard]] tl::expected<KnownMailboxes, std::string> read_known_mailboxes(const std::string& path);

/// Replaces the file as a whole. The error is a sentence.
[[nodiscard]] tl::expected<void, std::string> write_known_mailboxes(const std::string& path,
                                                                    const KnownMailboxes& known);

}  // namespace gateway
