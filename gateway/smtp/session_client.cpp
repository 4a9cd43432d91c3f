#include <fmt/core.h>

#include <algorithm>

#include "gateway/net/awaited.hpp"
#include "gateway/net/proxy_header.hpp"
#include "gateway/net/tls_settings.hpp"
#include "gateway/smtp/capabilities.hpp"
#include "gateway/smtp/parameters.hpp"
#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/session.hpp"
#include "gateway/smtp/trace_header.hpp"
#include "gateway/smtp/xclient.hpp"

namespace gateway {

namespace {

constexpr std::chrono::seconds proxy_header_limit{5};
constexpr std::chrono::seconds client_names_limit{10};
constexpr std::size_t helo_limit = 510;

bool contains(const std::vector<lookup::Network>& networks, const lookup::IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const lookup::Network& one) { return one.contains(address); });
}

}  // namespace

asio::awaitable<bool> Session::greet() {
  const auto& listener = parts_->listener_config();
  set_client(connection_.peer(), connection_.local());
  if (listener.proxy_protocol) {
    const bool trusted = co_await read_proxy_header();
    if (!trusted) co_return false;
  }
  const bool refused = co_await refuse_crowd();
  if (refused) co_return false;
  co_await find_client_names();
  log_connect();
  parts_->metrics.connections_accepted.add();
  if (listener.tls == config::ListenerTls::wrapper) {
    const bool secured = co_await secure();
    if (!secured) co_return false;
  } else {
    co_await hold_banner();
    if (ended_) co_return false;
  }
  // RFC 5321 4.3.1: a client that talks before the banner does not listen to the replies either.
  if (!reader_.empty() || connection_.has_unread_input()) {
    facts_.pipelined_too_early = true;
    parts_->log.write(
        Program::smtpd, Level::info, "pipelining", {},
        fmt::format("improper command pipelining after CONNECT from {}: {}", client_, reader_.rest().substr(0, 100)));
    const Reply reply = replies::out_of_step();
    log_reject(reply, policy::Reason::pipelining, policy::Stage::client);
    co_await say(reply, Blame::nobody);
    ended_ = true;
    co_return false;
  }
  if (!parts_->config().delay_reject) {
    const bool passed = co_await passes(policy::Stage::client);
    if (!passed) {
      ended_ = true;
      co_return false;
    }
  }
  const bool stays = co_await connect_filters();
  if (!stays) co_return false;
  Reply banner = replies::banner(parts_->config().hostname, {});
  co_await say(std::move(banner));
  co_return true;
}

void Session::set_client(const SocketName& client, const SocketName& server) {
  facts_.client_address = client.address;
  facts_.client_port = client.port;
  facts_.server_address = server.address;
  facts_.server_port = server.port;
  facts_.client_in_mynetworks = contains(parts_->config().mynetworks, client.address);
  const auto& exceptions = parts_->config().rate_limits.exceptions;
  limited_ = exceptions ? !contains(*exceptions, client.address) : !facts_.client_in_mynetworks;
  client_ = fmt::format("{}[{}]", facts_.client_name, client.address.to_string());
}

asio::awaitable<bool> Session::read_proxy_header() {
  const auto& trusted = parts_->listener_config().trusted_proxies;
  ProxyHeader header;
  header.status = ProxyHeader::Status::malformed;
  if (contains(trusted, facts_.client_address)) {
    header.status = ProxyHeader::Status::incomplete;
    connection_.expire_after(proxy_header_limit);
    while (header.status == ProxyHeader::Status::incomplete) {
      const Received received = co_await connection_.receive();
      if (received.error) break;
      reader_.feed(received.octets);
      header = parse_proxy_header(reader_.rest());
    }
    connection_.never_expire();
  }
  if (header.status != ProxyHeader::Status::complete) {
    log_warning(fmt::format("proxy header missing or malformed from {}", client_));
    ended_ = true;
    co_return false;
  }
  reader_.consume(header.size);
  if (!header.is_local) set_client(header.client, header.server);
  co_return true;
}

Session::Done Session::find_client_names() {
  auto names = parts_->services->client_names_now(facts_.client_address);
  if (!names) {
    Awaited<Services::ClientNames> awaited(parts_->shard.loop());
    parts_->services->client_names(facts_.client_address, awaited.callback());
    names = co_await awaited.wait(client_names_limit);
  }
  if (!names) names = Services::ClientNames{"unknown", "unknown", true};
  facts_.client_name = std::move(names->verified);
  facts_.reverse_client_name = std::move(names->reverse);
  facts_.client_name_unavailable = names->unavailable;
  client_ = fmt::format("{}[{}]", facts_.client_name, facts_.client_address.to_string());
}

