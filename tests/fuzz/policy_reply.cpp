// Answers of policy services, whole and cut off anywhere.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/filter/policy_reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using State = gateway::PolicyReply::State;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto reply = gateway::parse_policy_reply(input);
  if (reply.state != State::complete) return 0;
  if (reply.length == 0 || reply.length > size) std::abort();
  if (reply.action.find('\n') != std::string_view::npos) std::abort();
  // Nothing shorter is complete, and what follows does not matter.
  if (gateway::parse_policy_reply(input.substr(0, reply.length - 1)).state == State::complete) std::abort();
  if (gateway::parse_policy_reply(input.substr(0, reply.length)).action != reply.action) std::abort();
  return 0;
}
