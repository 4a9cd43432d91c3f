#include "gateway/filter/policy_service.hpp"

#include <gtest/gtest.h>

#include "gateway/filter/policy_reply.hpp"
#include "gateway/net/asio.hpp"
#include "lookup/static_resolver.hpp"
#include "tests/gateway/scripted_peer.hpp"
#include "tests/gateway/test_log.hpp"

namespace gateway {

namespace {

using lookup::Answer;
using testing::PeerTalk;
using testing::ScriptedPeer;
using testing::TestLog;

struct ReplyCase {
  const char* name;
  std::string_view input;
  PolicyReply::State state;
  std::string_view action;
};

TEST(PolicyReply, IsReadUpToTheEmptyLine) {
  using State = PolicyReply::State;
  const ReplyCase cases[] = {
      {"an action", "action=DUNNO\n\n", State::complete, "DUNNO"},
      {"with CR", "action=OK\r\n\r\n", State::complete, "OK"},
      {"the first action counts", "x=y\naction=450 4.2.0 a=b\naction=OK\n\n", State::complete, "450 4.2.0 a=b"},
      {"an empty action", "action=\n\n", State::complete, ""},
      {"no empty line yet", "action=OK\n", State::incomplete, "OK"},
      {"half a line", "act", State::incomplete, ""},
      {"no action", "x=y\n\n", State::malformed, ""},
      {"only an empty line", "\n", State::malformed, ""},
      {"no equals sign", "200 OK\n\n", State::malformed, ""},
  };
  for (const auto& each : cases) {
    const auto reply = parse_policy_reply(each.input);
    EXPECT_EQ(reply.state, each.state) << each.name;
    if (each.state == State::complete) {
      EXPECT_EQ(reply.action, each.action) << each.name;
      EXPECT_EQ(reply.length, each.input.size()) << each.name;
    }
  }
  EXPECT_EQ(parse_policy_reply(std::string(70000, 'a')).state, State::malformed);
}

class PolicyServiceTest : public ::testing::Test {
 protected:
  PolicyService& service_at(std::uint16_t port) {
    use_.server = "inet:localhost:" + std::to_string(port);
    dns_->add(lookup::DnsType::a, "localhost", "127.0.0.1");
    service_.emplace(PolicyService::Parts{loop_, dns_, log_, metrics_}, use_, "/");
    return *service_;
  }

  std::vector<Answer> ask(PolicyService& service, std::vector<std::string> names) {
    std::vector<Answer> answers(names.size());
    std::size_t left = names.size();
    for (std::size_t i = 0; i < names.size(); ++i)
      service.ask("request=smtpd_access_policy\nname=" + names[i] + "\n\n", [&, i](Answer answer) {
        answers[i] = std::move(answer);
        --left;
      });
    loop_.restart();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (left > 0 && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_one_until(end);
    }
    EXPECT_EQ(left, 0u) << "requests without an answer";
    return answers;
  }
  Answer ask(PolicyService& service, const std::string& name) { return ask(service, std::vector{name}).front(); }

  double counted(const std::string& result) {
    const auto text = metrics_.expose();
    const auto at =
        text.find("gatepost_policy_requests_total{result=\"" + result + "\",service=\"" + use_.server + "\"} ");
    const auto other =
        text.find("gatepost_policy_requests_total{service=\"" + use_.server + "\",result=\"" + result + "\"} ");
    const auto found = std::min(at, other);
    if (found == std::string::npos) return -1;
    return std::stod(text.substr(text.find("} ", found) + 2));
  }

