#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/delivery/maildir_folder.hpp"

namespace gateway {

/// The Maildir++ quota of one mailbox: the file `maildirsize`, whose first line is the limit and whose other lines add
/// up to what is used. Other programs (IMAP servers) keep the same file, so it is read again for every batch.
class MaildirQuota {
 public:
  /// Reads it; writes it anew from a scan of the folders when it is missing, has another limit or has grown long.
  static MaildirQuota load(const MaildirFolder& folder, std::uint64_t limit);

  /// What is used, for those who only look: nothing is written.
  static std::uint64_t used_in(const MaildirFolder& folder, std::uint64_t limit);

  bool has_room_for(std::uint64_t size) const { return size <= limit_ && used_ <= limit_ - size; }

  /// Counts a message that was delivered. Errors are ignored: the next reader's scan repairs the file.
  void add(const MaildirFolder& folder, std::uint64_t size);

  std::uint64_t used() const { return used_; }

 private:
  std::uint64_t limit_ = 0;
  std::uint64_t used_ = 0;
};

}  // namespace gateway
