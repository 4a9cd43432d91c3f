#include "gateway/verify/address_verifier.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "lookup/static_resolver.hpp"
#include "tests/gateway/scripted_peer.hpp"
#include "tests/gateway/test_log.hpp"
#include "tests/lookup/temporary_folder.hpp"

namespace gateway {

namespace {

using namespace std::chrono_literals;
using lookup::Answer;
using testing::PeerTalk;
using testing::ScriptedPeer;
using testing::TestLog;

/// Answers every RCPT as it is told, and keeps what was said.
class Oracle {
 public:
  std::string host() const { return peer_.host(); }
  void answer_with(std::string reply) {
    const std::lock_guard lock(mutex_);
    reply_ = std::move(reply);
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  long probes() {
    const auto all = heard();
    return std::count_if(all.begin(), all.end(), [](const auto& line) { return line.starts_with("RCPT"); });
  }
  std::atomic<bool> hold{false};

 private:
  void talk(PeerTalk& talk) {
    talk.say("220 oracle ESMTP\r\n");
    for (auto line = talk.hear(); !line.empty(); line = talk.hear()) {
      {
        const std::lock_guard lock(mutex_);
        heard_.push_back(line);
      }
      if (line.starts_with("EHLO") || line.starts_with("LHLO")) {
        talk.say(is_pipelining ? "250-oracle\r\n250 PIPELINING\r\n" : "250 oracle\r\n");
      } else if (line.starts_with("RCPT")) {
        while (hold) std::this_thread::sleep_for(1ms);
        std::string reply;
        {
          const std::lock_guard lock(mutex_);
          reply = reply_;
        }
        talk.say(reply + "\r\n");
      } else {
        talk.say("250 2.0.0 Ok\r\n");
      }
    }
  }

 public:
  std::atomic<bool> is_pipelining{true};

 private:
  std::mutex mutex_;
  std::string reply_ = "250 2.1.5 Ok";
  std::vector<std::string> heard_;
  ScriptedPeer peer_{[this](PeerTalk& peer, int) { talk(peer); }};
};

class AddressVerifierTest : public ::testing::Test {
 protected:
  AddressVerifierTest() {
    config_.hostname = "gw.example.com";
    config_.myorigin = "example.com";
    config_.state_directory = folder_.path();
    config::Route route;
    route.name = "inside";
    route.relay = {oracle_.host()};
    route.tls.level = config::TlsLevel::none;
    config_.routes.push_back(route);
    delivery_.kind = Delivery::Kind::relay;
    delivery_.route = "inside";
    open();
  }
  ~AddressVerifierTest() override { verifier_->stop(); }

  void open() {
    if (verifier_) verifier_->stop();
    verifier_ = std::make_shared<AddressVerifier>(AddressVerifier::Parts{shard_, dns_, log_, metrics_},
                                                  std::make_shared<const config::Config>(config_));
  }

  void run_until(const std::function<bool()>& condition, std::chrono::seconds limit = 20s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_for(2ms);
    }
    EXPECT_TRUE(condition());
  }

  std::shared_ptr<std::optional<Answer>> start(const std::string& address) {
    auto result = std::make_shared<std::optional<Answer>>();
    verifier_->ask(loop_, lookup::split_address(address), delivery_, [result](Answer answer) { *result = answer; });
    return result;
  }
  Answer ask(const std::string& address = "alice@example.com") {
    const auto result = start(address);
    run_until([&] { return result->has_value(); });
    return result->value_or(Answer{});
  }
  void wait_until_written(int entries) {
    run_until([&] { return counts("gatepost_address_verify_entries " + std::to_string(entries)); });
  }
  bool counts(const std::string& line) { return metrics_.expose().find(line + "\n") != std::string::npos; }

