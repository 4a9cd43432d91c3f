#include "gateway/resolve/expansion.hpp"

#include <algorithm>
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
  Expander(Resolution& resolution, const AddressRules& rules, const lookup::Address& sender)
      : resolution_(resolution), rules_(rules), sender_is_null_(sender.is_null()) {}

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
  /// For each recipient who the sender is: 0 = as it came, else owners[n - 1].
  std::vector<std::size_t> senders;
  std::vector<lookup::Address> owners;

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
    const auto outer = std::exchange(list_, {list_.sender, search.extension, search.is_group});
    find_owner(address, search.list);
    for (const auto& target : search.targets) {
      if (beside.kind == Delivery::Kind::relay)
        finish_at(lookup::split_address(target), beside);
      else
        follow_target(address, target, depth);
    }
    list_ = outer;
  }

  /// aliases(5): where owner-LIST exists, it sends to the members of LIST, so that reports go to who keeps the list. A
  /// report itself keeps its empty sender.
  void find_owner(const lookup::Address& address, const std::string& list) {
    const auto& settings = rules_.config->aliases;
    if (list.empty() || !settings.owner_request_special || sender_is_null_ || list.starts_with("owner-") ||
        list.ends_with("-request"))
      return;
    lookup::Address owner{"owner-" + list, address.domain};
    const auto search = search_recipient(resolution_, rules_, owner, FollowAliases::yes);
    if (!search) {
      pending = true;
      return;
    }
    if (search->answer.answer.is_unavailable()) refusal = Refusal{};
    if (!search->answer.answer.is_found()) return;
    if (settings.expand_owner_alias && search->answer.expands && search->targets.size() == 1) {
      owner = lookup::split_address(search->targets.front());
      complete_domain(owner, *rules_.config);
    }
    const auto known = std::find(owners.begin(), owners.end(), owner);
    list_.sender = static_cast<std::size_t>(known - owners.begin()) + 1;
    if (known == owners.end()) owners.push_back(std::move(owner));
  }

  void follow_target(const lookup::Address& from, const std::string& target, int depth) {
    if (refusal) return;
    if (!list_.is_group && ++from_one_ > rules_.config->aliases.expansion_limit) {
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
    if (target.starts_with('/') || target.starts_with('|') || target.starts_with("\"|") || target.starts_with("\"/")) {
      Delivery refused;
      refused.kind = Delivery::Kind::fail;
      refused.dsn = "5.7.1";
      refused.reply = "delivery to commands and files is not allowed";
      finish_at(from, std::move(refused));
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
    if (depth > rules_.config->aliases.recursion_limit) return refuse();
    std::ifstream file(path);
    if (!file) {
      refusal = Refusal{};  // a list that cannot be read now may be readable later
      return;
    }
    std::string line;
    while (std::getline(file, line))
      if (!line.empty() && line.front() != '#')
        for (const auto& target : split_address_list(line)) follow_target(from, with_own_extension(target), depth + 1);
  }

  /// propagate_unmatched_extensions: include.
  std::string with_own_extension(const std::string& target) const {
    const auto& config = *rules_.config;
    const auto& kinds = config.rewrite.propagate_unmatched_extensions;
    const bool wanted = std::find(kinds.begin(), kinds.end(), "include") != kinds.end();
    return wanted ? with_extension(target, list_.extension, config.recipient_delimiter) : target;
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

  void finish_at(const lookup::Address& address, Delivery delivery) {
    EnvelopeRecipient recipient = *origin_;
    if (!(recipient.address == address)) {
      if (recipient.original.empty()) recipient.original = recipient.address.to_string();
      recipient.address = address;
    }
    finish(recipient, std::move(delivery));
  }

  void finish(const EnvelopeRecipient& recipient, Delivery delivery) {
    if (!seen_.insert(recipient.address.folded()).second) {
      ++duplicates_;
      return;
    }
    recipients.push_back(recipient);
    deliveries.push_back(std::move(delivery));
    senders.push_back(list_.sender);
  }

  void refuse() { refusal = Refusal{451, "4.3.0", "Alias expansion error", policy::Reason::lookup_failed}; }

  Resolution& resolution_;
  const AddressRules& rules_;
  /// The list whose members are being followed.
  struct List {
    std::size_t sender = 0;  // as in senders
    std::string extension;
    bool is_group = false;
  };
  List list_;
  bool sender_is_null_;
  const EnvelopeRecipient* origin_ = nullptr;
  std::unordered_set<std::string> visited_, seen_;
  int from_one_ = 0;
  int duplicates_ = 0;
  bool discarded_ = false;
};

/// One message for each sender. When all recipients belong to a list with an owner, that is the message itself.
Services::Expansion by_sender(Expander expander, const Envelope& envelope) {
  std::vector<Services::Expansion> messages(expander.owners.size() + 1);
  for (std::size_t at = 0; at < messages.size(); ++at) {
    messages[at].envelope = envelope;
    messages[at].envelope.recipients.clear();
    if (at > 0) messages[at].envelope.sender = expander.owners[at - 1];
  }
  for (std::size_t at = 0; at < expander.recipients.size(); ++at) {
    auto& message = messages[expander.senders[at]];
    message.envelope.recipients.push_back(std::move(expander.recipients[at]));
    message.deliveries.push_back(std::move(expander.deliveries[at]));
  }
  const auto first = std::find_if(messages.begin(), messages.end(),
                                  [](const auto& message) { return !message.envelope.recipients.empty(); });
  if (first == messages.end()) return std::move(messages.front());
  auto expansion = std::move(*first);
  for (auto message = first + 1; message != messages.end(); ++message)
    if (!message->envelope.recipients.empty()) expansion.others.push_back(std::move(*message));
  return expansion;
}

/// The report for the journal as a message from nobody: where it cannot go, the postmaster hears of it.
std::optional<ExpansionResult> journal_report(Resolution& resolution, const AddressRules& rules,
                                              const Envelope& envelope) {
  Envelope report;
  report.id = envelope.id;
  report.arrival = envelope.arrival;
  report.next_try = envelope.next_try;
  report.state = envelope.state;
  report.eight_bit = envelope.eight_bit;
  report.smtputf8 = envelope.smtputf8;
  auto& recipient = report.recipients.emplace_back();
  recipient.address = lookup::split_address(rules.config->bcc.journal);
  complete_domain(recipient.address, *rules.config);
  auto expanded = expand_recipients(resolution, rules, report, {}, Copies::no);
  if (expanded && *expanded) (*expanded)->content = Services::Expansion::Content::journal_report;
  return expanded;
}

/// What depends on the whole message: relayhosts by sender, FILTER. False: pending.
bool finish_routes(Resolution& resolution, const AddressRules& rules, Services::Expansion& message) {
  bool known = true;
  for (std::size_t at = 0; at < message.deliveries.size(); ++at) {
    known &= apply_sender_relayhost(resolution, rules, message.envelope.sender, message.deliveries[at]);
    apply_filter(rules, message.envelope.filter, message.envelope.recipients[at].address, message.deliveries[at]);
  }
  return known;
}

/// The addresses that get a copy: always_bcc, sender_bcc, recipient_bcc. A map that cannot be asked is an error: who
/// has to keep copies may not miss one. nullopt: pending.
std::optional<tl::expected<std::vector<lookup::Address>, Refusal>> bcc_addresses(Resolution& resolution,
                                                                                 const AddressRules& rules,
                                                                                 const Envelope& envelope) {
  using Result = tl::expected<std::vector<lookup::Address>, Refusal>;
  std::vector<lookup::Address> result;
  bool unavailable = false;
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
    else if (hit->answer.is_unavailable())
      unavailable = true;
    else if (hit->answer.is_found() && !hit->answer.values.empty())
      add(hit->answer.values.front());
  };
  if (!config.bcc.always.empty()) add(config.bcc.always);
  add_from(rules.sender_bcc, envelope.sender);
  for (const auto& recipient : envelope.recipients) add_from(rules.recipient_bcc, recipient.address);
  if (unavailable) return Result(tl::unexpect, Refusal{});
  if (pending) return std::nullopt;
  return Result(std::move(result));
}

}  // namespace

