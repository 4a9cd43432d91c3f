#include <fmt/format.h>
#include <sys/stat.h>

#include "gateway/config/check_config.hpp"

/// What would keep the delivery service from writing.
namespace gateway::config {
namespace {

bool climbs(const std::string& path) {
  return ("/" + path + "/").find("/../") != std::string::npos;
}

void check_local(const Config& config, std::vector<Finding>& findings) {
  const LocalUsers& local = config.mailboxes.local;
  const auto say = [&](Severity severity, const std::string& key, const std::string& text) {
    const std::string path = "mailboxes.local." + key;
    findings.push_back({severity, place_of(config, path), path + ": " + text});
  };
  if (local.home_mailbox.starts_with('/') || climbs(local.home_mailbox))
    say(Severity::error, "home_mailbox", "must lie below the home directory, as \"Maildir/\" or \"mbox\" do");
  const bool is_used = local.allow_mail_to_commands || local.allow_mail_to_files;
  if (is_used && (local.default_privs == "root" || local.default_privs.empty()))
    say(Severity::error, "default_privs", "must be a user without privileges");
  for (const auto& domain : config.domains)
    if (domain.domain_class == DomainClass::local) return;
  if (is_used || local.has_mailboxes()) {
    const Place place = place_of(config, "mailboxes.local");
    findings.push_back({Severity::warning, place, "mailboxes.local is for domains of class local; there is none"});
  }
}

}  // namespace

void check_mailboxes(const Config& config, std::vector<Finding>& findings) {
  check_local(config, findings);
  const Mailboxes& mailboxes = config.mailboxes;
  if (mailboxes.ownership != Ownership::directory || mailboxes.base.empty()) return;
  struct stat base {};
  if (::stat(mailboxes.base.c_str(), &base) == 0 && (base.st_mode & S_IXOTH) == 0)
    findings.push_back({Severity::warning, place_of(config, "mailboxes.base"),
                        fmt::format("the owners of mailboxes cannot pass through {}; chmod o+x", mailboxes.base)});
}

}  // namespace gateway::config
