#include "gateway/delivery/tls_reports.hpp"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gateway/net/awaited.hpp"
#include "lookup/dns.hpp"

namespace gateway {

namespace {

constexpr std::size_t most_domains = 10000;
constexpr std::chrono::seconds watch_interval{60}, dns_limit{30};

SystemTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::int64_t today() {
  return std::chrono::floor<std::chrono::days>(now()).time_since_epoch().count();
}

nlohmann::json write_tally(const TlsTally& tally) {
  nlohmann::json details = nlohmann::json::array();
  for (const auto& [place, count] : tally.details)
    details.push_back({std::get<0>(place), std::get<1>(place), std::get<2>(place), std::get<3>(place), count});
  return {{"policy", tally.policy},
          {"mx", tally.mx_hosts},
          {"ok", tally.successes},
          {"failed", tally.failures},
          {"details", details}};
}

/// Throws what the library throws when the file is of another form.
TlsTally read_tally(const nlohmann::json& json) {
  TlsTally tally;
  json.at("policy").get_to(tally.policy);
  json.at("mx").get_to(tally.mx_hosts);
  json.at("ok").get_to(tally.successes);
  json.at("failed").get_to(tally.failures);
  for (const auto& each : json.at("details"))
    tally.details[{each.at(0).get<std::string>(), each.at(1).get<std::string>(), each.at(2).get<std::string>(),
                   each.at(3).get<std::string>()}] = each.at(4).get<std::uint64_t>();
  return tally;
}

}  // namespace

TlsReports::TlsReports(asio::io_context& loop, lookup::Resolver& dns, Log& log, Submit submit)
    : dns_(dns), log_(log), submit_(std::move(submit)), loop_(loop), timer_(loop), day_(today()) {}

void TlsReports::use(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  if (!is_on()) return;
  if (!std::exchange(loaded_, true)) {
    load();
    watch();
  }
}

void TlsReports::load() {
  std::ifstream in(file());
  if (!in) return;
  try {
    const auto json = nlohmann::json::parse(in);
    const auto day = json.at("day").get<Day>();
    std::map<std::string, TlsTallies> domains;
    for (const auto& [domain, policies] : json.at("domains").items())
      for (const auto& [type, tally] : policies.items()) domains[domain][type] = read_tally(tally);
    day_ = day;
    domains_ = std::move(domains);
  } catch (const nlohmann::json::exception& problem) {
    log_.warning(Program::smtp, file() + " cannot be read and is begun anew: " + problem.what());
  }
}

void TlsReports::note(const TlsResult& result) {
  if (!is_on()) return;
  send_due();
  if (domains_.size() >= most_domains && !domains_.contains(result.domain)) return;
  domains_[result.domain][result.policy_type].add(result);
  changed_ = true;
}

void TlsReports::watch() {
  send_due();
  save();
  timer_.expires_after(watch_interval);
  timer_.async_wait([weak = weak_from_this()](std::error_code error) {
    if (auto self = weak.lock(); self && !error && !self->stopped_) self->watch();
  });
}

void TlsReports::save() {
  if (!is_on() || !changed_) return;
  nlohmann::json json{{"day", day_}, {"domains", nlohmann::json::object()}};
  for (const auto& [domain, tallies] : domains_)
    for (const auto& [type, tally] : tallies) json["domains"][domain][type] = write_tally(tally);
  const std::string draft = file() + ".new";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out << json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  out.close();
  // Written whole: a crash in between leaves the old file.
  if (out && std::rename(draft.c_str(), file().c_str()) == 0)
    changed_ = false;
  else
    log_.warning(Program::smtp, file() + " cannot be written");
}

void TlsReports::stop() {
  stopped_ = true;
  timer_.cancel();
  save();
}

void TlsReports::send_due() {
  const Day now_day = today();
  if (now_day == day_) return;
  const Day day = std::exchange(day_, now_day);
  auto domains = std::exchange(domains_, {});
  changed_ = true;
  save();  // before the reports go: better one too few than one each time the daemon starts
  if (domains.empty()) return;
  asio::co_spawn(loop_, send(shared_from_this(), day, std::move(domains)), [&log = log_](std::exception_ptr error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      log.warning(Program::smtp, std::string("TLS reports: ") + failure.what());
    }
  });
}

asio::awaitable<void> TlsReports::send(std::shared_ptr<TlsReports> self, Day day,
                                       std::map<std::string, TlsTallies> domains) {
  static_cast<void>(self);  // keeps this object alive
  const auto config = config_;
  TlsReportFrame frame;
  frame.organization = config->mydomain.empty() ? config->hostname : config->mydomain;
  frame.contact = config->tls.report_contact;
  frame.hostname = config->hostname;
  frame.day = day;
  for (const auto& [domain, tallies] : domains) {
    Awaited<lookup::DnsAnswer> awaited(loop_);
    dns_.ask(lookup::DnsType::txt, "_smtp._tls." + domain, awaited.callback());
    auto answer = co_await awaited.wait(dns_limit);
    if (!answer || !answer->answer.is_found()) continue;
    frame.domain = domain;
    for (const std::string& record : answer->answer.values) {
      for (const std::string& to : parse_report_addresses(record)) {
        auto report = compose_tls_report(frame, tallies, to, now());
        if (!report) continue;
        log_.info(Program::smtp, "tls_report", "TLS report about " + domain + " goes to " + to);
        submit_(std::move(*report));
      }
    }
  }
}

}  // namespace gateway
