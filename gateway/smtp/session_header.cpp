// The header of a message that arrives: whose it is, and what becomes of the addresses in it.
#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds rewriting_limit{60};

}  // namespace

/// Whose header arrives: that of mail from elsewhere is not ours to complete or rewrite.
Services::HeaderOrigin Session::header_origin() const {
  const auto& clients = parts_->config().rewrite.local_header_rewrite_clients;
  const auto is_said = [&](std::string_view word) {
    return std::find(clients.begin(), clients.end(), word) != clients.end();
  };
  const bool is_this_machine = facts_.client_address.is_loopback() || facts_.client_address == facts_.server_address;
  const bool ours = (facts_.client_in_mynetworks && is_said("permit_mynetworks")) ||
                    (!facts_.login.empty() && is_said("permit_sasl_authenticated")) ||
                    (is_this_machine && is_said("permit_inet_interfaces"));
  return ours ? Services::HeaderOrigin::ours : Services::HeaderOrigin::foreign;
}

/// Has the addresses in the held header rewritten. A map that cannot be asked refuses the message for now.
Session::Done Session::rewrite_header() {
  using Rewritten = tl::expected<std::string, lookup::Answer>;
  auto& intake = *transaction_->intake;
  connection_.never_expire();
  Awaited<Rewritten> awaited(parts_->shard.loop());
  parts_->services->rewrite_header(intake.held_header(), header_origin(), awaited.callback());
  auto rewritten = co_await awaited.wait(rewriting_limit);
  if (rewritten && *rewritten) {
    intake.replace_header(**rewritten);
    co_return;
  }
  log_warning(fmt::format("{}: rewriting the header: {}", transaction_->queue_id,
                          rewritten ? rewritten->error().detail : "no answer in time"));
  transaction_->is_unresolved = true;
  intake.refuse(replies::header_lookup_failure());
}

}  // namespace gateway
