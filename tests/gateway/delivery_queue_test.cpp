#include <gtest/gtest.h>

#include <fstream>

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
using testing::system_now;
using testing::until_data;

class DeliveryQueue : public ::testing::Test, public DeliveryWorld {};

TEST_F(DeliveryQueue, MailForAMailboxIsDeliveredLoggedAndRemoved) {
  resolver.table["lea@example.org"] = maildir(folder.path / "lea");
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  ASSERT_TRUE(wait_for_log("removed"));
  EXPECT_EQ(files_in(folder.path / "lea/new").size(), 1U);
  EXPECT_EQ(log.count("from=<sender@example.net>, size=23, nrcpt=1 (queue active)"), 1) << log.all();
  const std::string line = log.find("to=<lea@example.org>");
  EXPECT_TRUE(line.starts_with("to=<lea@example.org>, relay=virtual, delay=")) << line;
  EXPECT_TRUE(line.ends_with("dsn=2.0.0, status=sent (delivered to maildir)")) << line;
}

TEST_F(DeliveryQueue, ARefusedConnectionIsRetriedUntilTheServerIsBack) {
  std::uint16_t port = 0;
  {
    port = ScriptedPeer([](PeerTalk&, int) {}).port;
  }
  add_route("inside", {"[127.0.0.1]:" + std::to_string(port)});
  resolver.table["@example.org"] = relay("inside");
  open();
  const MessageId id = send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("status=deferred", 2)) << log.all();
  EXPECT_EQ(log.find("status=deferred").substr(0, 39), "to=<lea@example.org>, relay=none, delay");
  EXPECT_EQ(log.count("dsn=4.4.1, status=deferred (connect to 127.0.0.1[127.0.0.1]:" + std::to_string(port) +
                      ": Connection refused)"),
            log.count("status=deferred"));
  const auto record = spool.find(id);
  ASSERT_TRUE(record);
  EXPECT_GE(record->attempts, 1U);
  EXPECT_EQ(record->recipients[0].last_dsn, "4.4.1");
}

TEST_F(DeliveryQueue, ADeadDestinationSlowsNobody) {
  GoodPeer good;
  ScriptedPeer hanging([](PeerTalk& talk, int) { static_cast<void>(talk.is_gone()); });
  std::uint16_t closed = 0;
  {
    closed = ScriptedPeer([](PeerTalk&, int) {}).port;
  }
  add_route("dead", {"[127.0.0.1]:" + std::to_string(closed)});
  add_route("slow", {hanging.host()});
  add_route("good", {good.peer.host()});
  resolver.table["@dead.example"] = relay("dead");
  resolver.table["@slow.example"] = relay("slow");
  resolver.table["@good.example"] = relay("good");
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{60};
  open();
  for (int count = 0; count < 50; ++count) {
    send(envelope({"x@dead.example"}));
    send(envelope({"x@slow.example"}));
    send(envelope({"x@good.example"}));
  }
  ASSERT_TRUE(wait([&] { return good.contents().size() == 50; })) << log.all();
  ASSERT_TRUE(wait_for_log("status=deferred", 50));
  EXPECT_GE(log.count("status=deferred (delivery temporarily suspended: connect to"), 44) << log.all();
  EXPECT_NE(queue->describe_destinations().find("\"dead_for\":60"), std::string::npos)
      << queue->describe_destinations();
  queue.reset();  // and with it the connections that the slow server holds
}

TEST_F(DeliveryQueue, ExpiredMailIsReturned) {
  add_route("inside", {"[127.0.0.1]:1"});
  resolver.table["@example.org"] = relay("inside");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  config.queue.maximal_queue_lifetime = std::chrono::seconds{2};
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("from=<sender@example.net>, status=expired, returned to sender"), 1);
  EXPECT_GE(log.count("status=deferred"), 2);
  const std::string report = read_file(files_in(folder.path / "sender/new").at(0));
  EXPECT_NE(report.find("Action: failed\nStatus: 4.4.1\n"), std::string::npos) << report;
}

TEST_F(DeliveryQueue, ALifetimeOfZeroIsOneAttempt) {
  add_route("inside", {"[127.0.0.1]:1"});
  resolver.table["@example.org"] = relay("inside");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  config.queue.maximal_queue_lifetime = std::chrono::seconds{0};
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty());
  EXPECT_EQ(log.count("status=deferred"), 1);
}

