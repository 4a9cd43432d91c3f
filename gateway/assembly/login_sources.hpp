#pragma once

#include <memory>
#include <string>

#include "gateway/assembly/loop_maps.hpp"
#include "gateway/log.hpp"
#include "gateway/sasl/login_source.hpp"

namespace gateway {

/// The directory that checks logins; "" when something else does.
std::string sasl_directory(const config::Sasl& sasl);

/// Who checks logins by `sasl.backend`. Never null: without a back end every login is unavailable.
std::unique_ptr<LoginSource> make_login_source(const config::Config& config, const LoopMaps& maps,
                                               asio::io_context& loop, Log& log);

}  // namespace gateway