  asio::io_context loop_{1};
  std::shared_ptr<lookup::StaticResolver> dns_ = std::make_shared<lookup::StaticResolver>();
  TestLog log_;
  Metrics metrics_;
  policy::PolicyServiceUse use_;
  std::optional<PolicyService> service_;
};

std::string action_for(const std::string& request) {
  const auto at = request.find("name=");
  return "action=" + request.substr(at + 5, request.find('\n', at) - at - 5) + "\n\n";
}

void answer_everything(PeerTalk& talk, int) {
  for (auto request = talk.hear_paragraph(); !request.empty(); request = talk.hear_paragraph())
    talk.say(action_for(request));
}

TEST_F(PolicyServiceTest, OneConnectionServesOneRequestAfterAnother) {
  ScriptedPeer peer(answer_everything);
  auto& service = service_at(peer.port);
  EXPECT_EQ(ask(service, "DUNNO"), Answer::found("DUNNO"));
  EXPECT_EQ(ask(service, "OK"), Answer::found("OK"));
  EXPECT_EQ(ask(service, "REJECT go away"), Answer::found("REJECT go away"));
  EXPECT_EQ(ask(service, "DEFER_IF_PERMIT later"), Answer::found("DEFER_IF_PERMIT later"));
  EXPECT_EQ(peer.connections, 1);
  EXPECT_EQ(counted("dunno"), 1);
  EXPECT_EQ(counted("ok"), 1);
  EXPECT_EQ(counted("reject"), 1);
  EXPECT_EQ(counted("defer"), 1);
  EXPECT_EQ(counted("error"), 0);
  service_.reset();
}

TEST_F(PolicyServiceTest, ManyRequestsShareFewConnections) {
  ScriptedPeer peer(answer_everything);
  auto& service = service_at(peer.port);
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("number " + std::to_string(i));
  const auto answers = ask(service, names);
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(answers[i], Answer::found(names[i]));
  EXPECT_LE(peer.connections, 20);
  service_.reset();
}

TEST_F(PolicyServiceTest, AConnectionClosedMeanwhileCostsNoTry) {
  use_.try_limit = 1;
  ScriptedPeer peer([](PeerTalk& talk, int) { talk.say(action_for(talk.hear_paragraph())); });
  auto& service = service_at(peer.port);
  for (const auto* name : {"a", "b", "c"}) EXPECT_EQ(ask(service, name), Answer::found(std::string(name)));
  EXPECT_EQ(peer.connections, 3);
  EXPECT_EQ(log_.count("problem talking"), 0u);
  service_.reset();
}

TEST_F(PolicyServiceTest, ItIsTriedAgainAfterAPause) {
  use_.retry_delay = std::chrono::seconds(1);
  ScriptedPeer peer([](PeerTalk& talk, int connection) {
    const auto request = talk.hear_paragraph();
    if (connection > 0) talk.say(action_for(request));
  });
  auto& service = service_at(peer.port);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(service, "OK"), Answer::found("OK"));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(900));
  service_.reset();
}

TEST_F(PolicyServiceTest, TroubleIsUnavailable) {
  use_.timeout = std::chrono::seconds(1);
  use_.try_limit = 1;
  struct Case {
    const char* name;
    const char* answer;  // nullptr: silence
    const char* problem;
  };
  const Case cases[] = {
      {"silence", nullptr, "no answer in time"},
      {"another protocol", "220 mx ESMTP\n\n", "cannot be understood"},
      {"no action", "x=y\n\n", "cannot be understood"},
      {"more than asked", "action=OK\n\naction=OK\n\n", "more than it was asked"},
      {"half an answer", "action=OK\n", "closed the connection"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    ScriptedPeer peer([&each](PeerTalk& talk, int) {
      talk.hear_paragraph();
      if (each.answer != nullptr)
        talk.say(each.answer);
      else
        talk.is_gone();
    });
    auto& service = service_at(peer.port);
    const auto answer = ask(service, "x");
    EXPECT_TRUE(answer.is_unavailable());
    EXPECT_NE(answer.detail.find(each.problem), std::string::npos) << answer.detail;
    EXPECT_EQ(counted("error"), 1);
    EXPECT_EQ(log_.count("problem talking to server " + use_.server), 1u);
    service_.reset();
    loop_.poll();
  }
}

TEST_F(PolicyServiceTest, NobodyListens) {
  std::uint16_t port = 0;
  { port = ScriptedPeer(answer_everything).port; }
  use_.try_limit = 2;
  use_.retry_delay = std::chrono::seconds(0);
  auto& service = service_at(port);
  EXPECT_TRUE(ask(service, "x").is_unavailable());
  EXPECT_TRUE(ask(service, "y").is_unavailable());
  EXPECT_EQ(counted("error"), 2);
  EXPECT_EQ(log_.count("problem talking"), 1u) << "one line for a spell of trouble";
  service_.reset();
}

}  // namespace

}  // namespace gateway
