#include "gateway/local/order_worker.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "gateway/delivery/maildir_batch.hpp"
#include "gateway/delivery/maildir_message.hpp"
#include "gateway/delivery/storage_outcome.hpp"
#include "gateway/local/delivery_order.hpp"
#include "gateway/local/descriptor_content.hpp"
#include "gateway/local/jail.hpp"
#include "gateway/local/mbox.hpp"
#include "gateway/local/program.hpp"
#include "gateway/local/recipient_rights.hpp"

namespace gateway {

namespace {

using Kind = OrderHead::Kind;

constexpr unsigned most_seconds = 600;

Outcome not_allowed(std::string_view reason) {
  return deferred("4.3.5", "delivery failed: " + std::string(reason));
}

/// Why the order is not carried out at all, whoever asks.
std::optional<Outcome> objection(const OrderHead& head, const ServiceSettings& settings) {
  switch (head.kind) {
    case Kind::maildir:
      if (settings.base.empty() || settings.base != head.base)
        return not_allowed("mailboxes.base was changed; restart the daemon");
      if (settings.owner_uid != 0) return std::nullopt;
      break;
    case Kind::local:
      if (!settings.local.has_mailboxes()) return not_allowed("mailboxes.local was changed; restart the daemon");
      break;
    case Kind::command:
      if (settings.default_uid == 0 || !settings.local.allow_mail_to_commands)
        return not_allowed("mail to commands is not allowed");
      return std::nullopt;
    case Kind::file:
      if (settings.default_uid == 0 || !settings.local.allow_mail_to_files)
        return not_allowed("mail to files is not allowed");
      return std::nullopt;
  }
  if (head.uid < settings.minimum_uid || head.uid == 0)
    return not_allowed("the mailbox has no owner, or one below mailboxes.minimum_uid");
  if (head.gid == 0) return not_allowed("the mailbox's group must not be that of root");
  return std::nullopt;
}

std::pair<uid_t, gid_t> identity_for(const OrderHead& head, const ServiceSettings& settings) {
  if (head.kind == Kind::command || head.kind == Kind::file) return {settings.default_uid, settings.default_gid};
  if (head.kind == Kind::maildir && settings.owner_uid != 0) return {settings.owner_uid, settings.owner_gid};
  return {head.uid, head.gid};
}

/// Debian's /var/mail may be written by its group.
std::optional<gid_t> spool_group(const OrderHead& head, const ServiceSettings& settings) {
  const auto& local = settings.local;
  if (head.kind != Kind::local || !local.mailbox_command.empty() || !local.home_mailbox.empty()) return std::nullopt;
  struct stat spool {};
  if (::stat(local.mail_spool_directory.c_str(), &spool) != 0 || (spool.st_mode & S_IWGRP) == 0 || spool.st_gid == 0)
    return std::nullopt;
  return spool.st_gid;
}

/// Everything from here on happens with the recipient's rights.
class Worker {
 public:
  Worker(DeliveryOrder order, const ServiceSettings& settings, std::vector<std::shared_ptr<const Content>> contents)
      : order_(std::move(order)), settings_(settings), contents_(std::move(contents)) {
    mailboxes_.quota_default = order_.quota_default;
    mailboxes_.mailbox_size_limit = order_.mailbox_size_limit;
    mailboxes_.full_action = order_.full_action;
    mailboxes_.create_on_first_delivery = order_.head.create;
    mailboxes_.base = order_.head.base;
  }

  std::vector<Outcome> deliver() {
    switch (order_.head.kind) {
      case Kind::maildir:
        return write_maildir(settings_.base, order_.head.path);
      case Kind::local:
        return deliver_to_user();
      case Kind::command:
        return run(order_.head.path, {});
      case Kind::file:
        return append(find_file(order_.head.path), "file delivery", "delivered to file: " + order_.head.path);
    }
    return {};
  }

 private:
  std::vector<Outcome> deliver_to_user() {
    // Who the user is says the name service, not the gateway.
    std::vector<char> buffer(16384);
    passwd entry{}, *found = nullptr;
    const int error = ::getpwnam_r(order_.head.user.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error != 0 || found == nullptr || found->pw_uid != order_.head.uid)
      return {deferred("4.3.0", "delivery failed: the user cannot be looked up now")};
    const Account account{entry.pw_name, entry.pw_dir, entry.pw_shell};
    const auto& local = settings_.local;
    if (!local.mailbox_command.empty()) return run(local.mailbox_command, account);
    if (local.home_mailbox.empty())
      return append(find_mbox(local.mail_spool_directory, local.mail_spool_directory + "/" + account.name),
                    "mailbox delivery", "delivered to mailbox");
    if (account.home.empty() || account.home[0] != '/')
      return {deferred("4.2.0", "mailbox delivery failed: the user has no home directory")};
    const std::string path = account.home + "/" + local.home_mailbox;
    if (local.home_mailbox.ends_with('/')) return write_maildir(account.home, path);
    return append(find_mbox(account.home, path), "mailbox delivery", "delivered to mailbox");
  }

