#include "gateway/delivery/sts_policy.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "gateway/delivery/https_fetch.hpp"
#include "gateway/delivery/sts_policies.hpp"
#include "lookup/static_resolver.hpp"
#include "tests/gateway/capturing_log.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace gateway {
namespace {

using lookup::DnsType;

constexpr const char* enforce =
    "version: STSv1\r\nmode: enforce\r\nmx: mx.example.net\r\nmx: *.Example.org\r\nmax_age: 86400\r\n";

TEST(StsRecord, AnIdIsFound) {
  EXPECT_EQ(parse_sts_record("v=STSv1; id=20260101T00;"), "20260101T00");
  EXPECT_EQ(parse_sts_record("v=STSv1;id=1;x=y"), "1");
  for (const char* each : {"", "v=STSv1", "v=STSv1; id=", "v=STSv1; id=a b;", "id=1; v=STSv1", "v=STSv2; id=1",
                           "v=STSv1; id=1; id=2", "v=STSv1; id=123456789012345678901234567890123"})
    EXPECT_FALSE(parse_sts_record(each)) << each;
}

TEST(StsRecord, SeveralAreNone) {
  EXPECT_EQ(find_sts_id({"v=spf1 -all", "v=STSv1; id=1;"}), "1");
  EXPECT_FALSE(find_sts_id({"v=STSv1; id=1;", "v=STSv1; id=2;"}));
  EXPECT_FALSE(find_sts_id({}));
}

TEST(StsPolicyText, IsRead) {
  const auto policy = parse_sts_policy(enforce);
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_EQ(policy->mode, StsPolicy::Mode::enforce);
  EXPECT_EQ(policy->max_age, std::chrono::seconds{86400});
  EXPECT_EQ(policy->mx, (std::vector<std::string>{"mx.example.net", "*.example.org"}));
}

TEST(StsPolicyText, BareLineFeedsAndUnknownFieldsAreFine) {
  EXPECT_TRUE(parse_sts_policy("version: STSv1\nmode: none\nmax_age: 1\nother: x\n"));
}

TEST(StsPolicyText, WhatIsWrongIsRefused) {
  for (const char* each :
       {"", "mode: none\nmax_age: 1\n", "version: STSv1\nmax_age: 1\n", "version: STSv1\nmode: none\n",
        "version: STSv2\nmode: none\nmax_age: 1\n", "version: STSv1\nmode: strict\nmax_age: 1\n",
        "version: STSv1\nmode: none\nmax_age: long\n", "version: STSv1\nmode: none\nmax_age: -1\n",
        "version: STSv1\nmode: enforce\nmax_age: 1\n", "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n",
        "no colon", "version: STSv1\nmode: enforce\nmx: *.\nmax_age: 1\n"})
    EXPECT_FALSE(parse_sts_policy(each)) << each;
}

TEST(StsPolicyHosts, AWildcardStandsForOneLabel) {
  const auto policy = parse_sts_policy(enforce);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->names("MX.example.net"));
  EXPECT_TRUE(policy->names("a.example.org"));
  EXPECT_FALSE(policy->names("a.b.example.org"));
  EXPECT_FALSE(policy->names("example.org"));
  EXPECT_FALSE(policy->names(".example.org"));
  EXPECT_FALSE(policy->names("mx.example.com"));
}

/// Policies with a web server that is a function.
class Policies : public ::testing::Test {
 protected:
  Policies() {
    tls.mta_sts_port = 8443;
    publish("1");
    dns.add(DnsType::a, "mta-sts.example.net", "192.0.2.1");
    renew();
  }
  void publish(const std::string& id) {
    lookup::DnsAnswer answer;
    answer.answer = lookup::Answer::found("v=STSv1; id=" + id + ";");
    dns.set(DnsType::txt, "_mta-sts.example.net", answer);
  }
  void renew() {
    threads = std::make_unique<WorkThreads>(1);
    policies = std::make_unique<StsPolicies>(loop, dns, log, *threads, [this](const HttpsRequest& request) {
      ++fetched;
      asked = request;
      return document;
    });
    policies->use(tls, folder.path.string());
  }
  StsPolicies::Answer find() {
    std::optional<StsPolicies::Answer> found;
    const auto keep = [&found](std::exception_ptr, StsPolicies::Answer answer) { found = std::move(answer); };
    asio::co_spawn(loop, policies->find("example.net"), keep);
    while (!found) {
      loop.restart();
      loop.run_for(std::chrono::milliseconds{5});
    }
    return *found;
  }

