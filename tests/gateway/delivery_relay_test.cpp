#include <gtest/gtest.h>

#include <atomic>

#include "tests/gateway/delivery_world.hpp"
#include "tests/gateway/good_peer.hpp"

namespace gateway {
namespace {

using testing::DeliveryWorld;
using testing::files_in;
using testing::GoodPeer;
using testing::maildir;
using testing::PeerTalk;
using testing::read_file;
using testing::relay;
using testing::ScriptedPeer;
using testing::until_data;

class DeliveryRelay : public ::testing::Test, public DeliveryWorld {};

TEST_F(DeliveryRelay, MailIsRelayedPipelinedOverOneConnection) {
  GoodPeer good;
  add_route("inside", {good.peer.host()}).concurrency = 1;
  resolver.table["@example.org"] = relay("inside");
  open();
  for (int count = 0; count < 20; ++count) {
    Envelope made = envelope({"lea@example.org"});
    made.recipients[0].original = "info@example.org";
    send(std::move(made), "Subject: x\r\n\r\n.dot\r\n");
  }
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(good.contents().size(), 20U);
  EXPECT_EQ(good.contents().at(0), "Subject: x\r\n\r\n..dot\r\n.\r\n");
  EXPECT_EQ(good.peer.connections, 1);
  EXPECT_TRUE(good.heard("MAIL FROM:<sender@example.net> SIZE=20")) << good.lines().at(1);
  const std::string line = log.find("to=<lea@example.org>, orig_to=<info@example.org>, relay=127.0.0.1[127.0.0.1]:" +
                                    std::to_string(good.peer.port));
  EXPECT_NE(line.find("dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as X)"), std::string::npos) << log.all();
}

TEST_F(DeliveryRelay, AddressesAreRewrittenOnTheWayOut) {
  for (const bool large : {false, true}) {
    GoodPeer good;
    const std::string route = large ? "second" : "inside";
    add_route(route, {good.peer.host()});
    resolver.table["@example.org"] = relay(route);
    resolver.outbound = OutboundForm{{"outer", "brand.example"}, {{"they", "brand.example"}}, "From: outer\r\n", 0};
    if (!queue) open();
    queue->reload(std::make_shared<const config::Config>(config));
    send(envelope({"lea@example.org"}), "From: inner\r\n\r\n.body\r\n", large);
    ASSERT_TRUE(wait_until_empty()) << log.all();
    EXPECT_EQ(resolver.asked_header, "From: inner\r\n");
    EXPECT_TRUE(good.heard("MAIL FROM:<outer@brand.example> SIZE=22")) << good.lines().at(1);
    EXPECT_TRUE(good.heard("RCPT TO:<they@brand.example>"));
    EXPECT_EQ(good.contents().at(0), "From: outer\r\n\r\n..body\r\n.\r\n");
  }
  EXPECT_EQ(log.count("to=<lea@example.org>, relay="), 2) << log.all();
}

TEST_F(DeliveryRelay, AMapForTheWayOutThatCannotBeAskedDefers) {
  GoodPeer good;
  add_route("inside", {good.peer.host()});
  resolver.table["@example.org"] = relay("inside");
  resolver.outbound = tl::unexpected(std::string("generic maps are away"));
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("dsn=4.3.0, status=deferred (temporary lookup failure)")) << log.all();
  EXPECT_EQ(good.peer.connections, 0);
  EXPECT_EQ(spool.count(), 1U);
}

TEST_F(DeliveryRelay, DsnParametersArePassedOnWhereOffered) {
  GoodPeer good;
  add_route("inside", {good.peer.host()});
  resolver.table["@example.org"] = relay("inside");
  open();
  Envelope made = envelope({"lea@example.org"});
  made.envid = "a+b";
  made.ret = 'H';
  made.eight_bit = true;
  made.recipients[0].notify = notify_success | notify_failure;
  made.recipients[0].orcpt = "rfc822;x=y@example.org";
  send(std::move(made));
  ASSERT_TRUE(wait_until_empty());
  EXPECT_TRUE(good.heard("MAIL FROM:<sender@example.net> SIZE=23 BODY=8BITMIME RET=HDRS ENVID=a+2Bb"));
  EXPECT_TRUE(good.heard("RCPT TO:<lea@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+3Dy@example.org"));
  // That server reports the success itself.
  EXPECT_EQ(log.count("notification"), 0);
}

TEST_F(DeliveryRelay, AServerWithoutPipeliningIsAskedStepByStep) {
  GoodPeer good({}, "550 5.1.1 no such user");
  add_route("inside", {good.peer.host()});
  resolver.table["@example.org"] = relay("inside");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  open();
  send(envelope({"lea@example.org", "bad@example.org", "tom@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  ASSERT_EQ(good.contents().size(), 1U);
  EXPECT_EQ(
      log.count(
          "status=bounced (host 127.0.0.1[127.0.0.1] said: 550 5.1.1 no such user (in reply to RCPT TO command))"),
      1)
      << log.all();
  EXPECT_EQ(log.count("sender non-delivery notification: "), 1);
  const std::string report = read_file(files_in(folder.path / "sender/new").at(0));
  EXPECT_NE(report.find("Return-Path: <>\n"), std::string::npos);
  EXPECT_NE(report.find("Content-Type: multipart/report; report-type=delivery-status;"), std::string::npos);
  EXPECT_NE(report.find("\nFinal-Recipient: rfc822; bad@example.org\nAction: failed\nStatus: 5.1.1\n"
                        "Remote-MTA: dns; 127.0.0.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"),
            std::string::npos)
      << report;
  EXPECT_NE(report.find("\nSubject: test\n\nbody\n"), std::string::npos);
  EXPECT_EQ(report.find("lea@example.org"), std::string::npos);
}

TEST_F(DeliveryRelay, AllRecipientsRefusedLeavesTheConnectionUsable) {
  GoodPeer good({"PIPELINING"}, "450 4.2.0 later");
  add_route("inside", {good.peer.host()}).concurrency = 1;
  resolver.table["@example.org"] = relay("inside");
  open();
  send(envelope({"bad@example.org"}));
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("status=sent")) << log.all();
  EXPECT_EQ(
      log.count(
          "dsn=4.2.0, status=deferred (host 127.0.0.1[127.0.0.1] said: 450 4.2.0 later (in reply to RCPT TO command))"),
      1)
      << log.all();
  EXPECT_EQ(good.peer.connections, 1);
}

TEST_F(DeliveryRelay, LmtpAnswersForEachRecipient) {
  GoodPeer good;
  config::Route& route = add_route("store", {good.peer.host()});
  route.protocol = config::Protocol::lmtp;
  resolver.table["@example.org"] = relay("store");
  open();
  send(envelope({"a@example.org", "b@example.org", "c@example.org"}));
  ASSERT_TRUE(wait_for_log("status=", 3)) << log.all();
  EXPECT_EQ(log.count("status=sent"), 2);
  EXPECT_EQ(log.count("to=<b@example.org>, relay=127.0.0.1[127.0.0.1]"), 1);
  EXPECT_EQ(log.count("dsn=4.2.2, status=deferred"), 1) << log.all();
  // Only b is tried again.
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("status=sent"), 3);
}

TEST_F(DeliveryRelay, TheNextHostIsTriedWhenOneFails) {
  ScriptedPeer refusing([](PeerTalk& talk, int) { talk.say("554 5.3.2 closed\r\n"); });
  GoodPeer good;
  add_route("inside", {refusing.host(), good.peer.host()});
  resolver.table["@example.org"] = relay("inside");
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(good.contents().size(), 1U);
}

TEST_F(DeliveryRelay, FallbackHostsTakeWhatTheOthersDefer) {
  ScriptedPeer refusing([](PeerTalk& talk, int) { talk.say("421 4.3.2 not now\r\n"); });
  GoodPeer good;
  add_route("inside", {refusing.host()}).fallback = {good.peer.host()};
  resolver.table["@example.org"] = relay("inside");
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("status=deferred"), 0);
}

struct HostileCase {
  const char* name;
  std::function<void(PeerTalk&)> script;
  std::string dsn, text;
};
void PrintTo(const HostileCase& each, std::ostream* out) {
  *out << each.name;
}

class HostilePeers : public ::testing::TestWithParam<HostileCase>, public DeliveryWorld {};

TEST_P(HostilePeers, OnlyDefer) {
  ScriptedPeer hostile([&](PeerTalk& talk, int) { GetParam().script(talk); });
  add_route("inside", {hostile.host()});
  resolver.table["@example.org"] = relay("inside");
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{60};
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("status=")) << log.all();
  const std::string line = log.find("status=");
  EXPECT_NE(line.find("dsn=" + GetParam().dsn + ", status=deferred ("), std::string::npos) << line;
  EXPECT_NE(line.find(GetParam().text), std::string::npos) << line;
}

