#pragma once

#include <memory>

#include "gateway/metrics.hpp"
#include "lookup/dns.hpp"

namespace gateway {

/// `resolver`, with its questions to the network counted by type and result. What the cache or the hosts file answers
/// is no question. Belongs to the resolver's loop; the series are shared by all loops.
std::shared_ptr<lookup::Resolver> count_questions(std::shared_ptr<lookup::Resolver> resolver, Metrics& metrics);

}  // namespace gateway
