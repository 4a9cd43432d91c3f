#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/assembly/loop_maps.hpp"
#include "gateway/resolve/address_rules.hpp"
#include "gateway/smtp/services.hpp"
#include "lookup/dns.hpp"

namespace gateway::cli {

/// The gateway's tables, directories and DNS for one command, on a loop of its own, without the daemon: what explain,
/// lookup, directory and dnsbl ask.
class DryRun {
 public:
  /// nullptr after printing what is wrong with the configuration.
  static std::unique_ptr<DryRun> open(const std::string& config_path);
  ~DryRun();

  const Generation& generation() const;
  LoopMaps& maps();

  /// A map of the configuration, or one that is named only here ("hash:/tmp/x").
  AddressMap open_map(const std::string& reference);
  const AddressRules& rules() const;
  lookup::Resolver& dns();
  Services& services();

  /// Runs the loop until `finish` was called by the callbacks that `start` sets going; false when `seconds` are over.
  bool run(const std::function<void(std::function<void()> finish)>& start, int seconds = 30);

 private:
  struct Parts;
  explicit DryRun(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gateway::cli
