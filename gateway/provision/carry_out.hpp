#pragma once

#include <chrono>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/provision/mailbox_plan.hpp"

namespace gateway {

/// The owner of mailboxes when all belong to one user; empty unless root runs this. The error is a sentence.
[[nodiscard]] tl::expected<MailboxOwner, std::string> common_owner(const config::Config& config);

/// Does one step of a plan. A mailbox that is set aside goes below ".quarantine" of the base, into a folder named by
/// `now`. Returns the line for the journal; the error is a sentence.
[[nodiscard]] tl::expected<std::string, std::string> carry_out(const MailboxStep& step,
                                                               const config::Mailboxes& mailboxes,
                                                               const MailboxOwner& owner,
                                                               std::chrono::system_clock::time_point now);

/// Appends lines to the journal at `path`, each behind the time. The error is a sentence.
[[nodiscard]] tl::expected<void, std::string> write_journal(const std::string& path,
                                                            const std::vector<std::string>& lines,
                                                            std::chrono::system_clock::time_point now);

}  // namespace gateway
