#include "gateway/delivery/sts_policies.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "gateway/delivery/https_fetch.hpp"
#include "gateway/net/awaited.hpp"
#include "lookup/dns.hpp"

namespace gateway {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds dns_limit{30}, fetch_limit{90};
constexpr auto refresh_after = hours{24};
constexpr auto retry_after = minutes{5};
constexpr std::size_t most_kept = 10000;

std::int64_t number_of(StsPolicies::Clock::time_point time) {
  return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

bool is_valid(const StsPolicy& policy, StsPolicies::Clock::time_point fetched, StsPolicies::Clock::time_point now) {
  return !policy.id.empty() && now < fetched + policy.max_age;
}

}  // namespace

/// Written by one thread at a time, always the newest text.
struct StsPolicies::Draft {
  std::mutex mutex;
  std::string text;  // guarded by mutex

  void write(const std::string& file) {
    const std::lock_guard lock(mutex);
    const std::string draft = file + ".new";
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    // Written whole: a crash in between leaves the old file.
    if (out) std::rename(draft.c_str(), file.c_str());
  }
};

StsPolicies::StsPolicies(asio::io_context& loop, lookup::Resolver& dns, Log& log, WorkThreads& threads, Fetch fetch)
    : loop_(loop),
      dns_(dns),
      log_(log),
      threads_(threads),
      fetch_(std::move(fetch)),
      draft_(std::make_shared<Draft>()) {}

void StsPolicies::use(const config::Tls& tls, const std::string& folder) {
  port_ = tls.mta_sts_port;
  ca_file_ = tls.mta_sts_ca_file;
  if (folder.empty()) return;
  const std::string file = folder + "/mta-sts.json";
  if (file == file_) return;
  file_ = file;
  kept_.clear();
  std::ifstream in(file_);
  if (!in) return;
  const auto json = nlohmann::json::parse(in, nullptr, false);
  if (!json.is_object()) return;
  for (const auto& [domain, entry] : json.items()) {
    const bool whole = entry.is_object() && entry.contains("policy") && entry["policy"].is_string() &&
                       entry.contains("id") && entry["id"].is_string() && entry.contains("fetched") &&
                       entry["fetched"].is_number_integer();
    if (!whole || kept_.size() >= most_kept) continue;
    auto policy = parse_sts_policy(entry["policy"].get<std::string>());
    if (!policy) continue;
    policy->id = entry["id"].get<std::string>();
    const Clock::time_point fetched{seconds{entry["fetched"].get<std::int64_t>()}};
    if (is_valid(*policy, fetched, Clock::now())) kept_[domain] = {std::move(*policy), fetched, fetched, false};
  }
}

asio::awaitable<StsPolicies::Answer> StsPolicies::find(std::string domain) {
  Awaited<lookup::DnsAnswer> awaited(loop_);
  dns_.ask(lookup::DnsType::txt, "_mta-sts." + domain, awaited.callback());
  auto txt = co_await awaited.wait(dns_limit);
  std::optional<std::string> id;
  if (txt && txt->answer.is_found()) id = find_sts_id(txt->answer.values);
  const auto now = Clock::now();
  const auto known = kept_.find(domain);
  const bool have = known != kept_.end();
  const bool valid = have && is_valid(known->second.policy, known->second.fetched, now);
  const bool is_new = id && (!valid || known->second.policy.id != *id);
  const bool is_old = id && valid && now >= known->second.tried + refresh_after;
  const bool may_try = !have || !known->second.failed || now >= known->second.tried + retry_after;
  Answer answer;
  if (valid) answer.policy = known->second.policy;
  if (!(is_new || is_old)) co_return answer;
  answer.fetch_failed = true;
  if (!may_try) co_return answer;
  auto fetched = co_await fetch(domain, *id);
  if (kept_.size() >= most_kept) make_room();
  Kept& kept = kept_[domain];
  kept.tried = Clock::now();
  kept.failed = !fetched;
  if (fetched) {
    kept.policy = *fetched;
    kept.fetched = kept.tried;
    answer.policy = std::move(fetched);
    answer.fetch_failed = false;
    save();
  }
  co_return answer;
}

asio::awaitable<std::optional<StsPolicy>> StsPolicies::fetch(std::string domain, std::string id) {
  using Fetched = tl::expected<std::string, std::string>;
  HttpsRequest request;
  request.host = "mta-sts." + domain;
  request.path = "/.well-known/mta-sts.txt";
  request.port = port_;
  request.ca_file = ca_file_;
  request.addresses = co_await find_addresses(request.host);
  Fetched text = tl::unexpected<std::string>("no address");
  if (!request.addresses.empty()) {
    Awaited<Fetched> awaited(loop_);
    const auto work = [request, fetch = fetch_, done = awaited.callback_from_any_thread()] { done(fetch(request)); };
    threads_.run(work);
    auto brought = co_await awaited.wait(fetch_limit);
    text = brought ? std::move(*brought) : Fetched(tl::unexpected<std::string>("no answer in time"));
  }
  tl::expected<StsPolicy, std::string> policy = tl::unexpected<std::string>("");
  if (text) policy = parse_sts_policy(*text);
  if (!text || !policy) {
    log_.warning(Program::smtp, "MTA-STS policy of " + domain + ": https://" + request.host + request.path + ": " +
                                    (text ? policy.error() : text.error()));
    co_return std::nullopt;
  }
  policy->id = std::move(id);
  co_return std::move(*policy);
}

asio::awaitable<std::vector<std::string>> StsPolicies::find_addresses(std::string host) {
  std::vector<std::string> addresses;
  for (const auto type : {lookup::DnsType::a, lookup::DnsType::aaaa}) {
    Awaited<lookup::DnsAnswer> awaited(loop_);
    dns_.ask(type, host, awaited.callback());
    auto answer = co_await awaited.wait(dns_limit);
    if (answer && answer->answer.is_found())
      addresses.insert(addresses.end(), answer->answer.values.begin(), answer->answer.values.end());
  }
  co_return addresses;
}

void StsPolicies::make_room() {
  const auto now = Clock::now();
  std::erase_if(kept_, [now](const auto& each) { return !is_valid(each.second.policy, each.second.fetched, now); });
  while (kept_.size() >= most_kept)
    kept_.erase(std::min_element(kept_.begin(), kept_.end(),
                                 [](const auto& a, const auto& b) { return a.second.fetched < b.second.fetched; }));
}

void StsPolicies::save() {
  if (file_.empty()) return;
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [domain, kept] : kept_) {
    if (kept.policy.id.empty()) continue;
    json[domain] = {{"id", kept.policy.id}, {"fetched", number_of(kept.fetched)}, {"policy", kept.policy.text}};
  }
  std::string text = json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  {
    const std::lock_guard lock(draft_->mutex);
    draft_->text = std::move(text);
  }
  threads_.run([draft = draft_, file = file_] { draft->write(file); });
}

}  // namespace gateway