TEST_F(DeliveryQueue, AFailedReportGoesToThePostmasterOnceAndNeverLoops) {
  Delivery nobody;
  nobody.kind = Delivery::Kind::fail;
  nobody.reply = "User unknown in virtual mailbox table";
  nobody.dsn = "5.1.1";
  resolver.table["lea@example.org"] = nobody;
  resolver.table["sender@example.net"] = nobody;
  resolver.table["postmaster@example.com"] = nobody;
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("undeliverable postmaster notification discarded")) << log.all();
  ASSERT_TRUE(wait_until_empty());
  EXPECT_EQ(log.count("sender non-delivery notification"), 1);
  EXPECT_EQ(log.count("postmaster non-delivery notification"), 1);
  EXPECT_EQ(log.count("from=<double-bounce@example.com>"), 1) << log.all();
}

/// A message to somebody who does not exist, with a sender and a postmaster who do.
class Notices : public DeliveryQueue {
 protected:
  Notices() {
    Delivery nobody;
    nobody.kind = Delivery::Kind::fail;
    nobody.reply = "User unknown in virtual mailbox table";
    nobody.dsn = "5.1.1";
    resolver.table["nobody@example.org"] = nobody;
    resolver.table["sender@example.net"] = maildir(folder.path / "sender");
    resolver.table["bounces@example.com"] = maildir(folder.path / "bounces");
    config.notify.bounce = "bounces";
    config.notify.delay = config.notify.double_bounce = "bounces@example.com";
  }
  std::string notice() {
    const auto files = files_in(folder.path / "bounces/new");
    return files.size() == 1 ? read_file(files[0]) : std::to_string(files.size()) + " notices";
  }
};

TEST_F(Notices, OfClassBounceGetACopyWithoutTheBody) {
  config.queue.notify_classes = {"bounce"};
  open();
  send(envelope({"nobody@example.org"}), "Subject: secret plan\r\n\r\nthe plan itself\r\n");
  ASSERT_TRUE(wait_for_log("removed", 3)) << log.all();
  EXPECT_NE(notice().find("Subject: Postmaster Copy: Undelivered Mail\n"), std::string::npos) << notice();
  EXPECT_NE(notice().find("Subject: secret plan"), std::string::npos);
  EXPECT_EQ(notice().find("the plan itself"), std::string::npos);
  EXPECT_EQ(log.count("postmaster non-delivery notification"), 1);
  EXPECT_EQ(files_in(folder.path / "sender/new").size(), 1U) << "the sender has a report all the same";
}

TEST_F(Notices, OfOtherClassesAreNotSent) {
  config.queue.notify_classes = {"delay", "resource", "software"};
  open();
  send(envelope({"nobody@example.org"}));
  Envelope report = envelope({"nobody@example.org"});
  report.sender = {};
  send(std::move(report));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("postmaster non-delivery notification"), 0) << log.all();
  EXPECT_EQ(log.count("2bounce is not in queue.notify_classes"), 1) << log.all();
}

TEST_F(Notices, OfClassDelayGoOutWithTheWarning) {
  config.queue.notify_classes = {"delay"};
  config.queue.delay_warning_time = std::chrono::seconds{1};
  add_route("inside", {"[127.0.0.1]:1"});
  resolver.table["@late.example"] = relay("inside");
  open();
  Envelope late = envelope({"lea@late.example"});
  late.arrival = late.arrival - std::chrono::minutes{5};
  send(std::move(late));
  ASSERT_TRUE(wait_for_log("postmaster delay notification")) << log.all();
  ASSERT_TRUE(wait_for_log("removed", 2)) << log.all();
  EXPECT_NE(notice().find("Subject: Postmaster Warning: Delayed Mail\n"), std::string::npos) << notice();
  EXPECT_NE(notice().find("Action: delayed\n"), std::string::npos);
}

