#include "gateway/smtp/smtp_server.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <future>

#include "tests/gateway/smtp_world.hpp"

namespace gateway::testing {
namespace {

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// A blocking TLS client on the socket of a TestClient.
class TlsClient {
 public:
  explicit TlsClient(const TestClient& client)
      : context_(SSL_CTX_new(TLS_client_method())), tls_(SSL_new(context_.get())) {
    SSL_set_tlsext_host_name(tls_.get(), "mx.example.com");
    SSL_set_fd(tls_.get(), client.fd());
    connected_ = SSL_connect(tls_.get()) == 1;
  }
  bool connected() const { return connected_; }
  std::string ask(const std::string& line) {
    if (!line.empty()) SSL_write(tls_.get(), line.data(), static_cast<int>(line.size()));
    std::string reply;
    char octets[4096];
    while (!reply.ends_with("\r\n") || reply.rfind("\n250-") > reply.rfind("\n250 ")) {
      const int size = SSL_read(tls_.get(), octets, sizeof octets);
      if (size <= 0) return reply + "<closed>";
      reply.append(octets, static_cast<std::size_t>(size));
      if (line.substr(0, 4) != "EHLO") break;
      if (reply.find("250 CHUNKING") != std::string::npos) break;
    }
    return reply;
  }

 private:
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::unique_ptr<SSL, FreeTls> tls_;
  bool connected_ = false;
};

TEST(SmtpServer, starttls_session_delivers_with_the_cipher_in_received) {
  SmtpWorld world(Wishes{{{"certificate", "yes"}, {"auth", "offered"}}});
  TestClient client(world.port());
  EXPECT_EQ(client.read_reply(), "220 mx.example.com ESMTP");
  client.send("STARTTLS\r\n");
  EXPECT_EQ(client.read_reply(), "220 2.0.0 Ready to start TLS");
  TlsClient tls(client);
  ASSERT_TRUE(tls.connected());
  const auto capabilities = tls.ask("EHLO secure.example\r\n");
  EXPECT_NE(capabilities.find("250-AUTH PLAIN LOGIN\r\n"), std::string::npos) << capabilities;
  EXPECT_EQ(capabilities.find("STARTTLS"), std::string::npos);
  EXPECT_EQ(tls.ask("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"), "235 2.7.0 Authentication successful\r\n");
  EXPECT_EQ(tls.ask("STARTTLS\r\n"), "554 5.5.1 Error: TLS already active\r\n");
  EXPECT_EQ(tls.ask("MAIL FROM:<alice@example.com>\r\n"), "250 2.1.0 Ok\r\n");
  EXPECT_EQ(tls.ask("RCPT TO:<x@elsewhere.example>\r\n"), "250 2.1.5 Ok\r\n");
  EXPECT_EQ(tls.ask("DATA\r\n").substr(0, 4), "354 ");
  const std::string big(200000, 'x');
  std::string content = "Subject: big\r\n\r\n";
  for (int i = 0; i < 20; ++i) content += big.substr(0, 900) + "\r\n";
  const auto queued = tls.ask(content + ".\r\n");
  ASSERT_EQ(world.messages().size(), 1u);
  EXPECT_EQ(queued, "250 2.0.0 Ok: queued as " + to_string(world.messages().at(0).envelope.id) + "\r\n");
  const auto message = world.messages().at(0).content;
  EXPECT_NE(message.find("(using TLSv1.3 with cipher TLS_"), std::string::npos) << message.substr(0, 300);
  EXPECT_NE(message.find("with ESMTPSA id "), std::string::npos);
  EXPECT_EQ(world.messages().at(0).envelope.login, "alice");
}

TEST(SmtpServer, wrapper_mode_speaks_tls_first) {
  SmtpWorld world(Wishes{{{"certificate", "yes"}, {"tls", "wrapper"}}});
  TestClient client(world.port());
  TlsClient tls(client);
  ASSERT_TRUE(tls.connected());
  EXPECT_EQ(tls.ask(""), "220 mx.example.com ESMTP\r\n");
  EXPECT_EQ(tls.ask("NOOP\r\n"), "250 2.0.0 Ok\r\n");
}

TEST(SmtpServer, connections_of_one_network_are_limited) {
  SmtpWorld world(Wishes{{{"connections", "0"}, {"network_connections", "1"}}});
  TestClient first(world.port());
  EXPECT_EQ(first.read_reply(), "220 mx.example.com ESMTP");
  TestClient second(world.port());
  EXPECT_EQ(second.read_reply(), "421 4.7.0 mx.example.com Error: too many connections from 127.0.0.1");
  const auto lines = world.log().lines();
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("Connection concurrency limit exceeded: 2 from unknown[127.0.0.1] for network 127.0.0.0") !=
           std::string::npos;
  }));
}

