#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/peer_session.hpp"
#include "gateway/delivery/tls_report.hpp"

namespace gateway {

/// Delivers consignments for one destination over SMTP or LMTP, one after another, and keeps its connection for the
/// next one (300 s at most).
///
/// Hosts are tried in order: at most 5 addresses and 2 conversations for one consignment, then the route's fallback
/// hosts; who was refused temporarily by one host is offered to the next. Belongs to the shard's loop; shard and
/// resolver must outlive it.
class SmtpClient {
 public:
  /// How a consignment went. `outcomes` is parallel to its recipients, none undecided.
  struct Report {
    std::vector<Outcome> outcomes;
    std::string relay = "none";
    bool reached = false;  // a server talked to us: the destination is alive
    std::chrono::steady_clock::duration connect{}, transmit{};
  };

  /// `domain` is the recipient's domain (for "mx") or the explicit next hop.
  SmtpClient(Shard& shard, lookup::Resolver& dns, std::shared_ptr<const PeerSession::Wishes> wishes,
             std::vector<std::string> hosts, std::string domain);

  asio::awaitable<Report> deliver(const Consignment& consignment);

  bool is_open() const { return session_ && session_->is_open(); }
  void close();

  /// Ends a delivery under way; no other host is tried.
  void abandon();

  /// Called when a connection is made (its security) and when one is closed.
  std::function<void(bool opened, const PeerSession& session)> on_connection;

  /// Called with how TLS went with an MX host.
  std::function<void(const TlsResult&)> on_tls;

 private:
  struct Progress;

  asio::awaitable<void> try_hosts(Progress& progress, std::vector<std::string> hosts);
  asio::awaitable<bool> connect(Progress& progress, PeerAddress peer);
  asio::awaitable<bool> transact(Progress& progress);
  bool suits(const Envelope& envelope) const;
  void report_tls(const PeerSecurity::Decision& decision, const PeerAddress& peer) const;

  Shard& shard_;
  lookup::Resolver& dns_;
  std::shared_ptr<const PeerSession::Wishes> wishes_;
  std::vector<std::string> hosts_;
  std::string domain_;
  std::unique_ptr<PeerSession> session_;
  std::chrono::steady_clock::time_point connected_at_{};
  MessageTls made_for_ = MessageTls::usual;  // the open session
  std::string login_sender_;                 // whose login it has, where logins go by the sender
  bool abandoned_ = false;
};

}  // namespace gateway