  testing::TempFolder folder;
  asio::io_context loop;
  lookup::StaticResolver dns;
  testing::CapturingLog log;
  config::Tls tls;
  std::atomic<int> fetched{0};
  HttpsRequest asked;
  tl::expected<std::string, std::string> document = std::string(enforce);
  std::unique_ptr<WorkThreads> threads;
  std::unique_ptr<StsPolicies> policies;
};

TEST_F(Policies, APolicyIsFetchedOnce) {
  const auto first = find();
  ASSERT_TRUE(first.policy);
  EXPECT_EQ(first.policy->mode, StsPolicy::Mode::enforce);
  EXPECT_EQ(asked.host, "mta-sts.example.net");
  EXPECT_EQ(asked.path, "/.well-known/mta-sts.txt");
  EXPECT_EQ(asked.port, 8443);
  EXPECT_EQ(asked.addresses, (std::vector<std::string>{"192.0.2.1"}));
  EXPECT_TRUE(find().policy);
  EXPECT_EQ(fetched, 1);
}

TEST_F(Policies, ANewIdBringsANewPolicy) {
  find();
  publish("2");
  document = std::string("version: STSv1\nmode: testing\nmx: a.example\nmax_age: 60\n");
  EXPECT_EQ(find().policy->mode, StsPolicy::Mode::testing);
  EXPECT_EQ(fetched, 2);
}

TEST_F(Policies, AnOldPolicyHoldsWhenTheNewOneCannotBeHad) {
  find();
  publish("2");
  document = tl::unexpected<std::string>("refused");
  const auto answer = find();
  EXPECT_TRUE(answer.fetch_failed);
  ASSERT_TRUE(answer.policy);
  EXPECT_EQ(answer.policy->id, "1");
  find();
  EXPECT_EQ(fetched, 2) << "it is not asked again at once";
}

TEST_F(Policies, AnOldPolicyHoldsWhenTheRecordIsGone) {
  find();
  dns.set(DnsType::txt, "_mta-sts.example.net", {});
  EXPECT_TRUE(find().policy);
}

TEST_F(Policies, WithoutARecordNothingIsFetched) {
  dns.set(DnsType::txt, "_mta-sts.example.net", {});
  EXPECT_FALSE(find().policy);
  EXPECT_EQ(fetched, 0);
}

TEST_F(Policies, APolicyOutlivesTheDaemon) {
  find();
  // The destructor waits for work that has begun; the file appears before or the work never ran.
  const std::string file = folder.path / "mta-sts.json";
  for (int wait = 0; wait < 2000 && !std::filesystem::exists(file); ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  policies.reset();
  renew();
  ASSERT_TRUE(find().policy);
  EXPECT_EQ(fetched, 1);
}

TEST_F(Policies, ADamagedFileIsAnEmptyOne) {
  for (const char* text :
       {"", "[]", "{\"example.net\": 1}", "{\"example.net\": {\"id\": 1, \"policy\": [], \"fetched\": \"x\"}}"}) {
    std::ofstream(folder.path / "mta-sts.json") << text;
    renew();
    EXPECT_TRUE(find().policy) << text;
  }
}

TEST(HttpsFetch, SaysWhyItCannot) {
  HttpsRequest request;
  request.host = "mta-sts.example.net";
  request.path = "/";
  request.port = 1;
  request.addresses = {"127.0.0.1"};
  request.limit = std::chrono::seconds{5};
  const auto answer = fetch_https(request);
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().empty());
}

}  // namespace
}  // namespace gateway
