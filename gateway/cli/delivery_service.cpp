#include <sys/socket.h>

#include <cstdio>

#include "gateway/cli/verbs.hpp"
#include "gateway/local/delivery_service.hpp"

namespace gateway::cli {

int run_delivery_service_verb(std::span<const std::string> arguments) {
  constexpr int socket = 3;
  int type = 0;
  socklen_t size = sizeof type;
  const auto settings = settings_of_words(arguments);
  if (!settings || ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    std::fputs("gatepost: delivery-service is started by \"gatepost serve\"\n", stderr);
    return exit_usage;
  }
  return run_delivery_service(socket, *settings);
}

}  // namespace gateway::cli
