#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gateway/config/config.hpp"
#include "gateway/provision/mailbox_plan.hpp"
#include "lookup/entry.hpp"
#include "lookup/layout.hpp"

namespace gateway {

/// Gathers the mailboxes that the entries of one directory have on this machine: people who receive, whose address is
/// in a domain with `mailboxes: directory:NAME`, and who are neither at another server nor forwarded without a copy.
class MailboxLister {
 public:
  /// All must outlive the lister.
  MailboxLister(const config::Config& config, const std::string& directory, const lookup::Layout& layout);

  void add(const std::string& id, const lookup::EntryView& entry);
  MailboxListing take() { return std::move(listing_); }

 private:
  bool has_mailboxes_here(std::string_view domain) const;
  bool is_recipient(const lookup::EntryView& entry, const std::string& address) const;

  const config::Config& config_;
  const lookup::Layout& layout_;
  std::vector<std::string> domains_;
  MailboxListing listing_;
};

}  // namespace gateway
