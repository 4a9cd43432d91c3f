#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <asio/post.hpp>
#include <nlohmann/json.hpp>

#include "gateway/admin/exporter_names.hpp"
#include "gateway/admin/process_metrics.hpp"
#include "gateway/admin/queue_verbs.hpp"
#include "gateway/assembly/certificate_metrics.hpp"
#include "gateway/server/daemon.hpp"
#include "gateway/spool/queue_change.hpp"

namespace gateway {

namespace {

constexpr auto queue_view_time = std::chrono::seconds(2);

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const auto start = text.find_first_not_of(" ,");
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    words.emplace_back(text.substr(0, text.find_first_of(" ,")));
    text.remove_prefix(words.back().size());
  }
}

}  // namespace

std::string Daemon::random_words() {
  unsigned char octets[16];
  if (RAND_bytes(octets, sizeof octets) != 1) std::abort();  // nothing is safe without randomness
  std::string text;
  for (const auto octet : octets) text += fmt::format("{:02x}", octet);
  return text;
}

void Daemon::serve_http(const HttpRequest& request, std::function<void(HttpAnswer)> done) {
  const auto& path = request.path;
  if (path == "/healthz") return done({200, "text/plain", "ok\n"});
  if (path == "/readyz") return done({ready_ ? 200 : 503, "text/plain", ready_ ? "ready\n" : "not ready\n"});
  const auto& web = config().metrics;
  if (!web.user.empty() && !has_login(request, web.user, web.password))
    return done({401, "text/plain", "login required\n", {{"WWW-Authenticate", "Basic realm=\"gatepost\""}}});
  if (path == "/queue") return change_queue(request, std::move(done));
  if (request.method == "POST") return done({405, "text/plain", "nothing to change here\n", {{"Allow", "GET, HEAD"}}});
  if (path == "/metrics") {
    auto text = metrics_->expose() + render_process_metrics();
    if (web.compat == config::MetricsCompat::postfix_exporter) text += render_exporter_names(*metrics_);
    return done({200, "text/plain; version=0.0.4; charset=utf-8", std::move(text)});
  }
  if (path == "/status.json") return serve_status(std::move(done));
  if (path != "/") return done({404, "text/plain", "not found\n"});
  const auto nonce = random_words();
  done({200,
        "text/html; charset=utf-8",
        render_status_page(web.actions ? page_token_ : "", nonce),
        {{"Content-Security-Policy",
          fmt::format("default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{}'; connect-src 'self'; "
                      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                      nonce)},
         {"Referrer-Policy", "no-referrer"}}});
}

/// The queue is looked at on the loop where it lives, at most every two seconds.
void Daemon::serve_status(std::function<void(HttpAnswer)> done) {
  const auto answer = [this, done = std::move(done)] {
    done({200, "application/json", render_status_json(gather_report())});
  };
  const auto now = std::chrono::steady_clock::now();
  if (stopping_ || now - looked_ < queue_view_time) return answer();
  looked_ = now;
  asio::post(loops_->delivery().loop(), [this, answer] {
    auto view = view_queue(*spool_, std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
    asio::post(admin_, [this, answer, view = std::move(view), text = queue_->describe_destinations()]() mutable {
      queue_view_ = std::move(view);
      destinations_ = std::move(text);
      answer();
    });
  });
}

StatusReport Daemon::gather_report() {
  StatusReport report;
  report.status = status();
  report.now = std::time(nullptr);
  report.actions = config().metrics.actions;
  report.queue = queue_view_;
  report.destinations = destinations_;
  report.rejects = log_->rejects();
  report.history = history_.steps();
  for (const auto& directory : config().directories) {
    StatusReport::Directory shown;
    shown.name = directory.name;
    shown.asked = metrics_->total("ldap_operations_total", {{"directory", directory.name}}) > 0;
    for (const auto& server : directory.servers)
      if (!server.starts_with("ldif:"))
        shown.servers.push_back(
            {server, metrics_->total("ldap_server_up", {{"directory", directory.name}, {"server", server}}) > 0});
    if (const auto replica = generation_->replicas->find(directory.name); replica != generation_->replicas->end()) {
      const auto state = replica->second->status();
      shown.replica = to_string(state.state);
      shown.entries = state.people + state.groups;
      shown.last_success = std::max<std::time_t>(0, std::chrono::system_clock::to_time_t(state.last_success));
      shown.trouble = state.trouble;
    }
    report.directories.push_back(std::move(shown));
  }
  for (const auto& [zone, subjects] : lists_of(generation_->rules))
    report.lists.push_back({zone, !dnsbl_health_->list(zone)->is_off()});
  const auto end_of = [&](const std::string& label) {
    return metrics_->total("tls_certificate_not_after_timestamp_seconds", {{"certificate", label}});
  };
  for (const auto& certificate : config().tls.certificates) {
    const auto label = certificate_label(certificate);
    report.certificates.push_back({label, end_of(label)});
  }
  if (!config().metrics.cert.empty()) report.certificates.push_back({"metrics", end_of("metrics")});
  return report;
}

/// A change needs the login (asked for already), the page's token and, where the browser says it, our own origin.
void Daemon::change_queue(const HttpRequest& request, std::function<void(HttpAnswer)> done) {
  if (request.method != "POST") return done({405, "text/plain", "only POST\n", {{"Allow", "POST"}}});
  const auto site = request.field("sec-fetch-site");
  if (!config().metrics.actions || config().metrics.user.empty())
    return done({403, "text/plain", "metrics.actions is off\n"});
  if ((!site.empty() && site != "same-origin") || !is_same(request.form("token"), page_token_))
    return done({403, "text/plain", "this did not come from the status page; load it again\n"});
  const auto verb = parse_queue_verb(request.form("verb"));
  const auto ids = words_of(request.form("ids"));
  if (!verb || ids.empty()) return done({400, "text/plain", "verb and ids are needed\n"});
  ControlRequest control{{"queue", request.form("verb")}};
  control.words.insert(control.words.end(), ids.begin(), ids.end());
  log_->info(Program::master, "queue",
             fmt::format("status page: {} by {}: queue {} {}", std::string(past_form(*verb)), config().metrics.user,
                         request.form("verb"), request.form("ids")));
  looked_ = {};
  serve_control(std::move(control), [verb = *verb, done = std::move(done)](ControlAnswer answer) {
    if (answer.exit_code != 0) return done({503, "text/plain", answer.text + "\n"});
    done({200, "text/plain", fmt::format("{} messages {}\n", answer.text, past_form(verb))});
  });
}

void Daemon::keep_history() {
  history_.sample(*metrics_, std::time(nullptr));
  history_timer_.expires_after(std::chrono::seconds(History::step_seconds));
  history_timer_.async_wait([this](std::error_code error) {
    if (!error) keep_history();
  });
}

}  // namespace gateway
