#include "gateway/server.hpp"

#include "gateway/server/daemon.hpp"

namespace gateway {

int run_server(const std::string& config_path) {
  return Daemon(config_path).run();
}

}  // namespace gateway