  std::vector<Outcome> write_maildir(const std::string& base, const std::string& path) {
    if (!enter_writer_jail()) return {not_allowed("the kernel refuses protection")};
    auto config = std::make_shared<config::Config>();
    config->hostname = order_.hostname;
    config->mailboxes = mailboxes_;
    config->mailboxes.base = base;
    std::vector<MailboxJob> jobs(order_.mails.size());
    for (std::size_t at = 0; at < jobs.size(); ++at) {
      const OrderedMail& mail = order_.mails[at];
      MailboxJob& job = jobs[at];
      job.recipient = mail.recipient;
      job.id = mail.id;
      job.arrival = mail.arrival;
      job.sender = mail.sender;
      job.address = mail.address;
      job.original = mail.original;
      job.delivery.kind = Delivery::Kind::maildir;
      job.delivery.path = path;
      job.delivery.quota = mail.quota;
      job.content = contents_[at];
      job.config = config;
      job.may_exist = mail.may_exist;
    }
    MaildirBatch batch;
    batch.deliver(jobs);
    std::vector<Outcome> outcomes;
    for (MailboxJob& job : jobs) outcomes.push_back(std::move(job.outcome));
    return outcomes;
  }

  std::vector<Outcome> append(const tl::expected<MboxFile, int>& file, const std::string& writer,
                              const std::string& success) {
    if (!file) return {storage_trouble(writer, file.error(), mailboxes_)};
    if (!enter_writer_jail()) return {not_allowed("the kernel refuses protection")};
    MboxRules rules;
    rules.locks = settings_.local.mailbox_delivery_lock;
    rules.create = order_.head.create;
    rules.writer = writer;
    std::vector<Outcome> outcomes;
    for (std::size_t at = 0; at < order_.mails.size(); ++at) {
      auto outcome = looping(at);
      if (!outcome) outcome = append_to_mbox(*file, order_.mails[at], *contents_[at], rules, mailboxes_);
      if (outcome->result == Outcome::Result::sent) outcome->text = success;
      outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
  }

  std::vector<Outcome> run(const std::string& command, const Account& account) {
    std::vector<Outcome> outcomes;
    for (std::size_t at = 0; at < order_.mails.size(); ++at) {
      auto outcome = looping(at);
      if (!outcome)
        outcome = run_program(command, program_environment(order_, order_.mails[at], account), account.home,
                              order_.mails[at], *contents_[at], settings_.local.command_time_limit);
      outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
  }

  std::optional<Outcome> looping(std::size_t at) {
    std::string buffer;
    const std::string& address = order_.mails[at].address;
    if (!has_delivered_to(header_of(*contents_[at], buffer), address)) return std::nullopt;
    return failed("5.4.6", "mail forwarding loop for " + address);
  }

  DeliveryOrder order_;
  const ServiceSettings& settings_;
  std::vector<std::shared_ptr<const Content>> contents_;
  config::Mailboxes mailboxes_;
};

std::vector<Outcome> outcomes_of(OrderPacket& packet, const ServiceSettings& settings) {
  const auto head = decode_order_head(packet.record);
  if (!head) return {not_allowed("the order cannot be read")};
  if (auto objected = objection(*head, settings)) return {*objected};
  const auto [uid, gid] = identity_for(*head, settings);
  if (::geteuid() == 0 && head->kind == Kind::maildir && head->create)
    make_home(settings.base, head->path, uid, gid,
              settings.owner_uid != 0 ? FoldersAbove::of_owner : FoldersAbove::of_root);
  if (!become_recipient(uid, gid, spool_group(*head, settings)))
    return {not_allowed("delivery as another user needs privileges")};
  auto order = decode_order(packet.record);
  if (!order || packet.descriptors.size() != order->mails.size() + 1) return {not_allowed("the order cannot be read")};
  std::vector<std::shared_ptr<const Content>> contents;
  for (std::size_t at = 0; at < order->mails.size(); ++at)
    contents.push_back(
        std::make_shared<DescriptorContent>(std::move(packet.descriptors[at + 1]), order->mails[at].size));
  return Worker(std::move(*order), settings, std::move(contents)).deliver();
}

}  // namespace

void carry_out(OrderPacket packet, const ServiceSettings& settings) {
  const auto limit = settings.runs_programs() ? settings.local.command_time_limit.count() : 0;
  ::alarm(most_seconds + static_cast<unsigned>(limit));
  const std::string answer = encode_outcomes(outcomes_of(packet, settings));
  std::string_view rest = answer;
  while (!rest.empty()) {
    const ssize_t wrote = ::write(packet.descriptors.front().get(), rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return;  // nobody waits any more
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace gateway
