#include "gateway/local/service_settings.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <functional>
#include <utility>

namespace gateway {

namespace {

bool take(std::string_view text, std::uint32_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

tl::expected<std::pair<std::uint32_t, std::uint32_t>, std::string> find_user(const std::string& key,
                                                                             const std::string& name) {
  const auto* user = ::getpwnam(name.c_str());
  if (user == nullptr) return tl::unexpected(key + ": no user \"" + name + "\"");
  if (user->pw_uid == 0) return tl::unexpected(key + ": must not be root");
  return std::pair<std::uint32_t, std::uint32_t>(user->pw_uid, user->pw_gid);
}

/// Calls `each` with the name of every field and the field itself: a text or a number.
template <class Settings, class Each>
void for_each_field(Settings& settings, const Each& each) {
  each("base", settings.base);
  each("minimum_uid", settings.minimum_uid);
  each("owner_uid", settings.owner_uid);
  each("owner_gid", settings.owner_gid);
  each("default_uid", settings.default_uid);
  each("default_gid", settings.default_gid);
  each("home_mailbox", settings.local.home_mailbox);
  each("mail_spool_directory", settings.local.mail_spool_directory);
  each("mailbox_command", settings.local.mailbox_command);
}

}  // namespace

tl::expected<ServiceSettings, std::string> service_settings(const config::Config& config) {
  ServiceSettings settings;
  const auto& mailboxes = config.mailboxes;
  const bool is_root = ::geteuid() == 0;
  settings.minimum_uid = mailboxes.minimum_uid;
  settings.local = mailboxes.local;
  if (mailboxes.ownership == config::Ownership::directory) {
    settings.base = mailboxes.base;
  } else if (is_root && !config.run_as.user.empty() && !mailboxes.user.empty() &&
             mailboxes.user != config.run_as.user) {
    const auto owner = find_user("mailboxes.user", mailboxes.user);
    if (!owner) return tl::unexpected(owner.error());
    settings.base = mailboxes.base;
    settings.owner_uid = owner->first;
    settings.owner_gid = owner->second;
    if (!mailboxes.group.empty()) {
      const auto* group = ::getgrnam(mailboxes.group.c_str());
      if (group == nullptr) return tl::unexpected("mailboxes.group: no group \"" + mailboxes.group + "\"");
      settings.owner_gid = group->gr_gid;
    }
  }
  if (!settings.local.allow_mail_to_commands && !settings.local.allow_mail_to_files) return settings;
  if (!is_root) {
    // Started as anyone else, everything is done as that user.
    settings.default_uid = ::geteuid();
    settings.default_gid = ::getegid();
    return settings;
  }
  const auto user = find_user("mailboxes.local.default_privs", settings.local.default_privs);
  if (!user) return tl::unexpected(user.error());
  settings.default_uid = user->first;
  settings.default_gid = user->second;
  return settings;
}

std::vector<std::string> to_words(const ServiceSettings& settings) {
  std::vector<std::string> words;
  for_each_field(settings, [&words](const char* name, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
      words.push_back(std::string(name) + "=" + value);
    else
      words.push_back(std::string(name) + "=" + std::to_string(value));
  });
  for (const auto& lock : settings.local.mailbox_delivery_lock) words.push_back("lock=" + lock);
  if (settings.local.allow_mail_to_commands) words.emplace_back("allow=commands");
  if (settings.local.allow_mail_to_files) words.emplace_back("allow=files");
  words.push_back("command_time_limit=" + std::to_string(settings.local.command_time_limit.count()));
  return words;
}

std::optional<ServiceSettings> settings_of_words(std::span<const std::string> words) {
  ServiceSettings settings;
  settings.local.mailbox_delivery_lock.clear();
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    bool good = false;
    for_each_field(settings, [&](const char* field, auto& into) {
      if (name != field) return;
      if constexpr (std::is_same_v<std::decay_t<decltype(into)>, std::string>) {
        into = value;
        good = true;
      } else {
        good = take(value, into);
      }
    });
    std::uint32_t seconds = 0;
    if (name == "lock") {
      settings.local.mailbox_delivery_lock.push_back(value);
      good = true;
    } else if (name == "allow") {
      (value == "commands" ? settings.local.allow_mail_to_commands : settings.local.allow_mail_to_files) = true;
      good = value == "commands" || value == "files";
    } else if (name == "command_time_limit" && take(value, seconds)) {
      settings.local.command_time_limit = config::Seconds{seconds};
      good = true;
    }
    if (!good) return std::nullopt;
  }
  return settings;
}

}  // namespace gateway
