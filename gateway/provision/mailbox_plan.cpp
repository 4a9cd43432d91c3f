#include "gateway/provision/mailbox_plan.hpp"

namespace gateway {

namespace {

using Kind = MailboxStep::Kind;

/// What becomes of one mailbox; nullopt when all is well.
std::optional<MailboxStep> plan_one(const ListedMailbox& mailbox,
                                    const std::map<std::string, const ListedMailbox*>& owners,
                                    const KnownMailboxes& known,
                                    const std::function<bool(const std::string&)>& is_there) {
  const auto& owner = *owners.at(mailbox.path);
  if (owner.id != mailbox.id) return MailboxStep{Kind::conflict, mailbox, {}, "the same mailbox as " + owner.dn};
  const auto before = known.find(mailbox.id);
  const bool moved = before != known.end() && before->second.path != mailbox.path &&
                     !owners.contains(before->second.path) && is_there(before->second.path);
  if (is_there(mailbox.path)) {
    if (!moved) return std::nullopt;
    return MailboxStep{Kind::conflict, mailbox, before->second.path, "the new mailbox is there beside the old one"};
  }
  if (moved) return MailboxStep{Kind::move, mailbox, before->second.path, {}};
  return MailboxStep{Kind::create, mailbox, {}, {}};
}

}  // namespace

std::vector<MailboxStep> plan_mailboxes(const MailboxListing& listing, const KnownMailboxes& known,
                                        const std::function<bool(const std::string&)>& is_there) {
  std::map<std::string, const ListedMailbox*> owners;
  for (const auto& mailbox : listing.mailboxes) owners.emplace(mailbox.path, &mailbox);
  std::vector<MailboxStep> steps;
  for (const auto& mailbox : listing.mailboxes) {
    auto step = plan_one(mailbox, owners, known, is_there);
    if (step) steps.push_back(std::move(*step));
  }
  for (const auto& [id, mailbox] : known) {
    if (listing.present.contains(id) || owners.contains(mailbox.path) || !is_there(mailbox.path)) continue;
    MailboxStep step;
    step.kind = Kind::quarantine;
    step.mailbox.id = id;
    step.mailbox.dn = mailbox.dn;
    step.from = mailbox.path;
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace gateway
