#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "lookup/unbound_resolver.hpp"

struct ub_ctx;

namespace lookup {

struct DeleteUnbound {
  void operator()(ub_ctx* unbound) const;
};
using Unbound = std::unique_ptr<ub_ctx, DeleteUnbound>;

/// libunbound, set up for a mail gateway and ready for questions. The error is a sentence for the user.
tl::expected<Unbound, std::string> open_unbound(const ResolverOptions& options);

/// "192.0.2.1:5353", "[::1]:53", "::1" in libunbound's form: "192.0.2.1@5353". Empty when it is no address.
std::string forwarder_of(std::string_view server);

}  // namespace lookup
