#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway {

/// What the delivery service is told when it is started, by the configuration that root has read. It holds to this
/// whatever the gateway asks of it later.
struct ServiceSettings {
  std::string base;  // of Maildirs; "" = none are written for others
  std::uint32_t minimum_uid = 100;
  std::uint32_t owner_uid = 0, owner_gid = 0;      // of all Maildirs below the base; 0 = the order says
  std::uint32_t default_uid = 0, default_gid = 0;  // default_privs; 0 = no commands, no files
  config::LocalUsers local;

  bool is_needed() const {
    return !base.empty() || local.has_mailboxes() || local.allow_mail_to_commands || local.allow_mail_to_files;
  }
  bool runs_programs() const { return local.allow_mail_to_commands || !local.mailbox_command.empty(); }
};

/// The settings of a configuration; to be asked while the process is still root, if it ever is. Looks users up. The
/// error is a sentence.
[[nodiscard]] tl::expected<ServiceSettings, std::string> service_settings(const config::Config& config);

/// The settings as words of a command line ("minimum_uid=100"), and back. nullopt: such words were never made.
std::vector<std::string> to_words(const ServiceSettings& settings);
std::optional<ServiceSettings> settings_of_words(std::span<const std::string> words);

}  // namespace gateway
