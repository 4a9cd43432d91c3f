#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/config/config.hpp"
#include "gateway/log.hpp"

namespace gateway {

/// Takes in what programs left in the maildrop folder: by SMTP through the daemon's own listener, so that every check
/// and rewriting of a session applies. A refusal becomes a report to the sender; what cannot be decided now stays and
/// is tried again, at growing distances.
///
/// Has a thread of its own, since it waits for disk and replies. wake() may be called from any thread.
class MaildropPickup {
 public:
  MaildropPickup(std::shared_ptr<const config::Config> config, Log& log);
  ~MaildropPickup();
  MaildropPickup(const MaildropPickup&) = delete;
  MaildropPickup& operator=(const MaildropPickup&) = delete;

  /// Looks into the folder soon. Cheap: for the daemon's housekeeping, every few seconds.
  void wake();
  void reload(std::shared_ptr<const config::Config> config);

 private:
  struct Delay {
    std::chrono::steady_clock::time_point next;
    std::chrono::seconds wait{10};
  };

  void run();
  void look(const config::Config& config);
  /// True when the file is done with.
  bool take(const config::Config& config, const std::string& path);
  void put_aside(const std::string& path, const std::string& why);

  Log& log_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::shared_ptr<const config::Config> config_;
  bool due_ = false, stopping_ = false;
  std::map<std::string, Delay> delays_;  // of the thread
  std::thread thread_;
};

}  // namespace gateway
