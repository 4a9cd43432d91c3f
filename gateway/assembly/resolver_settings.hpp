#pragma once

#include "gateway/config/config.hpp"
#include "lookup/unbound_resolver.hpp"

namespace gateway {

/// The options of `dns`, as strict as the levels of the routes need them.
lookup::ResolverOptions resolver_options(const config::Config& config);

}  // namespace gateway
