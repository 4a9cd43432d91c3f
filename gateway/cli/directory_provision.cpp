#include <fmt/core.h>
#include <sys/stat.h>

#include "gateway/cli/directory_entries.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/provision/carry_out.hpp"
#include "gateway/provision/known_mailboxes.hpp"
#include "gateway/provision/listed_mailboxes.hpp"

/// `gatepost directory plan NAME` and `gatepost directory apply NAME`: the mail store as the directory says.
namespace gateway::cli {

namespace {

using Kind = MailboxStep::Kind;
constexpr std::size_t handful = 5;  // people who may always leave

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "gatepost: %s\n", text.c_str());
  return code;
}

bool is_folder(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

std::string line_of(const MailboxStep& step) {
  const auto& mailbox = step.mailbox;
  switch (step.kind) {
    case Kind::create: {
      const auto owner =
          mailbox.uid ? fmt::format(" owner {}:{}", *mailbox.uid, mailbox.gid.value_or(*mailbox.uid)) : "";
      const auto quota = mailbox.quota > 0 ? fmt::format(" quota {}", mailbox.quota) : "";
      return fmt::format("create      {} for {}{}{}", mailbox.path, mailbox.address, owner, quota);
    }
    case Kind::move:
      return fmt::format("move        {} to {} for {}", step.from, mailbox.path, mailbox.address);
    case Kind::quarantine:
      return fmt::format("quarantine  {} of {}, who is gone", step.from, mailbox.dn);
    case Kind::conflict:
      break;
  }
  return fmt::format("conflict    {} of {}: {}", mailbox.path, mailbox.dn, step.why);
}

std::size_t count(const std::vector<MailboxStep>& steps, Kind kind) {
  return static_cast<std::size_t>(
      std::count_if(steps.begin(), steps.end(), [kind](const MailboxStep& step) { return step.kind == kind; }));
}

/// What is known after the steps: all mailboxes that are where they should be.
void remember(KnownMailboxes& known, const MailboxListing& listing,
              const std::function<bool(const std::string&)>& is_there) {
  std::erase_if(known,
                [&](const auto& each) { return !listing.present.contains(each.first) && !is_there(each.second.path); });
  for (const auto& mailbox : listing.mailboxes) {
    const auto old = known.find(mailbox.id);
    const bool unsettled = old != known.end() && old->second.path != mailbox.path && is_there(old->second.path);
    if (is_there(mailbox.path) && !unsettled) known[mailbox.id] = {mailbox.dn, mailbox.path};
  }
}

int apply(const config::Config& config, const std::string& name, const std::vector<MailboxStep>& steps,
          const MailboxListing& listing, KnownMailboxes known, const std::string& known_file) {
  const auto owner = common_owner(config);
  if (!owner) return complain("mailboxes: " + owner.error(), exit_failed);
  const auto now = std::chrono::system_clock::now();
  std::vector<std::string> journal;
  int code = exit_done;
  for (const auto& step : steps) {
    auto its_owner = *owner;
    if (step.mailbox.uid && ::geteuid() == 0) its_owner = {step.mailbox.uid, step.mailbox.gid};
    const auto done = carry_out(step, config.mailboxes, its_owner, now);
    if (done) {
      journal.push_back("directory=" + name + " " + *done);
    } else {
      code = complain(done.error(), exit_failed);
    }
  }
  remember(known, listing, is_folder);
  const auto kept = write_known_mailboxes(known_file, known);
  if (!kept) code = complain(kept.error(), exit_failed);
  const auto written = write_journal(config.state_directory + "/provisioning.journal", journal, now);
  if (!written) code = complain(written.error(), exit_failed);
  return code;
}

}  // namespace

int provision_directory(const Options& options, const std::string& name, Provision mode) {
  const auto config = read_configuration(options);
  if (!config) return exit_failed;
  const auto directory = open_directory(*config, name);
  if (!directory) return complain(directory.error(), exit_failed);
  MailboxLister lister(*config, name, *directory->layout);
  std::string source;
  const auto read = for_each_entry(*config, *directory, source,
                                   [&](const std::string& id, const lookup::Entry& entry) { lister.add(id, entry); });
  if (!read) return complain("directory " + name + ": " + read.error().text, read.error().code);
  const auto listing = lister.take();
  const auto known_file = config->state_directory + "/" + name + ".mailboxes";
  auto known = read_known_mailboxes(known_file);
  if (!known) return complain(known.error(), exit_failed);
  const auto steps = plan_mailboxes(listing, *known, is_folder);
  for (const auto& step : steps) fmt::print("{}\n", line_of(step));
  for (const auto& refused : listing.refused) fmt::print("refused     {}\n", refused);
  fmt::print("{}: {} mailboxes listed by {}; {} to create, {} to move, {} to quarantine, {} conflicts, {} refused\n",
             name, listing.mailboxes.size(), source, count(steps, Kind::create), count(steps, Kind::move),
             count(steps, Kind::quarantine), count(steps, Kind::conflict), listing.refused.size());
  std::fflush(stdout);
  if (mode == Provision::plan) return exit_done;
  const auto leaving = count(steps, Kind::quarantine);
  const auto percent = static_cast<std::size_t>(directory->settings->replica.refuse_shrink_percent);
  if (!options.flags.contains("accept") && leaving > handful && leaving * 100 > known->size() * percent)
    return complain(fmt::format("{} of {} people would leave at once: nothing is done; --accept believes it", leaving,
                                known->size()),
                    exit_temporary);
  return apply(*config, name, steps, listing, std::move(*known), known_file);
}

}  // namespace gateway::cli
