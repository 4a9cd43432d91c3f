#include "gateway/filter/policy_reply.hpp"

namespace gateway {

namespace {

constexpr std::size_t longest_reply = 65536;

}  // namespace

PolicyReply parse_policy_reply(std::string_view input) {
  PolicyReply reply;
  bool has_action = false;
  for (std::size_t at = 0;;) {
    const auto end = input.find('\n', at);
    if (end == std::string_view::npos) {
      if (input.size() > longest_reply) reply.state = PolicyReply::State::malformed;
      return reply;
    }
    auto line = input.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (line.empty()) {
      reply.state = has_action ? PolicyReply::State::complete : PolicyReply::State::malformed;
      reply.length = at;
      return reply;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || at > longest_reply) {
      reply.state = PolicyReply::State::malformed;
      return reply;
    }
    if (line.substr(0, equals) != "action" || has_action) continue;
    reply.action = line.substr(equals + 1);
    has_action = true;
  }
}

}  // namespace gateway
