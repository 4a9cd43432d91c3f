#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include "gateway/delivery/peer_security.hpp"
#include "gateway/delivery/queue.hpp"
#include "gateway/delivery/smtp_client.hpp"
#include "gateway/log.hpp"

namespace gateway {

/// Asks the server that would take an address whether it does: the SMTP or LMTP dialogue of a delivery up to RCPT.
/// DATA is never said, so nothing is ever delivered. Logs each probe as Postfix does (status=deliverable).
///
/// Belongs to the shard's loop. Probes in flight keep this object alive; after shut_down() they report nothing.
class AddressProber : public std::enable_shared_from_this<AddressProber> {
 public:
  AddressProber(Shard& shard, lookup::Resolver& dns, Log& log, std::shared_ptr<const config::Config> config);
  ~AddressProber();

  void use(std::shared_ptr<const config::Config> config);

  /// Who is asked for TLS policies and logins from now on; it outlives this object. Without, there are none.
  void ask_tables(DeliveryResolver& tables);

  /// Probes by `delivery`, which is of kind relay. Calls `done` once, within a minute: sent = deliverable, failed =
  /// refused for good, deferred = nobody knows.
  void probe(const Delivery& delivery, const lookup::Address& address, std::function<void(Outcome)> done);

  void shut_down();

 private:
  struct Probe;

  std::shared_ptr<const PeerSession::Wishes> wishes_for(const Delivery& delivery, std::vector<std::string>& hosts,
                                                        std::string& problem);
  void renew_security();
  asio::awaitable<void> run(std::shared_ptr<AddressProber> self, std::shared_ptr<Probe> probe);
  void log(const Probe& probe, const SmtpClient::Report& report);

  Shard& shard_;
  lookup::Resolver& dns_;
  Log& log_;
  std::shared_ptr<const config::Config> config_;
  std::unique_ptr<DeliveryResolver> no_tables_;
  DeliveryResolver* tables_;
  WorkThreads threads_;
  StsPolicies sts_;
  std::shared_ptr<PeerSecurity> security_;
  std::unordered_set<Probe*> under_way_;
  bool closed_ = false;
};

}  // namespace gateway
