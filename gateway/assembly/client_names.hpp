#pragma once

#include <functional>

#include "gateway/smtp/services.hpp"
#include "lookup/dns.hpp"

namespace gateway {

/// The names of a client: PTR, and the same name only if one of its own addresses is the client's (as Postfix's
/// smtpd). "unavailable" when the DNS did not answer. `dns` must outlive the question.
void find_client_names(lookup::Resolver& dns, const lookup::IpAddress& client,
                       std::function<void(Services::ClientNames)> done);

}  // namespace gateway
