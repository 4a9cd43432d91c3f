#include <asio/post.hpp>

#include "gateway/admin/directory_verbs.hpp"
#include "gateway/admin/queue_verbs.hpp"
#include "gateway/server/daemon.hpp"

namespace gateway {

Status Daemon::status() {
  Status status;
  status.hostname = config().hostname;
  status.version = GATEPOST_VERSION;
  const auto up = std::time(nullptr) - started_;
  status.uptime = fmt::format("{}d {:02}:{:02}:{:02}", up / 86400, up / 3600 % 24, up / 60 % 60, up % 60);
  status.ready = ready_;
  const auto counts = smtp_->counts();
  status.sessions = counts.sessions;
  status.connections_total = counts.connections_total;
  status.messages_total = counts.messages_total;
  status.queue = spool_->totals();
  for (const auto& address : smtp_->addresses())
    status.listeners.push_back(fmt::format("{} {}:{}", address.listener, address.address, address.port));
  status.last_reload_ok = last_reload_ok_;
  return status;
}

void Daemon::serve_control(ControlRequest request, std::function<void(ControlAnswer)> done) {
  const std::string& verb = request.words.front();
  if (verb == "status") {
    if (request.words.size() < 2) return done({0, render_report_text(gather_report())});
    serve_status([done = std::move(done)](HttpAnswer answer) { done({0, answer.body + "\n"}); });
  } else if (verb == "reload") {
    done(reload());
  } else if (verb == "stop") {
    done({0, "stopping\n"});
    stop();
  } else if (verb == "directory") {
    run_directory_verb(*generation_->replicas, request, [this, done = std::move(done)](ControlAnswer answer) {
      asio::post(admin_, [done, answer = std::move(answer)] { done(answer); });
    });
  } else if (verb == "queue") {
    // On the delivery loop, where the queue lives; the answer comes back to this one.
    asio::post(loops_->delivery().loop(), [this, request = std::move(request), done = std::move(done)] {
      run_queue_verb(
          *queue_, *spool_, request,
          [this](std::function<void()> work) { asio::post(loops_->delivery().loop(), std::move(work)); },
          [this, done](ControlAnswer answer) {
            asio::post(admin_, [done, answer = std::move(answer)] { done(answer); });
          });
    });
  } else {
    done({64, "unknown request \"" + verb + "\"\n"});
  }
}

}  // namespace gateway