std::optional<ExpansionResult> expand_recipients(Resolution& resolution, const AddressRules& rules,
                                                 const Envelope& envelope, const std::vector<RecipientAnswer>& known,
                                                 Copies copies) {
  Expander expander(resolution, rules, envelope.sender);
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
  if (has_bcc && copies == Copies::yes) {
    const auto addresses = bcc_addresses(resolution, rules, envelope);
    if (!addresses) return std::nullopt;
    if (!*addresses) return ExpansionResult(tl::unexpect, addresses->error());
    for (const auto& address : **addresses) {
      EnvelopeRecipient recipient;
      recipient.address = address;
      recipient.notify = notify_never;
      expander.add(recipient, nullptr);
    }
  }
  if (expander.pending) return std::nullopt;
  if (expander.refusal) return ExpansionResult(tl::unexpect, *expander.refusal);
  auto expansion = by_sender(std::move(expander), envelope);
  if (!rules.config->bcc.journal.empty() && copies == Copies::yes) {
    auto journal = journal_report(resolution, rules, envelope);
    if (!journal) return std::nullopt;
    if (!*journal) return ExpansionResult(tl::unexpect, journal->error());
    expansion.others.push_back(std::move(**journal));
  }
  bool pending = !finish_routes(resolution, rules, expansion);
  for (auto& other : expansion.others) pending |= !finish_routes(resolution, rules, other);
  if (pending) return std::nullopt;
  return ExpansionResult(std::move(expansion));
}

}  // namespace gateway
