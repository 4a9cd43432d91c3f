#include <fmt/core.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <asio/io_context.hpp>
#include <atomic>

#include "lookup/unbound_context.hpp"
#include "lookup/unbound_resolver.hpp"
#include "tests/lookup/server_process.hpp"
#include "tests/lookup/temporary_folder.hpp"

namespace {

using lookup::Answer;
using lookup::DnsAnswer;
using lookup::DnsType;
using lookup::ResolverOptions;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A loop with a resolver that asks one server on loopback.
class Asker {
 public:
  explicit Asker(int port, milliseconds timeout = milliseconds(5000), std::string hosts_file = {}) {
    ResolverOptions options;
    options.servers = {fmt::format("127.0.0.1:{}", port)};
    options.timeout = timeout;
    options.hosts_file = std::move(hosts_file);
    auto opened = lookup::open_unbound_resolver(loop_, options);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error());
    resolver_ = std::move(*opened);
  }

  lookup::Resolver& resolver() { return *resolver_; }
  asio::io_context& loop() { return loop_; }

  DnsAnswer ask(DnsType type, std::string_view name) {
    std::optional<DnsAnswer> result;
    resolver_->ask(type, name, [&](const DnsAnswer& answer) { result = answer; });
    run_until([&] { return result.has_value(); });
    if (!result) ADD_FAILURE() << "no answer at all for " << name;
    return result.value_or(DnsAnswer{});
  }

  template <typename Condition>
  void run_until(Condition condition) {
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (!condition() && Clock::now() < end) loop_.run_one_for(milliseconds(50));
  }

 private:
  asio::io_context loop_;
  std::unique_ptr<lookup::Resolver> resolver_;
};

// nsd with a small zone of each type that is asked.
class Zone {
 public:
  Zone() {
    folder_.write("zone.test", R"($ORIGIN zone.test.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mx1
@ MX 20 mx2.zone.test.
@ TXT "v=spf1 " "-all"
mx1 A 192.0.2.1
mx1 A 192.0.2.2
mx1 AAAA 2001:db8::1
null MX 0 .
alias CNAME mx1
_25._tcp.mx1 TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
xn--caf-dma A 192.0.2.9
)");
    folder_.write("reverse", R"($ORIGIN 127.in-addr.arpa.
$TTL 300
@ SOA ns.zone.test. hostmaster.zone.test. 1 3600 600 86400 60
@ NS ns.zone.test.
9.8.7 PTR mx1.zone.test.
)");
    const std::string file = folder_.write("nsd.conf", fmt::format(R"(server:
  ip-address: 127.0.0.1@{1}
  username: ""
  zonesdir: "{0}"
  database: ""
  pidfile: "{0}/pid"
  xfrdfile: "{0}/xfrd"
  zonelistfile: "{0}/zones"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: zone.test
  zonefile: zone.test
zone:
  name: 127.in-addr.arpa
  zonefile: reverse
)",
                                                                   folder_.path(), port_));
    server_ = std::make_unique<ServerProcess>(std::vector<std::string>{"/usr/sbin/nsd", "-d", "-c", file});
  }

  int port() const { return port_; }
  void stop() { server_->stop(); }

 private:
  TemporaryFolder folder_;
  int port_ = free_port();
  std::unique_ptr<ServerProcess> server_;
};

// Waits until the server answers, with a resolver of its own each time: failures are remembered for a moment.
void wait_for_server(int port, DnsType type, const char* name) {
  for (int tries = 0; tries < 50; ++tries) {
    Asker asker(port, milliseconds(300));
    if (asker.ask(type, name).answer.is_found()) return;
  }
  FAIL() << "the server does not answer for " << name;
}