INSTANTIATE_TEST_SUITE_P(
    Delivery, HostilePeers,
    ::testing::Values(
        HostileCase{"silent_close", [](PeerTalk&) {}, "4.4.2",
                    "lost connection with 127.0.0.1[127.0.0.1] while receiving the initial server greeting"},
        HostileCase{"garbage_greeting", [](PeerTalk& talk) { talk.say("HTTP/1.1 400 Bad\r\n\r\n"); }, "4.5.0",
                    "does not speak SMTP"},
        HostileCase{"endless_greeting",
                    [](PeerTalk& talk) {
                      for (int count = 0; count < 2000; ++count) talk.say(std::string(1000, 'x'));
                    },
                    "4.5.0", "does not speak SMTP"},
        HostileCase{"endless_lines",
                    [](PeerTalk& talk) {
                      for (int count = 0; count < 5000; ++count) talk.say("220-hello\r\n");
                    },
                    "4.5.0", "does not speak SMTP"},
        HostileCase{"greeting_554", [](PeerTalk& talk) { talk.say("554 5.7.1 go away\r\n"); }, "4.7.1",
                    "refused to talk to me: 554 5.7.1 go away"},
        HostileCase{"ehlo_and_helo_refused",
                    [](PeerTalk& talk) {
                      talk.say("220 x\r\n");
                      talk.hear();
                      talk.say("502 5.5.1 what\r\n");
                      talk.hear();
                      talk.say("502 5.5.1 what\r\n");
                    },
                    "4.5.1", "refused to talk to me"},
        HostileCase{"closes_after_mail",
                    [](PeerTalk& talk) {
                      until_data(talk);
                      talk.say("250 ok\r\n");
                    },
                    "4.4.2", "while sending RCPT TO"},
        HostileCase{"nonsense_after_data",
                    [](PeerTalk& talk) {
                      until_data(talk);
                      talk.say("250 ok\r\n250 ok\r\n250 ok\r\n");
                    },
                    "4.5.0", "(in reply to DATA command)"},
        HostileCase{"closes_after_dot",
                    [](PeerTalk& talk) {
                      until_data(talk);
                      talk.say("250 ok\r\n250 ok\r\n354 go\r\n");
                      talk.hear_content();
                    },
                    "4.4.2", "message may be sent more than once"},
        HostileCase{"421_after_dot",
                    [](PeerTalk& talk) {
                      until_data(talk);
                      talk.say("250 ok\r\n250 ok\r\n354 go\r\n");
                      talk.hear_content();
                      talk.say("421 4.3.2 shutting down\r\n");
                    },
                    "4.3.2", "in reply to end of DATA command"},
        HostileCase{"421_to_mail",
                    [](PeerTalk& talk) {
                      until_data(talk);
                      talk.say("421 4.3.2 busy\r\n");
                    },
                    "4.3.2", "in reply to MAIL FROM command"}),
    [](const auto& row) { return row.param.name; });

