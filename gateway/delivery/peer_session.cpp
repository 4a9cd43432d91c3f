#include "gateway/delivery/peer_session.hpp"

#include <openssl/ssl.h>

#include <charconv>
#include <system_error>

#include "gateway/delivery/peer_commands.hpp"
#include "lookup/address.hpp"

namespace gateway {

namespace {

using std::chrono::seconds;

constexpr seconds connect_limit{30}, greeting_limit{300}, ehlo_limit{300}, mail_limit{300}, rcpt_limit{300},
    data_limit{120}, block_limit{180}, dot_limit{600};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

}  // namespace

PeerOffers PeerOffers::parse(const PeerReply& reply) {
  PeerOffers offers;
  std::string_view rest = reply.text;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (first || line.size() < 5) continue;
    const std::string words = upper(line.substr(4));
    const std::string_view keyword = std::string_view(words).substr(0, words.find_first_of(" ="));
    const std::string_view rest_of_line = std::string_view(words).substr(keyword.size());
    if (keyword == "PIPELINING") offers.pipelining = true;
    if (keyword == "8BITMIME") offers.eight_bit = true;
    if (keyword == "SMTPUTF8") offers.smtputf8 = true;
    if (keyword == "DSN") offers.dsn = true;
    if (keyword == "STARTTLS") offers.start_tls = true;
    if (keyword == "REQUIRETLS") offers.require_tls = true;
    if (keyword == "SIZE") {
      std::uint64_t limit = 0;
      if (rest_of_line.size() > 1)
        std::from_chars(rest_of_line.data() + 1, rest_of_line.data() + rest_of_line.size(), limit);
      offers.size = limit;
    }
    if (keyword == "AUTH") {
      for (std::string_view list = rest_of_line; !list.empty();) {
        const std::size_t start = list.find_first_not_of(" =");
        if (start == std::string_view::npos) break;
        list.remove_prefix(start);
        const std::string_view mechanism = list.substr(0, list.find(' '));
        offers.auth.emplace_back(mechanism);
        list.remove_prefix(mechanism.size());
      }
    }
  }
  return offers;
}

PeerSession::PeerSession(Shard& shard, std::shared_ptr<const Wishes> wishes, PeerAddress peer)
    : shard_(shard), wishes_(std::move(wishes)), peer_(std::move(peer)), connection_(shard) {
  const std::string inside = peer_.unix_path.empty() ? peer_.address.to_string() : peer_.unix_path;
  name_ = peer_.host + "[" + inside + "]";
  relay_ = peer_.to_string();
}

asio::awaitable<std::optional<Outcome>> PeerSession::open(PeerTls tls, std::optional<PeerLogin> login) {
  tls_ = std::move(tls);
  StreamEndpoint endpoint =
      peer_.unix_path.empty() ? make_endpoint(peer_.address, peer_.port) : make_unix_endpoint(peer_.unix_path);
  std::optional<StreamEndpoint> local;
  if (!wishes_->route->bind_address.empty() && peer_.unix_path.empty()) {
    const auto bind = lookup::parse_ip(wishes_->route->bind_address);
    if (bind && bind->is_v6 == peer_.address.is_v6) local = make_endpoint(*bind, 0);
  }
  connection_.expire_after(connect_limit);
  const std::error_code error = co_await connection_.connect(endpoint, local);
  if (error) {
    connection_.close();
    std::string reason = error == timed_out ? "Connection timed out" : error.message();
    std::string place = peer_.unix_path.empty() ? name_ + ":" + std::to_string(peer_.port) : name_;
    co_return Outcome{Outcome::Result::deferred, "4.4.1", "connect to " + place + ": " + reason, {}, {}, false};
  }
  if (peer_.unix_path.empty()) local_address_ = connection_.local().address.to_string();
  std::optional<Outcome> refusal;
  if (tls_.wrapper && tls_.client) refusal = co_await encrypt();
  if (refusal) co_return refusal;
  refusal = co_await greet();
  if (refusal) co_return refusal;
  if (tls_.client && !connection_.is_tls()) refusal = co_await ask_for_tls();
  if (refusal) co_return refusal;
  if (login) refusal = co_await authenticate(std::move(*login));
  co_return refusal;
}

asio::awaitable<std::optional<Outcome>> PeerSession::greet() {
  enter(Phase::greeting);
  PeerReply greeting;
  const bool greeted = co_await read_reply(greeting);
  if (!greeted) co_return broken();
  if (greeting.code / 100 != 2) {
    quit();
    co_return refused(greeting);
  }
  auto refusal = co_await introduce();
  co_return refusal;
}