TEST(SmtpServer, exceptions_have_no_limits) {
  for (const auto* exceptions : {"127.0.0.0/8", "192.0.2.0/24"}) {
    SmtpWorld world(
        Wishes{{{"network_connection_rate", "1"}, {"exceptions", exceptions}, {"mynetworks", "127.0.0.0/8"}}});
    TestClient first(world.port());
    EXPECT_EQ(first.read_reply(), "220 mx.example.com ESMTP");
    TestClient second(world.port());
    EXPECT_EQ(second.read_reply().substr(0, 3), exceptions[0] == '1' && exceptions[1] == '2' ? "220" : "421")
        << exceptions;
  }
}

TEST(SmtpServer, connections_of_one_client_are_limited) {
  SmtpWorld world(Wishes{{{"connections", "2"}}});
  TestClient first(world.port()), second(world.port());
  EXPECT_EQ(first.read_reply(), "220 mx.example.com ESMTP");
  EXPECT_EQ(second.read_reply(), "220 mx.example.com ESMTP");
  TestClient third(world.port());
  EXPECT_EQ(third.read_reply(), "421 4.7.0 mx.example.com Error: too many connections from 127.0.0.1");
  EXPECT_TRUE(third.at_end());
}

TEST(SmtpServer, drain_lets_a_transaction_end_and_sends_idle_clients_away) {
  SmtpWorld world(Wishes{});
  TestClient idle(world.port()), busy(world.port());
  idle.read_reply();
  busy.read_reply();
  busy.send("HELO c\r\n");
  busy.read_reply();
  busy.send("MAIL FROM:<a@ext.example>\r\n");
  EXPECT_EQ(busy.read_reply(), "250 2.1.0 Ok");
  std::promise<void> drained;
  world.server().drain(std::chrono::seconds(20), [&] { drained.set_value(); });
  EXPECT_EQ(idle.read_reply(), "421 4.3.2 mx.example.com Service shutting down");
  busy.send("RCPT TO:<alice@example.com>\r\n");
  EXPECT_EQ(busy.read_reply(), "250 2.1.5 Ok");
  busy.send("DATA\r\n");
  EXPECT_EQ(busy.read_reply().substr(0, 3), "354");
  busy.send("x\r\n.\r\n");
  EXPECT_EQ(busy.read_reply().substr(0, 3), "250");
  EXPECT_EQ(busy.read_reply(), "421 4.3.2 mx.example.com Service shutting down");
  EXPECT_EQ(drained.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(world.server().counts().messages_total, 1u);
}

TEST(SmtpServer, drain_cuts_off_after_the_grace) {
  SmtpWorld world(Wishes{});
  TestClient busy(world.port());
  busy.read_reply();
  busy.send("MAIL FROM:<a@ext.example>\r\n");
  busy.read_reply();
  std::promise<void> drained;
  world.server().drain(std::chrono::seconds(1), [&] { drained.set_value(); });
  EXPECT_EQ(drained.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(busy.read_reply(), "421 4.3.2 mx.example.com Service shutting down");
}

TEST(SmtpServer, reload_keeps_running_sessions) {
  SmtpWorld world(Wishes{});
  TestClient before(world.port());
  before.read_reply();
  auto changed = std::make_shared<SmtpSnapshot>(*world.snapshot());
  auto config = std::make_shared<config::Config>(*changed->config);
  config->hostname = "new.example.com";
  changed->config = config;
  ASSERT_TRUE(world.server().reload(changed));
  TestClient after(world.port());
  EXPECT_EQ(after.read_reply(), "220 new.example.com ESMTP");
  before.send("HELO c\r\n");
  EXPECT_EQ(before.read_reply(), "250 mx.example.com");
}

TEST(SmtpServer, idle_connections_are_small) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 4500) GTEST_SKIP() << "too few file descriptors";
  SmtpWorld world(Wishes{{{"connections", "0"}}});
  std::vector<std::unique_ptr<TestClient>> clients;
  const auto open = [&](int count) {
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<TestClient>(world.port()));
      clients.back()->read_reply();
      clients.back()->send("EHLO c\r\n");
      clients.back()->read_reply();
    }
  };
  open(100);
  const auto before = ::mallinfo2().uordblks;
  open(2000);
  const auto each = (::mallinfo2().uordblks - before) / 2000;
  std::printf("memory of an idle connection: %zu octets\n", static_cast<std::size_t>(each));
  EXPECT_LT(each, 10240u);
}

}  // namespace
}  // namespace gateway::testing
