#include "gateway/provision/listed_mailboxes.hpp"

#include "gateway/resolve/mailbox_path.hpp"
#include "lookup/expansion.hpp"
#include "lookup/filter.hpp"

namespace gateway {

MailboxLister::MailboxLister(const config::Config& config, const std::string& directory, const lookup::Layout& layout)
    : config_(config), layout_(layout) {
  for (const auto& domain : config.domains) {
    for (const auto& reference : domain.mailboxes)
      if (reference.text == "directory:" + directory) domains_.push_back(domain.name);
  }
}

bool MailboxLister::has_mailboxes_here(std::string_view domain) const {
  return std::any_of(domains_.begin(), domains_.end(),
                     [&](const std::string& name) { return lookup::same_name(name, domain); });
}

bool MailboxLister::is_recipient(const lookup::EntryView& entry, const std::string& address) const {
  const auto text =
      lookup::expand(layout_.preset().recipient.filter, lookup::expansion_key(address), lookup::Quoting::filter);
  const auto filter = text ? lookup::parse_filter(*text) : lookup::parse_filter("");
  return filter && matches(*filter, entry);
}

void MailboxLister::add(const std::string& id, const lookup::EntryView& entry) {
  listing_.present.insert(id);
  for (const auto& address : layout_.addresses(entry, layout_.preset().recipient.addresses)) {
    const auto parts = lookup::split_address(address);
    if (parts.local.empty() || !has_mailboxes_here(parts.domain) || !is_recipient(entry, address)) continue;
    if (layout_.is_group(entry, address)) return;
    const auto read = layout_.read(entry);
    if (!read) {
      listing_.refused.push_back(read.error());
      return;
    }
    const bool elsewhere = !read->mail_host.empty() || (!read->forward.empty() && !read->keep_copy);
    if (!read->may_receive || elsewhere) return;
    const auto path = mailbox_path(config_.mailboxes, parts, read->home);
    if (!path) {
      listing_.refused.push_back(read->dn + ": " + path.error());
      return;
    }
    const bool by_entry = config_.mailboxes.ownership == config::Ownership::directory;
    if (by_entry && (!read->uid || *read->uid < config_.mailboxes.minimum_uid)) {
      listing_.refused.push_back(read->dn + ": its uid is missing, or below mailboxes.minimum_uid");
      return;
    }
    ListedMailbox mailbox{id, read->dn, address, *path, {}, {}, read->quota.value_or(config_.mailboxes.quota_default)};
    if (by_entry) {
      mailbox.uid = read->uid;
      mailbox.gid = read->gid ? read->gid : read->uid;
    }
    listing_.mailboxes.push_back(std::move(mailbox));
    return;
  }
}

}  // namespace gateway
