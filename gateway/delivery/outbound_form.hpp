#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lookup/address.hpp"

namespace gateway {

/// What a server is shown of a message whose addresses are rewritten on the way out (rewrite.generic). The spool, the
/// log and reports keep the addresses as they are inside.
struct OutboundForm {
  lookup::Address sender;
  std::vector<lookup::Address> recipients;  // parallel to the envelope's
  std::string header;                       // takes the place of the first header_size octets of the content
  std::uint64_t header_size = 0;
};

}  // namespace gateway