TEST_F(Notices, TemplatesGiveTheWords) {
  const std::string file = folder.path / "bounce.cf";
  std::ofstream(file) << "failure_template = <<E\nFrom: Postman\nSubject: It came back\n\nFrom $myhostname.\nE\n";
  config.queue.bounce_template_file = file;
  open();
  send(envelope({"nobody@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  const std::string report = read_file(files_in(folder.path / "sender/new").at(0));
  EXPECT_NE(report.find("\nFrom: Postman@example.com\nSubject: It came back\n"), std::string::npos) << report;
  EXPECT_NE(report.find("\nFrom gw.example.com.\n"), std::string::npos) << report;
}

TEST_F(Notices, ABrokenTemplateFileLosesNoReport) {
  config.queue.bounce_template_file = folder.path / "missing.cf";
  open();
  send(envelope({"nobody@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << log.all();
  EXPECT_EQ(log.count("missing.cf: cannot be read; the built-in texts are used"), 1) << log.all();
  EXPECT_EQ(files_in(folder.path / "sender/new").size(), 1U);
}

TEST_F(Notices, SoftBounceReturnsNothing) {
  config.queue.soft_bounce = true;
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{600};
  open();
  const MessageId id = send(envelope({"nobody@example.org"}));
  ASSERT_TRUE(wait_for_log("dsn=4.1.1, status=deferred")) << log.all();
  ASSERT_TRUE(wait([&] { return spool.find(id)->attempts == 1; }));
  EXPECT_EQ(log.count("notification"), 0) << log.all();
}

TEST_F(DeliveryQueue, EtrnTriesWhatWaitsForOneDomain) {
  add_route("inside", {"[127.0.0.1]:1"});
  resolver.table["@example.org"] = relay("inside");
  resolver.table["@other.example"] = relay("inside");
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{600};
  open();
  const MessageId asked = send(envelope({"lea@example.org"})), other = send(envelope({"max@other.example"}));
  ASSERT_TRUE(wait([&] { return spool.find(asked)->attempts == 1 && spool.find(other)->attempts == 1; }));
  queue->flush_domain("EXAMPLE.org");
  queue->flush_domain("example.org");
  ASSERT_TRUE(wait_for_log("to=<lea@example.org>", 2)) << log.all();
  loop.restart();
  loop.run_for(std::chrono::milliseconds{50});
  EXPECT_EQ(log.count("to=<max@other.example>"), 1) << log.all();
}

TEST_F(DeliveryQueue, NotifyDecidesWhoHearsOfIt) {
  Delivery nobody;
  nobody.kind = Delivery::Kind::fail;
  nobody.reply = "no";
  nobody.dsn = "5.1.1";
  resolver.table["bad@example.org"] = nobody;
  resolver.table["lea@example.org"] = maildir(folder.path / "lea");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  open();
  Envelope quiet = envelope({"bad@example.org"});
  quiet.recipients[0].notify = notify_never;
  send(std::move(quiet));
  ASSERT_TRUE(wait_until_empty());
  EXPECT_EQ(log.count("notification"), 0) << log.all();
  Envelope success = envelope({"lea@example.org"});
  success.recipients[0].notify = notify_success;
  success.envid = "QQ314159";
  send(std::move(success));
  ASSERT_TRUE(wait_for_log("removed", 3)) << log.all();
  EXPECT_EQ(log.count("sender delivery status notification"), 1) << log.all();
  const std::string report = read_file(files_in(folder.path / "sender/new").at(0));
  EXPECT_NE(report.find("Action: delivered\nStatus: 2.0.0\n"), std::string::npos) << report;
  EXPECT_NE(report.find("Original-Envelope-Id: QQ314159\n"), std::string::npos);
}

TEST_F(DeliveryQueue, ALateMessageIsWarnedAboutOnce) {
  add_route("inside", {"[127.0.0.1]:1"});
  resolver.table["@example.org"] = relay("inside");
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  config.queue.delay_warning_time = std::chrono::seconds{1};
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("status=deferred", 4)) << log.all();
  EXPECT_EQ(log.count("sender delay notification"), 1) << log.all();
  const std::string report = read_file(files_in(folder.path / "sender/new").at(0));
  EXPECT_NE(report.find("Action: delayed\n"), std::string::npos);
  EXPECT_NE(report.find("Will-Retry-Until: "), std::string::npos);
}

TEST_F(DeliveryQueue, NothingIsForgottenWhenTheSpoolFails) {
  resolver.table["lea@example.org"] = maildir(folder.path / "lea");
  spool.apply_fails = 2;
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty());
  EXPECT_EQ(files_in(folder.path / "lea/new").size(), 1U);
}

TEST_F(DeliveryQueue, AFailureWhoseReportCannotBeStoredStaysQueued) {
  Delivery nobody;
  nobody.kind = Delivery::Kind::fail;
  nobody.reply = "no";
  nobody.dsn = "5.1.1";
  resolver.table["bad@example.org"] = nobody;
  resolver.table["sender@example.net"] = maildir(folder.path / "sender");
  spool.store_fails = true;
  open();
  send(envelope({"bad@example.org"}));
  ASSERT_TRUE(wait_for_log("status=bounced", 2)) << log.all();
  spool.store_fails = false;
  ASSERT_TRUE(wait_until_empty());
  EXPECT_EQ(files_in(folder.path / "sender/new").size(), 1U);
}

TEST_F(DeliveryQueue, MailInTheSpoolIsFoundAfterARestartWithoutDuplicates) {
  resolver.table["lea@example.org"] = maildir(folder.path / "lea");
  Envelope made = envelope({"lea@example.org"});
  const auto content = std::make_shared<testing::FakeContent>("Subject: x\r\n\r\nbody\r\n");
  // The first life wrote the file, but crashed before it could say so.
  spool.put(made, content);
  open();
  ASSERT_TRUE(wait_until_empty()) << log.all();
  ASSERT_EQ(files_in(folder.path / "lea/new").size(), 1U);
  queue.reset();
  spool.put(made, content);
  open();
  ASSERT_TRUE(wait_until_empty());
  EXPECT_EQ(files_in(folder.path / "lea/new").size(), 1U);
  // A session's accept() that comes after the queue run took the message delivers nothing twice.
  queue->accept({made, content}, {});
  loop.restart();
  loop.run_for(std::chrono::milliseconds{100});
  EXPECT_EQ(files_in(folder.path / "lea/new").size(), 1U);
  EXPECT_EQ(log.count("queue active"), 2);
}

TEST_F(DeliveryQueue, MoreThanTheActiveLimitIsStillDeliveredInTheEnd) {
  config.queue.active_limit = 10;
  resolver.table["lea@example.org"] = maildir(folder.path / "lea");
  open();
  for (int count = 0; count < 200; ++count) send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty()) << spool.count();
  EXPECT_EQ(files_in(folder.path / "lea/new").size(), 200U);
}

TEST_F(DeliveryQueue, RetryBringsDeferredMailForward) {
  std::uint16_t port = 0;
  {
    port = ScriptedPeer([](PeerTalk&, int) {}).port;
  }
  add_route("inside", {"[127.0.0.1]:" + std::to_string(port)});
  resolver.table["@example.org"] = relay("inside");
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{600};
  open();
  const MessageId id = send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log("status=deferred"));
  ASSERT_TRUE(wait([&] { return spool.find(id)->attempts == 1; }));
  loop.restart();
  loop.run_for(std::chrono::milliseconds{50});
  EXPECT_EQ(queue->retry({}), 1U);
  ASSERT_TRUE(wait_for_log("status=deferred", 2)) << log.all();
}

/// A queue with one message whose attempt is under way until the peer is let go on, with an answer.
class OrderDuringAnAttempt : public DeliveryQueue {
 protected:
  void begin(std::string answer) {
    slow_ = std::make_unique<ScriptedPeer>([this, answer](PeerTalk& talk, int) {
      until_data(talk);
      while (!go_on_) std::this_thread::sleep_for(std::chrono::milliseconds{2});
      talk.say(answer);
      if (!answer.starts_with("250")) return;
      talk.hear_content();
      talk.say("250 ok\r\n");
    });
    add_route("inside", {slow_->host()});
    resolver.table["@example.org"] = relay("inside");
    config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{600};
    open();
    id_ = send(envelope({"lea@example.org"}));
    ASSERT_TRUE(wait([&] { return slow_->connections == 1; }));
  }
  void order(QueueVerb verb) {
    spool.apply({{id_, QueueOrder{verb, system_now()}}}, [](auto) {});
    queue->obey(verb, {id_});
  }
  void end() {
    go_on_ = true;
    ASSERT_TRUE(wait_for_log("status="));
    loop.restart();
    loop.run_for(std::chrono::milliseconds{100});
  }

  std::atomic<bool> go_on_{false};
  std::unique_ptr<ScriptedPeer> slow_;
  MessageId id_;
};

TEST_F(OrderDuringAnAttempt, AHoldStays) {
  begin("450 no\r\n");
  order(QueueVerb::hold);
  end();
  ASSERT_TRUE(spool.find(id_));
  EXPECT_EQ(spool.find(id_)->state, MessageState::hold);
  EXPECT_NE(spool.find(id_)->recipients[0].last_reply, "") << "what the attempt learned is kept";
}

TEST_F(OrderDuringAnAttempt, AHeldMessageThatIsDeliveredIsGone) {
  begin("250 ok\r\n250 ok\r\n354 go\r\n");
  order(QueueVerb::hold);
  end();
  EXPECT_EQ(spool.count(), 0U);
  EXPECT_EQ(log.count("removed"), 1);
}

TEST_F(OrderDuringAnAttempt, ADeletedMessageStaysDeletedAndTellsNobody) {
  begin("550 no\r\n");
  order(QueueVerb::remove);
  end();
  EXPECT_EQ(spool.count(), 0U) << "neither the message nor a report of it";
  EXPECT_EQ(log.count("removed"), 0);
}

TEST_F(OrderDuringAnAttempt, AnExpiredMessageGoesBackToItsSender) {
  resolver.table["@example.net"] = maildir(folder.path / "sender");
  begin("450 no\r\n");
  order(QueueVerb::expire);
  end();
  EXPECT_TRUE(wait_until_empty());
  EXPECT_EQ(files_in(folder.path / "sender/new").size(), 1U);
}

TEST_F(OrderDuringAnAttempt, ARetryIsMadeAtOnceWhenTheAttemptHasEnded) {
  begin("450 no\r\n");
  order(QueueVerb::retry);
  end();
  EXPECT_TRUE(wait_for_log("status=deferred", 2)) << log.all();
}

TEST_F(DeliveryQueue, OfAHeldMessageNothingMoreIsStarted) {
  std::atomic<bool> go_on{false};
  std::atomic<int> seen{0};
  ScriptedPeer slow([&](PeerTalk& talk, int) {
    ++seen;
    until_data(talk);
    while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds{2});
    talk.say("450 no\r\n");
  });
  config::Route& route = add_route("inside", {slow.host()});
  route.concurrency = 1;
  resolver.table["@example.org"] = relay("inside");
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{600};
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait([&] { return slow.connections == 1; }));
  const MessageId waiting = send(envelope({"max@example.org"}));
  ASSERT_TRUE(wait_for_log("queue active", 2));
  spool.apply({{waiting, QueueOrder{QueueVerb::hold, system_now()}}}, [](auto) {});
  queue->obey(QueueVerb::hold, {waiting});
  go_on = true;
  ASSERT_TRUE(wait_for_log("status=deferred"));
  loop.restart();
  loop.run_for(std::chrono::milliseconds{100});
  EXPECT_EQ(log.count("max@example.org"), 0) << log.all();
  EXPECT_EQ(spool.find(waiting)->state, MessageState::hold);
  EXPECT_EQ(spool.find(waiting)->attempts, 0U);
}

TEST_F(DeliveryQueue, StopLetsWhatIsUnderWayEnd) {
  std::atomic<bool> taken{false};
  ScriptedPeer slow([&](PeerTalk& talk, int) {
    until_data(talk);
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    talk.say("250 ok\r\n250 ok\r\n354 go\r\n");
    talk.hear_content();
    talk.say("250 ok\r\n");
    taken = true;
  });
  add_route("inside", {slow.host()});
  resolver.table["@example.org"] = relay("inside");
  open();
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait([&] { return slow.connections == 1; }));
  bool stopped = false;
  queue->stop(std::chrono::seconds{5}, [&] { stopped = true; });
  ASSERT_TRUE(wait([&] { return stopped; }));
  EXPECT_TRUE(taken);
  EXPECT_EQ(spool.count(), 0U);
}

TEST_F(DeliveryQueue, ARateSpacesDeliveries) {
  GoodPeer good;
  add_route("inside", {good.peer.host()}).rate = {10, std::chrono::seconds{1}};
  resolver.table["@example.org"] = relay("inside");
  open();
  const auto started = std::chrono::steady_clock::now();
  for (int count = 0; count < 6; ++count) send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_until_empty());
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::milliseconds{490});
}

}  // namespace
}  // namespace gateway
