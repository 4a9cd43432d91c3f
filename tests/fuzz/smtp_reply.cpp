// Replies of remote servers, in any octets and any pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/delivery/peer_reply.hpp"
#include "gateway/delivery/peer_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  gateway::PeerReplyParser parser;
  while (!rest.empty()) {
    std::string_view part = rest.substr(0, piece);
    rest.remove_prefix(part.size());
    while (!part.empty()) {
      const auto step = parser.feed(part);
      if (step == gateway::PeerReplyParser::Step::broken) return 0;
      if (step != gateway::PeerReplyParser::Step::complete) break;
      const gateway::PeerReply reply = parser.take();
      if (reply.code < 200 || reply.code > 599 || reply.dsn().size() < 5) std::abort();
      if (reply.text.find('\r') != std::string::npos || reply.text.size() > 70000) std::abort();
      if (reply.printable().find('\n') != std::string::npos) std::abort();
      gateway::PeerOffers::parse(reply);
    }
  }
  return 0;
}
