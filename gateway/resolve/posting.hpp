#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lookup/address.hpp"

namespace gateway {

/// What is known of the client that wants to send to a list.
struct Poster {
  lookup::Address sender;
  bool in_mynetworks = false, is_authenticated = false;
};

/// May this sender post where `senders` says who may (aliases.senders)? An address, "@domain", "mynetworks" and
/// "authenticated" each allow; an empty list allows everybody. Sender addresses are easily forged: only the last two
/// words are proof.
bool may_post(const std::vector<std::string>& senders, const Poster& poster);

}  // namespace gateway
