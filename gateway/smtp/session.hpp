#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/filter/filter_metrics.hpp"
#include "gateway/filter/filter_verdict.hpp"
#include "gateway/filter/milter_protocol.hpp"
#include "gateway/log.hpp"
#include "gateway/net/connection.hpp"
#include "gateway/smtp/client_counters.hpp"
#include "gateway/smtp/inquiry.hpp"
#include "gateway/smtp/line_reader.hpp"
#include "gateway/smtp/reply.hpp"
#include "gateway/smtp/sasl_exchange.hpp"
#include "gateway/smtp/session_counts.hpp"
#include "gateway/smtp/smtp_server.hpp"
#include "gateway/smtp/smtpd_metrics.hpp"
#include "gateway/smtp/transaction.hpp"

namespace gateway {

class MilterChain;
struct MessageEdits;

/// What the sessions of one listener share on one shard under one configuration.
struct SessionParts {
  Shard& shard;
  Spool& spool;
  Queue& queue;
  Log& log;
  ClientCounters& counters;
  const SmtpdMetrics& metrics;
  std::atomic<std::uint64_t>& messages_total;
  std::shared_ptr<const SmtpSnapshot> snapshot;
  std::size_t listener = 0;  // its place in the configuration
  std::shared_ptr<Services> services;
  std::function<void(std::string domain)> flush;  // ETRN
  std::vector<const FilterMetrics*> filters{};    // parallel to the configured filters

  const config::Config& config() const { return *snapshot->config; }
  const config::Listener& listener_config() const { return snapshot->config->listeners[listener]; }
};

/// One client's session: reads commands, asks, judges, replies, and hands accepted messages to spool and queue.
///
/// run() is the whole life. All replies leave by say(), where they are counted, delayed and gathered into one write.
/// Belongs to the shard's loop; the frame that runs run() owns the session.
class Session {
 public:
  Session(std::shared_ptr<const SessionParts> parts, StreamSocket socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  asio::awaitable<void> run();

  /// The daemon wants to stop: ends at once between transactions, else after the current one.
  void stop();
  /// Ends now, whatever is going on.
  void abandon();

 private:
  using Line = LineReader::Line;
  using Done = asio::awaitable<void>;
  enum class Blame : std::uint8_t { client, nobody };  // does an error count against the client?

  // session.cpp: the loop, the one exit for replies
  Done serve_commands();
  Done obey(Line line);
  Done execute(Command command);
  asio::awaitable<std::optional<Line>> read_line();
  Done say(Reply reply, Blame blame = Blame::client);
  asio::awaitable<bool> flush();
  void end(std::string_view why);
  void end_by(const std::error_code& error);
  Done pause(std::chrono::seconds time);
  bool is_out_of_step(Verb verb);

  // session_client.cpp: who the client is
  asio::awaitable<bool> greet();
  asio::awaitable<bool> read_proxy_header();
  asio::awaitable<bool> refuse_crowd();
  Done find_client_names();
  void set_client(const SocketName& client, const SocketName& server);
  Done say_hello(Verb verb, std::string_view name);
  Done take_xclient(std::string_view argument);
  Done take_xforward(std::string_view argument);
  bool is_over(ClientCounters::Event event, const config::Rate& rate, std::string_view what);
  bool may_xclient() const;

  // session_security.cpp: STARTTLS, AUTH
  Done start_tls();
  asio::awaitable<bool> secure();
  Done authenticate(std::string_view argument);
  Done check_password(std::string mechanism, SaslExchange exchange);
  bool offers_auth() const;

  // session_envelope.cpp: MAIL, RCPT and what is judged at them
  Done begin_transaction(MailFrom mail);
  Done add_recipient(RcptTo rcpt);
  Done accept_recipient(RcptTo rcpt, bool is_postmaster);
  Done refuse_unknown(const RecipientAnswer& answer);
  Done flush_domain(std::string_view domain);
  asio::awaitable<policy::Verdict> judge(policy::Stage stage);
  asio::awaitable<bool> passes(policy::Stage stage);
  asio::awaitable<tl::expected<lookup::Address, Reply>> rewrite(lookup::Address address, Services::Role role);
  asio::awaitable<RecipientAnswer> find_recipient();
  void open_message();

  // session_content.cpp: DATA, BDAT, storing
  Done take_content();
  Done take_chunk(Chunk chunk);
  asio::awaitable<bool> may_send_content();
  asio::awaitable<bool> read_content(ContentReader& reader, std::uint64_t chunk_size);
  void begin_content();
  Services::HeaderOrigin header_origin() const;
  Done rewrite_header();
  void finish_check();
  Done complete_message();
  asio::awaitable<std::optional<Reply>> store_message();
  asio::awaitable<std::optional<Reply>> store_all(Services::Expansion& expansion,
                                                  std::unique_ptr<ContentWriter> writer);
  std::optional<Reply> write_beside(const Services::Expansion& main, const Services::Expansion& other,
                                    const ContentWriter& content, ContentWriter& writer) const;
  asio::awaitable<std::optional<Reply>> add_bcc();
  asio::awaitable<std::optional<Reply>> add_unasked(std::string text, std::string_view whose, std::uint8_t notify);

  // session_filters.cpp: what filters are told, and what they want
  asio::awaitable<bool> connect_filters();
  asio::awaitable<bool> tell_filters_helo();
  asio::awaitable<bool> filters_pass_mail();
  asio::awaitable<bool> filters_pass_rcpt(const RcptTo& rcpt);
  asio::awaitable<bool> filters_pass_data();
  asio::awaitable<bool> hear_verdict_on_client(FilterVerdict verdict, policy::Stage stage);
  asio::awaitable<bool> hear_verdict(FilterVerdict verdict, policy::Stage stage);
  asio::awaitable<std::optional<Reply>> filter_message();
  asio::awaitable<std::optional<Reply>> change_envelope(const MessageEdits& edits);
  milter::Macros filter_macros() const;
  bool filters_want_content() const;
  std::unique_ptr<ContentWriter> hold_content() const;
  void log_filter(Program program, std::string_view action, std::string_view text);

  // session_log.cpp: the lines that others parse
  void log_connect();
  void log_disconnect();
  void log_client();
  void log_reject(const Reply& reply, policy::Reason reason, policy::Stage stage);
  void log_action(std::string_view action, std::string_view text);
  void log_warning(std::string_view text);
  std::string transaction_words() const;
  std::string_view queue_id() const;

  std::shared_ptr<const SessionParts> parts_;
  Connection connection_;
  LineReader reader_;
  Inquiry inquiry_;
  policy::Facts facts_;
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<TlsSummary> tls_;
  std::unique_ptr<MilterChain> filters_;  // null without configured filters
  SessionCounts counts_;
  std::string out_;        // replies that wait for the end of a pipelined group
  std::string client_;     // "NAME[IP]"
  std::string forwarded_;  // ", orig_client=..." of XFORWARD
  std::string_view where_ = "CONNECT";
  ClientCounters::Client counted_as_;
  std::chrono::steady_clock::time_point answers_since_{};
  std::uint64_t content_octets_ = 0;
  std::uint32_t errors_ = 0, junk_ = 0, overshoot_ = 0;
  bool counted_ = false, is_extended_ = false, limited_ = true;
  bool ended_ = false, quit_ = false, stopping_ = false, idle_ = false, last_failed_ = false, abusive_ = false;
};

}  // namespace gateway