TEST(UnboundResolver, reads_every_type_from_a_real_server) {
  const Zone zone;
  wait_for_server(zone.port(), DnsType::a, "ns.zone.test");
  Asker asker(zone.port());
  struct {
    DnsType type;
    const char* name;
    std::vector<std::string> values;
  } rows[] = {
      {DnsType::a, "MX1.Zone.Test.", {"192.0.2.1", "192.0.2.2"}},
      {DnsType::aaaa, "mx1.zone.test", {"2001:db8::1"}},
      {DnsType::mx, "zone.test", {"10 mx1.zone.test", "20 mx2.zone.test"}},
      {DnsType::mx, "null.zone.test", {"0 ."}},
      {DnsType::txt, "zone.test", {"v=spf1 -all"}},
      {DnsType::ns, "zone.test", {"ns.zone.test"}},
      {DnsType::a, "alias.zone.test", {"192.0.2.1", "192.0.2.2"}},
      {DnsType::cname, "alias.zone.test", {"mx1.zone.test"}},
      {DnsType::ptr, "9.8.7.127.in-addr.arpa", {"mx1.zone.test"}},
      {DnsType::a, "café.zone.test", {"192.0.2.9"}},
      {DnsType::tlsa,
       "_25._tcp.mx1.zone.test",
       {"3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}},
  };
  for (const auto& row : rows) {
    auto answer = asker.ask(row.type, row.name);
    std::sort(answer.answer.values.begin(), answer.answer.values.end());
    EXPECT_EQ(answer.answer, Answer::found(row.values)) << row.name << " " << answer.answer.detail;
    EXPECT_FALSE(answer.nxdomain);
    EXPECT_GT(answer.ttl.count(), 0);
    EXPECT_LE(answer.ttl.count(), 300);
  }
}

TEST(UnboundResolver, tells_absent_names_from_absent_records) {
  const Zone zone;
  wait_for_server(zone.port(), DnsType::a, "ns.zone.test");
  Asker asker(zone.port());
  const auto no_name = asker.ask(DnsType::a, "nobody.zone.test");
  EXPECT_TRUE(no_name.answer.is_absent());
  EXPECT_TRUE(no_name.nxdomain);
  const auto no_record = asker.ask(DnsType::mx, "mx1.zone.test");
  EXPECT_TRUE(no_record.answer.is_absent());
  EXPECT_FALSE(no_record.nxdomain);
  // A zone that the server does not have is refused: that proves nothing.
  EXPECT_TRUE(asker.ask(DnsType::a, "elsewhere.example").answer.is_unavailable());
}

TEST(UnboundResolver, cached_answers_come_at_once_even_without_server) {
  Zone zone;
  wait_for_server(zone.port(), DnsType::a, "ns.zone.test");
  Asker asker(zone.port());
  asker.ask(DnsType::a, "mx1.zone.test");
  asker.ask(DnsType::a, "nobody.zone.test");
  zone.stop();
  int answers = 0;
  asker.resolver().ask(DnsType::a, "MX1.zone.test.", [&](const DnsAnswer& answer) {
    EXPECT_TRUE(answer.answer.is_found());
    ++answers;
  });
  asker.resolver().ask(DnsType::a, "nobody.zone.test", [&](const DnsAnswer& answer) {
    EXPECT_TRUE(answer.nxdomain);
    ++answers;
  });
  EXPECT_EQ(answers, 2) << "before ask() returns";
}

TEST(UnboundResolver, asks_a_dnsbl) {
  const TemporaryFolder folder;
  const std::string list = folder.write("list", ":127.0.0.4:listed $\n127.0.0.2\n192.0.2.0/28\n");
  // Started by root it becomes another user before it reads the list.
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(list, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const int port = free_port();
  ServerProcess server(
      {"/usr/sbin/rbldnsd", "-n", "-b", fmt::format("127.0.0.1/{}", port), "-w", folder.path(), "bl.test:ip4set:list"});
  wait_for_server(port, DnsType::a, "2.0.0.127.bl.test");
  Asker asker(port);
  const auto name = [](const char* ip) { return lookup::reversed_labels(*lookup::parse_ip(ip)) + ".bl.test"; };
  EXPECT_EQ(asker.ask(DnsType::a, name("192.0.2.7")).answer, Answer::found("127.0.0.4"));
  EXPECT_EQ(asker.ask(DnsType::txt, name("192.0.2.7")).answer, Answer::found("listed 192.0.2.7"));
  EXPECT_TRUE(asker.ask(DnsType::a, name("192.0.2.16")).answer.is_absent());
  EXPECT_TRUE(asker.ask(DnsType::a, name("2001:db8::1")).answer.is_absent());
}

TEST(UnboundResolver, a_dead_server_is_unavailable_in_time) {
  const LoopbackSocket silent;
  Asker asker(silent.port(), milliseconds(300));
  const auto before = Clock::now();
  std::vector<DnsAnswer> answers;
  for (int at = 0; at < 20; ++at) {
    asker.resolver().ask(DnsType::a, fmt::format("host{}.zone.test", at),
                         [&](const DnsAnswer& answer) { answers.push_back(answer); });
  }
  EXPECT_TRUE(answers.empty());
  asker.run_until([&] { return answers.size() == 20; });
  const auto taken = Clock::now() - before;
  ASSERT_EQ(answers.size(), 20U);
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.answer.reason, lookup::Unavailable::timed_out);
    EXPECT_FALSE(answer.nxdomain);
  }
  EXPECT_GE(taken, milliseconds(290));
  EXPECT_LT(taken, milliseconds(3000));
}

// Answers every A question with 192.0.2.<its number> and counts them.
class CountingServer {
 public:
  explicit CountingServer(std::uint8_t ttl, std::uint8_t rcode = 0)
      : ttl_(ttl), rcode_(rcode), thread_([this] { serve(); }) {}
  ~CountingServer() {
    stop_ = true;
    thread_.join();
  }
  int port() const { return socket_.port(); }
  int count() const { return count_; }

 private:
  void serve() {
    while (!stop_) {
      pollfd ready{socket_.number(), POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      std::uint8_t packet[1500];
      sockaddr_in peer{};
      socklen_t peer_size = sizeof peer;
      const ssize_t got = ::recvfrom(socket_.number(), packet, 512, 0, reinterpret_cast<sockaddr*>(&peer), &peer_size);
      if (got < 17) continue;
      std::size_t end = 12;
      while (packet[end] != 0) end += packet[end] + 1U;
      end += 5;
      const int number = ++count_;
      packet[2] = 0x85;
      packet[3] = static_cast<std::uint8_t>(0x80 | rcode_);
      packet[7] = rcode_ == 0 ? 1 : 0;
      packet[11] = 0;  // no EDNS
      if (rcode_ == 0) {
        const std::uint8_t record[] = {0xc0, 12,   0, 1, 0,   1, 0, 0,
                                       0,    ttl_, 0, 4, 192, 0, 2, static_cast<std::uint8_t>(number)};
        std::copy(std::begin(record), std::end(record), packet + end);
        end += sizeof record;
      }
      ::sendto(socket_.number(), packet, end, 0, reinterpret_cast<sockaddr*>(&peer), peer_size);
    }
  }

  std::uint8_t ttl_, rcode_;
  LoopbackSocket socket_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> count_ = 0;
  std::thread thread_;
};

TEST(UnboundResolver, equal_questions_in_flight_are_asked_once) {
  const CountingServer server(60);
  Asker asker(server.port());
  std::vector<DnsAnswer> answers;
  for (const char* name : {"x.zone.test", "X.zone.test.", "x.ZONE.test"}) {
    asker.resolver().ask(DnsType::a, name, [&](const DnsAnswer& answer) { answers.push_back(answer); });
  }
  asker.run_until([&] { return answers.size() == 3; });
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(server.count(), 1);
  for (const auto& answer : answers) EXPECT_EQ(answer.answer, Answer::found("192.0.2.1"));
  EXPECT_EQ(asker.ask(DnsType::a, "x.zone.test").answer, Answer::found("192.0.2.1"));
  EXPECT_EQ(server.count(), 1);
}

TEST(UnboundResolver, asks_again_when_the_ttl_is_over) {
  const CountingServer server(1);
  Asker asker(server.port());
  EXPECT_EQ(asker.ask(DnsType::a, "x.zone.test").answer, Answer::found("192.0.2.1"));
  const auto end = Clock::now() + std::chrono::seconds(10);
  Answer answer = Answer::found("192.0.2.1");
  while (answer == Answer::found("192.0.2.1") && Clock::now() < end) {
    asker.loop().run_for(milliseconds(100));
    answer = asker.ask(DnsType::a, "x.zone.test").answer;
  }
  EXPECT_EQ(answer, Answer::found("192.0.2.2"));
}

TEST(UnboundResolver, servfail_is_unavailable) {
  const CountingServer server(0, 2);
  Asker asker(server.port(), milliseconds(4000));
  const auto answer = asker.ask(DnsType::mx, "zone.test");
  EXPECT_TRUE(answer.answer.is_unavailable());
  EXPECT_FALSE(answer.nxdomain);
}

TEST(UnboundResolver, answers_may_ask_again_from_within) {
  const CountingServer server(60);
  Asker asker(server.port());
  std::vector<std::string> seen;
  asker.resolver().ask(DnsType::a, "a.test", [&](const DnsAnswer& first) {
    seen = first.answer.values;
    asker.resolver().ask(DnsType::a, "a.test", [&](const DnsAnswer& same) { seen.push_back(same.answer.joined()); });
    asker.resolver().ask(DnsType::a, "b.test", [&](const DnsAnswer& other) { seen.push_back(other.answer.joined()); });
  });
  asker.run_until([&] { return seen.size() == 3; });
  EXPECT_EQ(seen, (std::vector<std::string>{"192.0.2.1", "192.0.2.1", "192.0.2.2"}));
}

TEST(UnboundResolver, names_that_cannot_exist_do_not) {
  const LoopbackSocket silent;
  Asker asker(silent.port());
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string(64, 'a') + ".test", std::string("a b.test"),
        std::string("a\\.b"), std::string("a\0.test", 7), std::string("\xff.test")}) {
    int answers = 0;
    asker.resolver().ask(DnsType::a, name, [&](const DnsAnswer& answer) {
      EXPECT_TRUE(answer.answer.is_absent() && answer.nxdomain) << name;
      ++answers;
    });
    EXPECT_EQ(answers, 1) << name;
  }
}

