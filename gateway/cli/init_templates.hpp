#pragma once

#include <string>

namespace gateway::cli {

/// What `gatepost init` fills in.
struct FirstSettings {
  std::string hostname, domain;
  std::string directory;    // ldap://, ldaps:// or ldif:PATH
  std::string search_base;  // dc=example,dc=com
  std::string preset;
  std::string relay;  // "[smtp.example.com]:587"
};

/// Commented configurations, ready to serve but for what the comments name: an MX in front of another mail server,
/// mailboxes out of a directory, a relay that sends everything through one server.
std::string mx_template(const FirstSettings& settings);
std::string mailboxes_template(const FirstSettings& settings);
std::string smarthost_template(const FirstSettings& settings);

}  // namespace gateway::cli