TEST_F(DeliveryRelay, AKeptConnectionThatTheServerClosedCostsNoRetry) {
  std::atomic<int> taken{0};
  ScriptedPeer closing([&](PeerTalk& talk, int) {
    until_data(talk);
    talk.say("250 ok\r\n250 ok\r\n354 go\r\n");
    talk.hear_content();
    talk.say("250 ok\r\n");
    ++taken;
  });
  add_route("inside", {closing.host()});
  resolver.table["@example.org"] = relay("inside");
  open();
  for (int count = 1; count <= 5; ++count) {
    send(envelope({"lea@example.org"}));
    ASSERT_TRUE(wait([&] { return taken == count && spool.count() == 0; })) << log.all();
  }
  EXPECT_EQ(log.count("status=deferred"), 0) << log.all();
}

TEST_F(DeliveryRelay, Smtputf8IsNotHandedToAServerThatLacksIt) {
  GoodPeer good;
  add_route("inside", {good.peer.host()});
  resolver.table["@example.org"] = relay("inside");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  open();
  Envelope made =
      envelope({"l\xc3\xa9"
                "a@example.org"});
  made.smtputf8 = true;
  send(std::move(made));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("dsn=5.6.7, status=bounced"), 1);
  EXPECT_TRUE(good.contents().empty());
}