TEST(UnboundResolver, the_hosts_file_answers_first_and_is_read_again) {
  const TemporaryFolder folder;
  const std::string hosts = folder.write("hosts",
                                         "# local\n10.0.0.5 Exchange.corp.test exchange # comment\n"
                                         "2001:db8::5\texchange.corp.test\nnonsense line\n");
  const LoopbackSocket silent;
  Asker asker(silent.port(), milliseconds(200), hosts);
  EXPECT_EQ(asker.ask(DnsType::a, "exchange").answer, Answer::found("10.0.0.5"));
  EXPECT_EQ(asker.ask(DnsType::a, "EXCHANGE.corp.test.").answer, Answer::found("10.0.0.5"));
  EXPECT_EQ(asker.ask(DnsType::aaaa, "exchange.corp.test").answer, Answer::found("2001:db8::5"));
  EXPECT_EQ(asker.ask(DnsType::ptr, "5.0.0.10.in-addr.arpa").answer, Answer::found("Exchange.corp.test"));
  EXPECT_TRUE(asker.ask(DnsType::mx, "exchange.corp.test").answer.is_unavailable());
  folder.write("hosts", "10.0.0.6 exchange\n10.0.0.7 exchange\n");
  Answer answer;
  const auto end = Clock::now() + std::chrono::seconds(10);
  while (Clock::now() < end && answer.values.size() != 2) {
    asker.loop().run_for(milliseconds(50));
    answer = asker.ask(DnsType::a, "exchange").answer;
  }
  EXPECT_EQ(answer, Answer::found(std::vector<std::string>{"10.0.0.6", "10.0.0.7"}));
}

