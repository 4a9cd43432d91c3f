#pragma once

#include <string>
#include <vector>

#include "lookup/entry.hpp"

namespace lookup_test {

/// A slapd of its own on a free loopback port, in a folder of its own, with the suffix dc=example,dc=com and the
/// administrator cn=admin,dc=example,dc=com (password "secret"). Stopped by its process ID.
class Slapd {
 public:
  /// Loads `ldif` below the suffix, whose entry is there already. `extra` is put into the database's section of
  /// slapd.conf. The test fails when the server cannot be started.
  explicit Slapd(const std::string& ldif, const std::string& extra = {});
  ~Slapd();
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;

  void start();
  void stop();    // SIGTERM, waits
  void freeze();  // SIGSTOP: the port answers, the server does not
  void thaw();

  bool is_running() const { return process_ > 0; }
  std::string url() const;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  int port_ = 0;
  int process_ = 0;
};

/// A TCP port on 127.0.0.1 that nobody listens on.
int free_port();

/// Runs a program and waits for it; its exit status.
int run(const std::vector<std::string>& command, const std::string& output_file);

}  // namespace lookup_test