  TemporaryFolder folder_;
  Oracle oracle_;
  asio::io_context loop_{1};
  Shard shard_{loop_};
  lookup::StaticResolver dns_;
  TestLog log_;
  Metrics metrics_;
  config::Config config_;
  Delivery delivery_;
  std::shared_ptr<AddressVerifier> verifier_;
};

TEST_F(AddressVerifierTest, AsksTheServerUpToRcptAndRemembers) {
  for (const bool is_pipelining : {true, false}) {
    oracle_.is_pipelining = is_pipelining;
    const auto address = is_pipelining ? "alice@example.com" : "bob@example.com";
    EXPECT_TRUE(ask(address).is_found());
    wait_until_written(is_pipelining ? 1 : 2);
    EXPECT_TRUE(ask(address).is_found());
  }
  const auto heard = oracle_.heard();
  EXPECT_EQ(heard[1], "MAIL FROM:<double-bounce@example.com>");
  EXPECT_EQ(heard[2], "RCPT TO:<alice@example.com>");
  EXPECT_EQ(oracle_.probes(), 2);
  for (const auto& line : heard) EXPECT_FALSE(line.starts_with("DATA")) << "nothing may be delivered";
  EXPECT_EQ(log_.count("to=<alice@example.com>, relay=127.0.0.1[127.0.0.1]:"), 1u);
  EXPECT_EQ(log_.count("dsn=2.1.5, status=deliverable (250 2.1.5 Ok)"), 2u);
  EXPECT_TRUE(counts("gatepost_address_verify_answers_total{result=\"deliverable\",source=\"probe\"} 2"));
  EXPECT_TRUE(counts("gatepost_address_verify_answers_total{result=\"deliverable\",source=\"cache\"} 2"));
}

TEST_F(AddressVerifierTest, ARefusalIsAnAnswerAndKeepsTheServersWords) {
  oracle_.answer_with("550 5.1.1 no such user");
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask();
    EXPECT_TRUE(answer.is_absent());
    EXPECT_NE(answer.detail.find("said: 550 5.1.1 no such user (in reply to RCPT TO command)"), std::string::npos)
        << answer.detail;
    wait_until_written(1);
  }
  EXPECT_EQ(oracle_.probes(), 1);
  EXPECT_EQ(log_.count("status=undeliverable (host"), 1u);
}

TEST_F(AddressVerifierTest, WhatIsOnlyTemporaryIsNoAnswer) {
  oracle_.answer_with("451 4.3.0 try later");
  EXPECT_TRUE(ask().is_unavailable());
  EXPECT_TRUE(ask().is_unavailable());
  EXPECT_EQ(oracle_.probes(), 1) << "a server in trouble is left alone for a while";
  EXPECT_TRUE(counts("gatepost_address_verify_entries 0"));
}

TEST_F(AddressVerifierTest, AServerThatIsAwayIsNoAnswer) {
  config_.routes[0].relay = {"[127.0.0.1]:1"};
  open();
  EXPECT_TRUE(ask().is_unavailable());
}

TEST_F(AddressVerifierTest, AnUnknownRouteIsNoAnswer) {
  delivery_.route = "nowhere";
  EXPECT_TRUE(ask().is_unavailable());
}

TEST_F(AddressVerifierTest, ManyWhoAskAtOnceCostOneProbe) {
  oracle_.hold = true;
  std::vector<std::shared_ptr<std::optional<Answer>>> results;
  for (int i = 0; i < 20; ++i) results.push_back(start("alice@example.com"));
  run_until([&] { return oracle_.probes() == 1; });
  oracle_.hold = false;
  run_until(
      [&] { return std::all_of(results.begin(), results.end(), [](const auto& each) { return each->has_value(); }); });
  for (const auto& each : results) EXPECT_TRUE((*each)->is_found());
  EXPECT_EQ(oracle_.probes(), 1);
}

TEST_F(AddressVerifierTest, WhoDoesNotWaitIsToldTheNextTime) {
  config_.address_verify.poll_count = 1;
  open();
  oracle_.hold = true;
  const auto first = ask();
  EXPECT_TRUE(first.is_unavailable());
  EXPECT_EQ(first.detail, "Address verification in progress");
  oracle_.hold = false;
  wait_until_written(1);
  EXPECT_TRUE(ask().is_found());
  EXPECT_EQ(oracle_.probes(), 1);
}

TEST_F(AddressVerifierTest, AGoodAddressStaysGoodThroughOneRefusal) {
  config_.address_verify.positive_refresh = 0s;
  open();
  EXPECT_TRUE(ask().is_found());
  wait_until_written(1);
  oracle_.answer_with("550 5.1.1 no such user");
  EXPECT_TRUE(ask().is_found()) << "told from memory while the probe is under way";
  run_until([&] { return oracle_.probes() == 2 && log_.count("status=undeliverable") == 1; });
  EXPECT_TRUE(ask().is_found());
}

TEST_F(AddressVerifierTest, ABadAddressIsTriedAgainAfterItsRefreshTime) {
  config_.address_verify.negative_refresh = 0s;
  open();
  oracle_.answer_with("550 5.1.1 no such user");
  EXPECT_TRUE(ask().is_absent());
  wait_until_written(1);
  oracle_.answer_with("250 2.1.5 Ok");
  EXPECT_TRUE(ask().is_absent());
  run_until([&] { return log_.count("status=deliverable") == 1; });
  run_until([&] { return ask().is_found(); });
}

TEST_F(AddressVerifierTest, WithoutNegativeCacheEveryRefusalIsProbed) {
  config_.address_verify.negative_cache = false;
  config_.address_verify.sender = "<>";
  open();
  oracle_.answer_with("550 5.1.1 no such user");
  EXPECT_TRUE(ask().is_absent());
  EXPECT_TRUE(ask().is_absent());
  EXPECT_EQ(oracle_.probes(), 2);
  EXPECT_EQ(oracle_.heard()[1], "MAIL FROM:<>");
}

TEST_F(AddressVerifierTest, OutcomesSurviveARestart) {
  EXPECT_TRUE(ask().is_found());
  wait_until_written(1);
  open();
  EXPECT_TRUE(ask().is_found());
  EXPECT_EQ(oracle_.probes(), 1);
}

TEST_F(AddressVerifierTest, LmtpIsSpokenWhereTheRouteSaysSo) {
  config_.routes[0].protocol = config::Protocol::lmtp;
  open();
  EXPECT_TRUE(ask().is_found());
  EXPECT_EQ(oracle_.heard()[0], "LHLO gw.example.com");
}

}  // namespace

}  // namespace gateway
