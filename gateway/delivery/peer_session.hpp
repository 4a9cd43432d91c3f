#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/delivery/active_message.hpp"
#include "gateway/delivery/client_tls.hpp"
#include "gateway/delivery/peer_hosts.hpp"
#include "gateway/delivery/peer_reply.hpp"
#include "gateway/net/connection.hpp"

namespace gateway {

/// What a server offered in its EHLO or LHLO reply.
struct PeerOffers {
  bool pipelining = false, eight_bit = false, smtputf8 = false, dsn = false, start_tls = false;
  bool auth_plain = false, auth_login = false;
  std::optional<std::uint64_t> size;  // 0: no limit

  static PeerOffers parse(const PeerReply& reply);
};

/// One conversation with one SMTP or LMTP server: greeting, TLS, authentication, then transactions one after another.
///
/// Belongs to the shard's loop. Every wait has the deadline of its phase. After a failure the session is closed and
/// says why by an Outcome; nothing is thrown.
class PeerSession {
 public:
  struct Wishes {
    std::shared_ptr<const config::Config> config;
    config::Route route;
    std::shared_ptr<const ClientTls> tls;
    std::string nexthop;  // the name that certificates are checked against at level secure
  };
  enum class UseTls : bool { no, yes };

  PeerSession(Shard& shard, std::shared_ptr<const Wishes> wishes, PeerAddress peer);

  /// Connects and introduces us. nullopt: ready for mail. `tlsa`: validated records for the dane levels.
  asio::awaitable<std::optional<Outcome>> open(UseTls use_tls, std::vector<std::string> tlsa);

  /// Sends a message to some of its recipients; fills `outcomes`, which are parallel to `recipients`.
  /// False: the server had closed this reused session before it answered; nothing was decided.
  asio::awaitable<bool> send(const ActiveMessage& message, const std::vector<std::uint32_t>& recipients,
                             std::vector<Outcome>& outcomes);

  /// Says good-bye without waiting for an answer.
  void quit();

  /// Ends what is under way at once; the message counts as not delivered.
  void abandon() { connection_.close(); }

  bool is_open() const { return connection_.is_open(); }
  bool failed_in_tls() const { return failed_in_tls_; }
  ClientTls::Trust trust() const { return trust_; }
  bool is_encrypted() const { return connection_.is_tls(); }
  const PeerAddress& peer() const { return peer_; }
  const std::string& relay() const { return relay_; }

 private:
  enum class Phase : std::uint8_t { greeting, ehlo, start_tls, auth, mail, rcpt, data, content, end_of_data };
  enum class Step : std::uint8_t { rset, mail, rcpt, data };
  struct Transaction;

  asio::awaitable<std::optional<Outcome>> introduce();
  asio::awaitable<std::optional<Outcome>> encrypt(std::vector<std::string> tlsa);
  asio::awaitable<std::optional<Outcome>> authenticate();
  asio::awaitable<bool> ask(std::string command, PeerReply& reply);
  asio::awaitable<bool> read_reply(PeerReply& reply);
  bool take_buffered(PeerReply& reply);

  asio::awaitable<bool> converse(Transaction& transaction);
  const OutboundForm* outbound_form(const ActiveMessage& message) const;
  asio::awaitable<bool> send_content(const ActiveMessage& message);
  asio::awaitable<void> read_verdicts(Transaction& transaction);
  void note(Transaction& transaction, Step step, std::size_t recipient, PeerReply reply);
  std::optional<Outcome> refuse_unsuited(const Envelope& envelope) const;

  void enter(Phase phase);
  Outcome outcome_of(const PeerReply& reply, Phase phase) const;
  Outcome refused(const PeerReply& reply) const;
  Outcome broken() const;
  void fail(std::error_code error);

  Shard& shard_;
  std::shared_ptr<const Wishes> wishes_;
  PeerAddress peer_;
  std::string name_;   // "host[address]"
  std::string relay_;  // "host[address]:port"
  Connection connection_;
  PeerReplyParser parser_;
  PeerOffers offers_;
  std::string input_;
  std::size_t input_used_ = 0;
  std::string wire_;
  Phase phase_ = Phase::greeting;
  std::string problem_;
  std::string problem_dsn_;
  ClientTls::Trust trust_ = ClientTls::Trust::encrypted;
  bool failed_in_tls_ = false;
  bool needs_reset_ = false;
  bool used_before_ = false;
};

}  // namespace gateway
