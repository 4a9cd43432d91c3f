#pragma once

#include <sasl/sasl.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/sasl/login_source.hpp"

namespace gateway {

/// What Cyrus SASL is told of the service, the same for every login.
struct CyrusService {
  std::string hostname, realm;
  std::map<std::string, std::string, std::less<>> options;  // as in smtpd.conf
  unsigned security_flags = 0, tls_security_flags = 0;
};

/// One login with Cyrus SASL. Its calls block; one thread at a time may use it.
class CyrusConversation {
 public:
  CyrusConversation(std::shared_ptr<const CyrusService> service, LoginPeer peer);
  ~CyrusConversation();
  CyrusConversation(const CyrusConversation&) = delete;
  CyrusConversation& operator=(const CyrusConversation&) = delete;

  LoginStep start(const std::string& mechanism, const std::optional<std::string>& initial);
  LoginStep feed(const std::string& octets);

  /// What the installed plugins can do with these options.
  std::vector<std::string> mechanisms();

  /// What the library had to say since the last call, for the log.
  std::vector<std::string> take_complaints() { return std::exchange(complaints_, {}); }

 private:
  static int option(void* self, const char* plugin, const char* name, const char** value, unsigned* size);
  static int complain(void* self, int level, const char* text);
  bool open(std::string& problem);
  LoginStep step_of(int result, const char* out, unsigned size);

  std::shared_ptr<const CyrusService> service_;
  LoginPeer peer_;
  std::array<sasl_callback_t, 3> callbacks_{};
  sasl_conn_t* connection_ = nullptr;
  std::vector<std::string> complaints_;
};

}  // namespace gateway
