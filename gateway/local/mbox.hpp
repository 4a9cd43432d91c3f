#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/local/delivery_order.hpp"

namespace gateway {

/// A file that holds one message after another.
struct MboxFile {
  FolderFd folder;       // that it lies in
  std::string name;      // in the folder, without a slash
  bool only_own = true;  // it must belong to the running user: a mailbox, not the target of an alias
};

/// Opens the folder of a mailbox `path` below `base`, never through a link. The error is an errno value.
[[nodiscard]] tl::expected<MboxFile, int> find_mbox(const std::string& base, std::string_view path);

/// Opens the folder of a file that an alias names; the administrator's own path may lead through links.
[[nodiscard]] tl::expected<MboxFile, int> find_file(const std::string& path);

struct MboxRules {
  std::vector<std::string> locks{"fcntl", "dotlock"};  // taken in this order
  std::chrono::milliseconds patience{20000};           // for each of them
  std::chrono::seconds stale_lock{500};                // a dotlock as old as this belongs to nobody
  bool create = true;
  std::string writer = "mailbox delivery";  // starts the reason of a failure
};

/// Appends a message and syncs it; a new file's folder too. On any failure the file has its former length again. The
/// file is never a link, nothing but a regular file with one name, and never executable.
Outcome append_to_mbox(const MboxFile& file, const OrderedMail& mail, const Content& content, const MboxRules& rules,
                       const config::Mailboxes& mailboxes);

}  // namespace gateway