TEST(UnboundResolver, refuses_bad_options) {
  asio::io_context loop;
  for (const char* server : {"localhost", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:70000", ""}) {
    ResolverOptions options;
    options.servers = {server};
    EXPECT_FALSE(lookup::open_unbound_resolver(loop, options)) << server;
  }
  EXPECT_EQ(lookup::forwarder_of("[::1]:5353"), "::1@5353");
  EXPECT_EQ(lookup::forwarder_of("::1"), "::1");
  EXPECT_EQ(lookup::forwarder_of("192.0.2.1:53"), "192.0.2.1@53");
  ResolverOptions validating;
  validating.dnssec = lookup::Dnssec::yes;
  validating.trust_anchor_file = "/nowhere/root.key";
  EXPECT_FALSE(lookup::open_unbound_resolver(loop, validating));
  EXPECT_TRUE(lookup::open_unbound_resolver(loop, ResolverOptions{})) << "/etc/resolv.conf";
}

TEST(UnboundResolver, may_be_destroyed_with_open_questions) {
  const LoopbackSocket silent;
  int answers = 0;
  {
    Asker asker(silent.port(), milliseconds(5000));
    asker.resolver().ask(DnsType::a, "a.test", [&](const DnsAnswer&) { ++answers; });
    asker.loop().run_for(milliseconds(20));
  }
  EXPECT_EQ(answers, 0);
}

}  // namespace
