#include "gateway/metrics.hpp"

#include <gtest/gtest.h>

#include "gateway/admin/exporter_names.hpp"
#include "gateway/admin/process_metrics.hpp"
#include "gateway/metrics_catalogue.hpp"

namespace {

using gateway::Metrics;

TEST(Metrics, shows_the_whole_catalogue_even_without_series) {
  Metrics metrics;
  const auto text = metrics.expose();
  for (const auto& definition : gateway::metric_catalogue())
    EXPECT_NE(text.find("# TYPE gatepost_" + std::string(definition.name) + " "), std::string::npos) << definition.name;
}

TEST(Metrics, adds_up_the_series_that_have_the_labels) {
  Metrics metrics;
  metrics.counter("smtpd_rejects_total", {{"listener", "mx"}, {"class", "4xx"}}).add(2);
  metrics.counter("smtpd_rejects_total", {{"listener", "mx"}, {"class", "5xx"}}).add(3);
  metrics.counter("smtpd_rejects_total", {{"listener", "in"}, {"class", "5xx"}}).add(4);
  EXPECT_EQ(metrics.total("smtpd_rejects_total"), 9);
  EXPECT_EQ(metrics.total("smtpd_rejects_total", {{"class", "5xx"}}), 7);
  EXPECT_EQ(metrics.total("smtpd_rejects_total", {{"class", "5xx"}, {"listener", "in"}}), 4);
  EXPECT_EQ(metrics.total("smtpd_rejects_total", {{"listener", "none"}}), 0);
  EXPECT_EQ(metrics.total("no_such_metric"), 0);
}

TEST(Metrics, adds_up_histograms) {
  Metrics metrics;
  metrics.histogram("delivery_delay_seconds", {{"route", "a"}, {"stage", "queue"}}).observe(.05);
  metrics.histogram("delivery_delay_seconds", {{"route", "b"}, {"stage", "queue"}}).observe(5);
  const auto all = metrics.distribution("delivery_delay_seconds", {{"stage", "queue"}});
  EXPECT_EQ(all.count, 2U);
  EXPECT_DOUBLE_EQ(all.sum, 5.05);
  ASSERT_GE(all.buckets.size(), 3U);
  EXPECT_EQ(all.buckets[0].second, 1U);
  EXPECT_EQ(all.buckets.back().second, 2U);
}

TEST(ExporterNames, are_computed_from_our_own) {
  Metrics metrics;
  metrics.counter("smtpd_connections_total", {{"listener", "mx"}, {"result", "accepted"}}).add(5);
  metrics.gauge("smtpd_connections", {{"listener", "mx"}}).set(2);
  metrics.counter("smtpd_rejects_total", {{"listener", "mx"}, {"class", "5xx"}}).add(7);
  metrics.counter("delivery_attempts_total", {{"route", "out"}, {"result", "deferred"}}).add(3);
  metrics.histogram("smtpd_message_size_bytes").observe(2000);
  const auto text = gateway::render_exporter_names(metrics);
  for (const auto* line :
       {"\npostfix_smtpd_connects_total 5\n", "\npostfix_smtpd_disconnects_total 3\n",
        "\npostfix_smtpd_messages_rejected_total{code=\"5xx\"} 7\n", "\npostfix_smtp_deferred_messages_total 3\n",
        "\npostfix_qmgr_messages_inserted_size_bytes_count 1\n",
        "\npostfix_qmgr_messages_inserted_size_bytes_bucket{le=\"+Inf\"} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(ProcessMetrics, tell_of_this_process) {
  const auto text = gateway::render_process_metrics();
  for (const auto* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                           "process_max_fds", "process_start_time_seconds"})
    EXPECT_NE(text.find("\n" + std::string(name) + " "), std::string::npos) << name;
  const auto at = text.find("\nprocess_start_time_seconds ");
  const double started = std::stod(text.substr(at + 28));
  EXPECT_NEAR(started, static_cast<double>(std::time(nullptr)), 600);
}

}  // namespace