asio::awaitable<std::optional<Outcome>> PeerSession::introduce() {
  enter(Phase::ehlo);
  const bool lmtp = wishes_->route->protocol == config::Protocol::lmtp;
  PeerReply reply;
  bool answered = co_await ask((lmtp ? "LHLO " : "EHLO ") + wishes_->config->hostname + "\r\n", reply);
  if (!answered) co_return broken();
  if (reply.code / 100 == 2) {
    offers_ = PeerOffers::parse(reply);
    co_return std::nullopt;
  }
  offers_ = {};
  if (reply.code / 100 == 5 && reply.code != 521 && !lmtp && !connection_.is_tls()) {
    answered = co_await ask("HELO " + wishes_->config->hostname + "\r\n", reply);
    if (!answered) co_return broken();
    if (reply.code / 100 == 2) co_return std::nullopt;
  }
  quit();
  co_return refused(reply);
}

asio::awaitable<bool> PeerSession::ask(std::string command, PeerReply& reply) {
  const std::error_code error = co_await connection_.write(command);
  if (error) {
    fail(error);
    co_return false;
  }
  const bool answered = co_await read_reply(reply);
  co_return answered;
}

bool PeerSession::take_buffered(PeerReply& reply) {
  std::string_view rest = std::string_view(input_).substr(input_used_);
  const auto step = parser_.feed(rest);
  input_used_ = input_.size() - rest.size();
  if (step == PeerReplyParser::Step::complete) {
    reply = parser_.take();
    return true;
  }
  if (step == PeerReplyParser::Step::broken) {
    problem_ = "host " + name_ + " does not speak SMTP";
    problem_dsn_ = "4.5.0";
    connection_.close();
  }
  return false;
}

asio::awaitable<bool> PeerSession::read_reply(PeerReply& reply) {
  for (;;) {
    if (take_buffered(reply)) co_return true;
    if (!connection_.is_open()) co_return false;
    const Received received = co_await connection_.receive();
    if (received.error) {
      fail(received.error);
      co_return false;
    }
    input_.assign(received.octets);
    input_used_ = 0;
  }
}

void PeerSession::quit() {
  if (!connection_.is_open()) return;
  connection_.write_best_effort("QUIT\r\n");
  connection_.close();
}

void PeerSession::enter(Phase phase) {
  phase_ = phase;
  switch (phase) {
    case Phase::greeting:
      return connection_.expire_after(greeting_limit);
    case Phase::start_tls:
      return connection_.expire_after(wishes_->route->tls.timeout);
    case Phase::ehlo:
    case Phase::auth:
      return connection_.expire_after(ehlo_limit);
    case Phase::mail:
      return connection_.expire_after(mail_limit);
    case Phase::rcpt:
      return connection_.expire_after(rcpt_limit);
    case Phase::data:
      return connection_.expire_after(data_limit);
    case Phase::content:
      return connection_.expire_after(block_limit);
    case Phase::end_of_data:
      return connection_.expire_after(dot_limit);
  }
}

namespace {

constexpr std::string_view doing[] = {"receiving the initial server greeting",
                                      "performing the EHLO handshake",
                                      "performing the TLS handshake",
                                      "authenticating",
                                      "sending MAIL FROM",
                                      "sending RCPT TO",
                                      "sending DATA command",
                                      "sending message body",
                                      "sending end of data -- message may be sent more than once"};
constexpr std::string_view replied_to[] = {
    "initial server greeting", "EHLO command", "STARTTLS command", "AUTH command",       "MAIL FROM command",
    "RCPT TO command",         "DATA command", "DATA command",     "end of DATA command"};

}  // namespace

Outcome PeerSession::outcome_of(const PeerReply& reply, Phase phase) const {
  Outcome outcome;
  outcome.remote = peer_.host;
  outcome.reply = reply.printable();
  outcome.dsn = reply.dsn();
  if (reply.code / 100 == 2) {
    outcome.result = Outcome::Result::sent;
    outcome.text = outcome.reply;
    outcome.notify_passed = offers_.dsn;
    return outcome;
  }
  // A reply that makes no sense here proves nothing about the recipient: try again later.
  outcome.result = reply.is_permanent() ? Outcome::Result::failed : Outcome::Result::deferred;
  if (reply.code / 100 == 3) outcome.dsn = "4.5.0";
  outcome.text = "host " + name_ + " said: " + outcome.reply + " (in reply to " +
                 std::string(replied_to[static_cast<std::size_t>(phase)]) + ")";
  return outcome;
}

Outcome PeerSession::refused(const PeerReply& reply) const {
  Outcome outcome;
  outcome.result = Outcome::Result::deferred;
  outcome.remote = peer_.host;
  outcome.reply = reply.printable();
  outcome.dsn = reply.dsn();
  outcome.dsn[0] = '4';
  outcome.text = "host " + name_ + " refused to talk to me: " + outcome.reply;
  return outcome;
}

Outcome PeerSession::broken() const {
  return {Outcome::Result::deferred, problem_dsn_.empty() ? "4.4.2" : problem_dsn_, problem_, {}, {}, false};
}

void PeerSession::fail(std::error_code error) {
  const std::string phase(doing[static_cast<std::size_t>(phase_)]);
  problem_ = error == timed_out ? "conversation with " + name_ + " timed out while " + phase
                                : "lost connection with " + name_ + " while " + phase;
  problem_dsn_ = "4.4.2";
  connection_.close();
}

}  // namespace gateway
