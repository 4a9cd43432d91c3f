#include "gateway/resolve/expansion.hpp"

#include <fstream>
#include <unordered_set>

#include "gateway/resolve/recipient_search.hpp"
#include "gateway/resolve/rewriting.hpp"
#include "gateway/resolve/transport_result.hpp"

namespace gateway {

namespace {

/// One run of the expansion of one message; see expand_recipients().
class Expander {
 public:
  Expander(Resolution& resolution, const AddressRules& rules) : resolution_(resolution), rules_(rules) {}

  void add(const EnvelopeRecipient& recipient, const RecipientAnswer* known) {
    if (known != nullptr && known->answer.is_found() && !known->expands) {
      finish(recipient, known->delivery);
      return;
    }
    origin_ = &recipient;
    visited_.clear();
    const auto before = recipients.size();
    const auto duplicates_before = duplicates_;
    from_one_ = 0;
    follow(recipient.address, 0);
    const bool produced = recipients.size() != before || duplicates_ != duplicates_before || discarded_;
    if (!produced && !pending && !refusal) {
      Delivery loop;
      loop.kind = Delivery::Kind::fail;
      loop.dsn = "5.4.6";
      loop.reply = "alias expansion leads nowhere";
      finish(recipient, std::move(loop));
    }
    discarded_ = false;
  }

  bool pending = false;
  std::optional<Refusal> refusal;
  std::vector<EnvelopeRecipient> recipients;
  std::vector<Delivery> deliveries;

 private:
  void follow(const lookup::Address& address, int depth) {
    if (refusal) return;
    if (depth > rules_.config->aliases.recursion_limit) {
      refuse();
      return;
    }
    if (!visited_.insert(address.folded()).second) return;
    auto search = search_recipient(resolution_, rules_, address, FollowAliases::yes);
    if (!search) {
      pending = true;
      return;
    }
    take(address, *search, depth);
  }

  void take(const lookup::Address& address, const RecipientSearch& search, int depth) {
    if (search.answer.answer.is_unavailable()) {
      refusal = Refusal{};
      return;
    }
    if (search.answer.answer.is_absent()) {
      Delivery unknown;
      unknown.kind = Delivery::Kind::fail;
      unknown.dsn = search.answer.relocated ? "5.1.6" : "5.1.1";
      unknown.reply = search.answer.relocated ? "User has moved to " + search.answer.answer.joined()
                                              : "User unknown in " + search.answer.table + " table";
      finish_at(address, std::move(unknown));
      return;
    }
    if (!search.answer.expands) {
      finish_at(address, search.answer.delivery);
      return;
    }
    const auto& beside = search.answer.delivery;
    if (beside.kind == Delivery::Kind::maildir) finish_at(address, beside);
    for (const auto& target : search.targets) {
      if (beside.kind == Delivery::Kind::relay)
        finish_at(lookup::split_address(target), beside);
      else
        follow_target(address, target, depth, search.of_local_alias);
    }
  }

  void follow_target(const lookup::Address& from, const std::string& target, int depth, bool of_local_alias) {
    if (refusal) return;
    if (++from_one_ > rules_.config->aliases.expansion_limit) {
      refuse();
      return;
    }
    if (target == "/dev/null") {
      discarded_ = true;
      return;
    }
    if (target.starts_with(":include:")) {
      follow_include(from, target.substr(9), depth);
      return;
    }
    if (is_command_or_file(target)) {
      if (of_local_alias)
        finish_at(from, delivery_of_target(*rules_.config, target), target);
      else
        finish_at(from, delivery_of_target({}, target));  // allows nothing
      return;
    }
    auto address = lookup::split_address(target.starts_with('\\') ? std::string_view(target).substr(1) : target);
    complete_domain(address, *rules_.config);
    // An address that maps onto itself ends the search: it is the mailbox (user: user, otheruser).
    if (address.folded() == from.folded() || target.starts_with('\\'))
      deliver_here(address);
    else
      follow(address, depth + 1);
  }

  void follow_include(const lookup::Address& from, const std::string& path, int depth) {
    std::ifstream file(path);
    if (!file) {
      refusal = Refusal{};  // a list that cannot be read now may be readable later
      return;
    }
    std::string line;
    while (std::getline(file, line))
      if (!line.empty() && line.front() != '#')
        for (const auto& target : split_address_list(line)) follow_target(from, target, depth + 1, false);
  }

