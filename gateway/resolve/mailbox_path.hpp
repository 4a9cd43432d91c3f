#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/config/config.hpp"
#include "lookup/address.hpp"

namespace gateway {

/// The Maildir of a recipient: `mailboxes.path` with %{home} %{user} %{domain} %{address} filled in, a relative result
/// below `mailboxes.base`. The result is absolute and normal, ends in a slash, and lies below the base.
///
/// The directory and the local part are written by other people: a path with "..", control characters or a place
/// outside the base is refused. The error is for the log.
[[nodiscard]] tl::expected<std::string, std::string> mailbox_path(const config::Mailboxes& mailboxes,
                                                                  const lookup::Address& recipient,
                                                                  std::string_view home);

}  // namespace gateway
