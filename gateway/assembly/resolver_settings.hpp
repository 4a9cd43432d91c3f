#pragma once

#include "gateway/config/config.hpp"
#include "lookup/unbound_resolver.hpp"

namespace gateway {

/// The resolver's options as the configuration's `dns` has them.
lookup::ResolverOptions resolver_options(const config::Dns& dns);

}  // namespace gateway