  void deliver_here(const lookup::Address& address) {
    auto search = search_recipient(resolution_, rules_, address, FollowAliases::no);
    if (!search) {
      pending = true;
      return;
    }
    visited_.insert(address.folded());
    if (search->answer.expands) {
      ++duplicates_;  // a group that lists itself
      return;
    }
    take(address, *search, 0);
  }

  void finish_at(const lookup::Address& address, Delivery delivery, std::string target = {}) {
    EnvelopeRecipient recipient = *origin_;
    recipient.target = std::move(target);
    if (!(recipient.address == address)) {
      if (recipient.original.empty()) recipient.original = recipient.address.to_string();
      recipient.address = address;
    }
    finish(recipient, std::move(delivery));
  }

  void finish(const EnvelopeRecipient& recipient, Delivery delivery) {
    // An address may stand beside the programs and files of its alias.
    if (!seen_.insert(recipient.address.folded() + '\0' + recipient.target).second) {
      ++duplicates_;
      return;
    }
    recipients.push_back(recipient);
    deliveries.push_back(std::move(delivery));
  }

  void refuse() { refusal = Refusal{451, "4.3.0", "Alias expansion error", policy::Reason::lookup_failed}; }

  Resolution& resolution_;
  const AddressRules& rules_;
  const EnvelopeRecipient* origin_ = nullptr;
  std::unordered_set<std::string> visited_, seen_;
  int from_one_ = 0;
  int duplicates_ = 0;
  bool discarded_ = false;
};

/// The addresses that get a copy: always_bcc, sender_bcc, recipient_bcc.
std::optional<std::vector<lookup::Address>> bcc_addresses(Resolution& resolution, const AddressRules& rules,
                                                          const Envelope& envelope) {
  std::vector<lookup::Address> result;
  const auto& config = *rules.config;
  bool pending = false;
  const auto add = [&](const std::string& text) {
    auto address = lookup::split_address(text);
    complete_domain(address, config);
    result.push_back(std::move(address));
  };
  const auto add_from = [&](const AddressMaps& maps, const lookup::Address& address) {
    if (maps.empty() || address.is_null()) return;
    const auto keys = virtual_keys(address, config.recipient_delimiter, rules.has_local_names(address.domain));
    const auto hit = search_maps(resolution, maps, keys);
    if (!hit)
      pending = true;
    else if (hit->answer.is_found() && !hit->answer.values.empty())
      add(hit->answer.values.front());
  };
  if (!config.bcc.always.empty()) add(config.bcc.always);
  add_from(rules.sender_bcc, envelope.sender);
  for (const auto& recipient : envelope.recipients) add_from(rules.recipient_bcc, recipient.address);
  if (pending) return std::nullopt;
  return result;
}

}  // namespace

std::optional<ExpansionResult> expand_recipients(Resolution& resolution, const AddressRules& rules,
                                                 const Envelope& envelope, const std::vector<RecipientAnswer>& known) {
  Expander expander(resolution, rules);
  if (!envelope.redirect.empty()) {
    // REDIRECT replaces all recipients; the first one's options stay.
    EnvelopeRecipient redirected = envelope.recipients.empty() ? EnvelopeRecipient{} : envelope.recipients.front();
    redirected.original = redirected.address.to_string();
    redirected.address = lookup::split_address(envelope.redirect);
    complete_domain(redirected.address, *rules.config);
    expander.add(redirected, nullptr);
  } else {
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i)
      expander.add(envelope.recipients[i], i < known.size() ? &known[i] : nullptr);
  }
  const bool has_bcc = !rules.config->bcc.always.empty() || !rules.sender_bcc.empty() || !rules.recipient_bcc.empty();
  if (has_bcc) {
    const auto copies = bcc_addresses(resolution, rules, envelope);
    if (!copies) return std::nullopt;
    for (const auto& address : *copies) {
      EnvelopeRecipient recipient;
      recipient.address = address;
      recipient.notify = notify_never;
      expander.add(recipient, nullptr);
    }
  }
  if (expander.pending) return std::nullopt;
  if (expander.refusal) return ExpansionResult(tl::unexpect, *expander.refusal);
  Services::Expansion expansion;
  expansion.envelope = envelope;
  expansion.envelope.recipients = std::move(expander.recipients);
  expansion.deliveries = std::move(expander.deliveries);
  for (std::size_t i = 0; i < expansion.deliveries.size(); ++i)
    apply_filter(rules, envelope.filter, expansion.envelope.recipients[i].address, expansion.deliveries[i]);
  return ExpansionResult(std::move(expansion));
}

}  // namespace gateway