TEST_F(DeliveryRelay, TlsThatIsRequiredIsNeverReplacedByClearText) {
  GoodPeer good;
  add_route("inside", {good.peer.host()}).tls.level = config::TlsLevel::encrypt;
  resolver.table["@example.org"] = relay("inside");
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("status=deferred")) << log.all();
  EXPECT_EQ(log.count("dsn=4.7.4, status=deferred (TLS is required, but was not offered by host 127.0.0.1[127.0.0.1])"),
            1)
      << log.all();
  EXPECT_TRUE(good.contents().empty());
}

TEST_F(DeliveryRelay, TextInjectedBeforeTheHandshakeClosesTheConnection) {
  ScriptedPeer injecting([](PeerTalk& talk, int) {
    talk.say("220 x\r\n");
    talk.hear();
    talk.say("250-x\r\n250 STARTTLS\r\n");
    talk.hear();
    talk.say("220 go\r\n250 injected\r\n");
    talk.is_gone();
  });
  add_route("inside", {injecting.host()}).tls.level = config::TlsLevel::encrypt;
  resolver.table["@example.org"] = relay("inside");
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("dsn=4.7.5, status=deferred")) << log.all();
}

TEST_F(DeliveryRelay, MxRecordsLeadTheWay) {
  GoodPeer good;
  add_route("default", {"mx:" + std::to_string(good.peer.port)});
  dns.add(lookup::DnsType::mx, "example.org", "20 backup.example.org");
  dns.add(lookup::DnsType::mx, "example.org", "10 mx.example.org");
  dns.add(lookup::DnsType::a, "mx.example.org", "127.0.0.1");
  dns.add(lookup::DnsType::mx, "null.example", "0 .");
  resolver.table["@example.org"] = relay("default");
  resolver.table["@null.example"] = relay("default");
  resolver.table["@missing.example"] = relay("default");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  lookup::DnsAnswer missing;
  missing.nxdomain = true;
  dns.set(lookup::DnsType::mx, "missing.example", missing);
  lookup::DnsAnswer broken;
  broken.answer = lookup::Answer::unavailable(lookup::Unavailable::timed_out, "x");
  dns.set(lookup::DnsType::mx, "broken.example", broken);
  resolver.table["@broken.example"] = relay("default");
  open();
  send(envelope({"lea@example.org", "x@null.example", "x@missing.example"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("relay=mx.example.org[127.0.0.1]:" + std::to_string(good.peer.port)), 1) << log.all();
  EXPECT_EQ(log.count("dsn=5.1.10, status=bounced (Domain null.example does not accept mail (nullMX))"), 1)
      << log.all();
  EXPECT_EQ(log.count("dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for "
                      "name=missing.example type=MX: Host not found)"),
            1)
      << log.all();
  send(envelope({"x@broken.example"}));
  ASSERT_TRUE(wait_for_log("dsn=4.4.3, status=deferred")) << log.all();
}

TEST_F(DeliveryRelay, MailThatWouldComeBackToUsIsReturned) {
  add_route("default", {"mx"});
  dns.add(lookup::DnsType::mx, "example.org", "10 gw.example.com");
  dns.add(lookup::DnsType::mx, "example.org", "20 worse.example.org");
  dns.add(lookup::DnsType::a, "gw.example.com", "127.0.0.1");
  dns.add(lookup::DnsType::a, "worse.example.org", "127.0.0.1");
  resolver.table["@example.org"] = relay("default");
  open();
  send(envelope({"lea@example.org"}, ""));
  ASSERT_TRUE(wait_for_log("dsn=5.4.6, status=bounced (mail for example.org loops back to myself)")) << log.all();
}

TEST_F(DeliveryRelay, LargeContentIsStreamed) {
  GoodPeer good;
  add_route("inside", {good.peer.host()});
  resolver.table["@example.org"] = relay("inside");
  open();
  std::string text = "Subject: x\r\n\r\n", expected = text;
  while (text.size() < 500000) {
    text += ".line of text\r\n";
    expected += "..line of text\r\n";
  }
  send(envelope({"lea@example.org"}), text, true);
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(good.contents().at(0), expected + ".\r\n");
}

}  // namespace
}  // namespace gateway