Session::Done Session::say_hello(Verb verb, std::string_view name) {
  const auto& config = parts_->config();
  if (name.empty()) {
    Reply reply = replies::syntax(verb == Verb::ehlo ? "EHLO hostname" : "HELO hostname");
    co_await say(std::move(reply));
    co_return;
  }
  transaction_.reset();
  facts_.helo = std::string(name.substr(0, helo_limit));
  is_extended_ = verb == Verb::ehlo;
  facts_.protocol = is_extended_ ? "ESMTP" : "SMTP";
  if (!config.delay_reject) {
    const bool passed = co_await passes(policy::Stage::helo);
    if (!passed) {
      facts_.helo.clear();
      co_return;
    }
  }
  const bool stays = co_await tell_filters_helo();
  if (!stays) co_return;
  // The blocklists and whatever else is sure to be asked: they answer while the client goes on talking.
  const auto foreseen = parts_->snapshot->restrictions[parts_->listener]->foresee(facts_, inquiry_.answers());
  inquiry_.ask(foreseen, facts_);
  Reply reply{250, "", config.hostname};
  if (is_extended_) {
    const auto& listener = parts_->listener_config();
    Capabilities offered;
    offered.message_size_limit = config.limits.message_size_limit;
    offered.recipient_limit = config.limits.recipient_limit;
    offered.starttls = parts_->snapshot->tls && !connection_.is_tls() && listener.tls != config::ListenerTls::none;
    if (offers_auth()) offered.auth_mechanisms = config.sasl.mechanisms;
    offered.smtputf8 = listener.smtputf8;
    offered.xclient = may_xclient();
    reply.text = describe(offered, config.hostname);
  }
  co_await say(std::move(reply));
}

bool Session::may_xclient() const {
  return contains(parts_->listener_config().xclient, connection_.peer().address);
}

Session::Done Session::take_xclient(std::string_view argument) {
  const bool allowed = may_xclient();
  auto attributes = parse_attributes(argument, AttributeSet::xclient);
  Reply refusal;
  if (!allowed) {
    refusal = Reply{550, "5.7.0", "Error: insufficient authorization"};
  } else if (transaction_) {
    refusal = replies::transaction_in_progress();
  } else if (!attributes) {
    refusal = attributes.error();
  }
  if (refusal.code != 0) {
    co_await say(std::move(refusal));
    co_return;
  }
  SocketName client{facts_.client_address, facts_.client_port}, server{facts_.server_address, facts_.server_port};
  for (auto& [name, available, temporary, value] : *attributes) {
    using Name = ClientAttribute::Name;
    const std::string host = available ? value : "unknown";
    if (name == Name::name) facts_.client_name = host, facts_.client_name_unavailable = temporary;
    if (name == Name::reverse_name) facts_.reverse_client_name = host;
    if (name == Name::address && available) client.address = *lookup::parse_ip(without_ipv6_tag(value));
    if (name == Name::server_address && available) server.address = *lookup::parse_ip(without_ipv6_tag(value));
    if (name == Name::port)
      client.port = available ? static_cast<std::uint16_t>(*parse_decimal(value)) : std::uint16_t{0};
    if (name == Name::server_port && available) server.port = static_cast<std::uint16_t>(*parse_decimal(value));
    if (name == Name::protocol && available) facts_.protocol = equal_ignoring_case(value, "ESMTP") ? "ESMTP" : "SMTP";
    if (name == Name::helo) facts_.helo = value;
    if (name == Name::login) facts_.login = value, facts_.sasl_method = available ? "XCLIENT" : "";
  }
  set_client(client, server);
  inquiry_.forget_all();
  const bool stays = co_await connect_filters();
  if (!stays) co_return;
  Reply banner = replies::banner(parts_->config().hostname, {});
  co_await say(std::move(banner));
}

Session::Done Session::take_xforward(std::string_view argument) {
  const bool allowed = may_xclient();
  auto attributes = parse_attributes(argument, AttributeSet::xforward);
  Reply reply = replies::ok();
  if (!allowed) {
    reply = Reply{550, "5.7.0", "Error: insufficient authorization"};
  } else if (transaction_) {
    reply = replies::transaction_in_progress();
  } else if (!attributes) {
    reply = attributes.error();
  } else {
    std::string name = "unknown", address = "unknown", ident;
    for (const auto& attribute : *attributes) {
      if (!attribute.available) continue;
      if (attribute.name == ClientAttribute::Name::name) name = attribute.value;
      if (attribute.name == ClientAttribute::Name::address) address = attribute.value;
      if (attribute.name == ClientAttribute::Name::ident) ident = attribute.value;
    }
    forwarded_ = ident.empty() ? std::string() : fmt::format(", orig_queue_id={}", ident);
    forwarded_ += fmt::format(", orig_client={}[{}]", name, without_ipv6_tag(address));
  }
  co_await say(std::move(reply));
}

}  // namespace gateway
