#include "gateway/delivery/tls_report.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "gateway/delivery/tls_reports.hpp"
#include "lookup/static_resolver.hpp"
#include "tests/gateway/capturing_log.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace gateway {
namespace {

TlsResult result(TlsFailure failure) {
  TlsResult made;
  made.domain = "example.net";
  made.policy_type = "sts";
  made.policy = {"version: STSv1", "mode: testing"};
  made.mx_hosts = {"*.example.net"};
  made.failure = failure;
  made.host = "mx.example.net";
  made.address = "192.0.2.1";
  made.sending_address = "192.0.2.9";
  return made;
}

TEST(TlsReportAddresses, OnlyMailIsTaken) {
  EXPECT_EQ(parse_report_addresses("v=TLSRPTv1; rua=mailto:a@example.net"),
            (std::vector<std::string>{"a@example.net"}));
  EXPECT_EQ(parse_report_addresses("v=TLSRPTv1;rua=https://x.example/, mailto:b@example.net,mailto:c@example.net"),
            (std::vector<std::string>{"b@example.net", "c@example.net"}));
  for (const char* each :
       {"", "v=TLSRPTv1", "v=TLSRPTv2; rua=mailto:a@b", "rua=mailto:a@b; v=TLSRPTv1",
        "v=TLSRPTv1; rua=mailto:", "v=TLSRPTv1; rua=mailto:a", "v=TLSRPTv1; rua=mailto:<a@b>\r\nX: y"})
    EXPECT_TRUE(parse_report_addresses(each).empty()) << each;
}

TEST(TlsReport, SaysWhatCameOfADay) {
  TlsTallies tallies;
  tallies["sts"].add(result(TlsFailure::none));
  tallies["sts"].add(result(TlsFailure::certificate_expired));
  tallies["sts"].add(result(TlsFailure::certificate_expired));
  const auto json = nlohmann::json::parse(
      write_tls_report({"example.com", "tls@example.com", "gw.example.com", "example.net", 20000}, tallies));
  EXPECT_EQ(json["organization-name"], "example.com");
  EXPECT_EQ(json["date-range"]["start-datetime"], "2024-10-04T00:00:00Z");
  EXPECT_EQ(json["date-range"]["end-datetime"], "2024-10-04T23:59:59Z");
  const auto& policy = json["policies"][0];
  EXPECT_EQ(policy["policy"]["policy-type"], "sts");
  EXPECT_EQ(policy["policy"]["policy-domain"], "example.net");
  EXPECT_EQ(policy["policy"]["policy-string"][1], "mode: testing");
  EXPECT_EQ(policy["summary"]["total-successful-session-count"], 1);
  EXPECT_EQ(policy["summary"]["total-failure-session-count"], 2);
  const auto& detail = policy["failure-details"][0];
  EXPECT_EQ(detail["result-type"], "certificate-expired");
  EXPECT_EQ(detail["failed-session-count"], 2);
  EXPECT_EQ(detail["receiving-mx-hostname"], "mx.example.net");
  EXPECT_EQ(detail["sending-mta-ip"], "192.0.2.9");
}

TEST(TlsReport, TravelsCompressed) {
  TlsTallies tallies;
  tallies["sts"].add(result(TlsFailure::none));
  const auto report = compose_tls_report({"example.com", "tls@example.com", "gw.example.com", "example.net", 20000},
                                         tallies, "reports@example.net", {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->envelope.sender.to_string(), "tls@example.com");
  EXPECT_EQ(report->envelope.recipients.at(0).address.to_string(), "reports@example.net");
  EXPECT_TRUE(report->envelope.tls_not_required);
  EXPECT_EQ(report->envelope.size, report->content.size());
  for (const char* part : {"Content-Type: multipart/report; report-type=\"tlsrpt\"",
                           "TLS-Report-Domain: example.net\r\n", "Content-Type: application/tlsrpt+gzip",
                           "filename=\"gw.example.com!example.net!1728000000!1728086399!001.json.gz\"", "\r\n\r\nH4sI"})
    EXPECT_NE(report->content.find(part), std::string::npos) << part;
}

class Reports : public ::testing::Test {
 protected:
  void start() {
    config.hostname = "gw.example.com";
    config.tls.report_contact = "tls@example.com";
    config.state_directory = folder.path.string();
    reports =
        std::make_shared<TlsReports>(loop, dns, log, [this](Report report) { sent.push_back(std::move(report)); });
    reports->use(std::make_shared<const config::Config>(config));
    loop.restart();
    loop.run_for(std::chrono::milliseconds{50});
  }
  std::string file() { return (folder.path / "tls-reports.json").string(); }
  nlohmann::json kept() {
    std::ifstream in(file());
    return nlohmann::json::parse(in, nullptr, false);
  }

  testing::TempFolder folder;
  asio::io_context loop;
  lookup::StaticResolver dns;
  testing::CapturingLog log;
  config::Config config;
  std::vector<Report> sent;
  std::shared_ptr<TlsReports> reports;
};

TEST_F(Reports, ADayIsKeptInAFile) {
  start();
  reports->note(result(TlsFailure::none));
  reports->note(result(TlsFailure::validation_failure));
  reports->stop();
  const auto tally = kept()["domains"]["example.net"]["sts"];
  EXPECT_EQ(tally["ok"], 1);
  EXPECT_EQ(tally["failed"], 1);
}

TEST_F(Reports, ANewStartGoesOn) {
  start();
  reports->note(result(TlsFailure::none));
  reports->stop();
  start();
  reports->note(result(TlsFailure::none));
  reports->stop();
  EXPECT_EQ(kept()["domains"]["example.net"]["sts"]["ok"], 2);
  EXPECT_TRUE(sent.empty());
}

TEST_F(Reports, ADayThatIsOverIsReported) {
  dns.add(lookup::DnsType::txt, "_smtp._tls.example.net", "v=TLSRPTv1; rua=mailto:reports@example.net");
  start();
  reports->note(result(TlsFailure::none));
  TlsResult other = result(TlsFailure::none);
  other.domain = "silent.example";
  reports->note(other);
  reports->stop();
  auto json = kept();
  json["day"] = json["day"].get<std::int64_t>() - 1;
  std::ofstream(file()) << json;
  start();
  ASSERT_EQ(sent.size(), 1U) << "the other domain asks for none";
  EXPECT_EQ(sent[0].envelope.recipients.at(0).address.to_string(), "reports@example.net");
  EXPECT_TRUE(kept()["domains"].empty()) << "it is sent once";
  reports->stop();
}

TEST_F(Reports, ADamagedFileIsBegunAnew) {
  for (const char* text :
       {"", "[]", "{\"day\": \"x\"}", "{\"day\": 1, \"domains\": {\"a\": {\"sts\": {\"ok\": -1}}}}"}) {
    std::ofstream(file()) << text;
    start();
    reports->note(result(TlsFailure::none));
    reports->stop();
    EXPECT_EQ(kept()["domains"]["example.net"]["sts"]["ok"], 1) << text;
  }
}

TEST_F(Reports, WithoutAContactNothingIsGathered) {
  start();
  config.tls.report_contact.clear();
  reports->use(std::make_shared<const config::Config>(config));
  reports->note(result(TlsFailure::none));
  reports->stop();
  EXPECT_FALSE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace gateway
