#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/client_tls.hpp"
#include "gateway/delivery/peer_hosts.hpp"
#include "gateway/delivery/sasl_client.hpp"
#include "gateway/delivery/sts_policies.hpp"
#include "gateway/log.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/net/work_threads.hpp"

namespace lookup {
class Resolver;
}

namespace gateway {

class DeliveryResolver;

/// What a message itself says of TLS (RFC 8689): nothing; REQUIRETLS; "TLS-Required: No".
enum class MessageTls : std::uint8_t { usual, required, dispensable };

/// Decides how TLS is used with each server: the route's level, its policy table, TLSA records whose absence or
/// presence DNSSEC proves (RFC 7672), and the policy of MTA-STS; and which login it gets. For one configuration.
/// Belongs to the delivery loop; what it refers to must outlive it.
class PeerSecurity {
 public:
  struct Decision {
    PeerTls tls;
    std::optional<Outcome> refusal;  // why nothing may be sent to this server now
    TlsFailure failure = TlsFailure::none;
    std::optional<StsPolicy> sts;
  };

  /// Whether and how to log in.
  struct Login {
    std::optional<PeerLogin> login;
    std::optional<Outcome> refusal;
  };

  struct Parts {
    asio::io_context& loop;
    lookup::Resolver& dns;
    DeliveryResolver& tables;
    Log& log;
    WorkThreads& threads;
    StsPolicies& sts;
  };
  explicit PeerSecurity(const Parts& parts) : parts_(parts) {}

  asio::awaitable<Decision> decide(std::shared_ptr<const config::Route> route, PeerAddress peer, MessageTls wish);

  /// The login of a route for this server; `sender` is asked for first where the route says so.
  asio::awaitable<Login> find_login(std::shared_ptr<const config::Route> route, PeerAddress peer,
                                    lookup::Address sender);

  /// For logins by mechanisms that compute or wait.
  WorkThreads& threads() { return parts_.threads; }

 private:
  enum class Records : std::uint8_t { absent, usable, unusable, unavailable };
  struct TlsaAnswer {
    Records state = Records::absent;
    std::string base;  // the name that has them
    std::vector<std::string> usable;
  };

  asio::awaitable<TlsaAnswer> find_tlsa(PeerAddress peer);
  asio::awaitable<TlsaAnswer> ask_tlsa(std::string base, std::uint16_t port);
  asio::awaitable<void> apply_dane(Decision& decision, const PeerAddress& peer, config::TlsLevel wanted);
  asio::awaitable<void> apply_sts(Decision& decision, const PeerAddress& peer);
  std::shared_ptr<const ClientTls> load(const std::string& route, const std::string& entry,
                                        const config::RouteTls& wishes);

  Parts parts_;
  std::unordered_map<std::string, std::shared_ptr<const ClientTls>> loaded_;  // by route and policy entry
};

}  // namespace gateway
