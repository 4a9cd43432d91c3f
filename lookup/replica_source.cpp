#include "lookup/replica_source.hpp"

#include <random>
#include <thread>

#include "lookup/replica_feed.hpp"

namespace lookup {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto first_pause = std::chrono::milliseconds(500);
constexpr auto longest_pause = std::chrono::milliseconds(15'000);
constexpr auto refused_pause = std::chrono::milliseconds(30'000);  // do not lock the account

}  // namespace

struct ReplicaSource::Engine {
  struct Wish {
    Refresh refresh;
    bool accept;
    Done done;
  };

  Engine(ReplicaOptions given, std::shared_ptr<const Layout> its_layout, std::shared_ptr<ReplicaObserver> its_observer)
      : options(std::move(given)),
        layout(std::move(its_layout)),
        observer(std::move(its_observer)),
        search(replica_search(*layout)),
        keeper(options, layout, replica_fingerprint(options, search), observer.get()),
        work{options, search, keeper, alarm, whole, [this] { settled(); }, [this] { serve(true); }} {}

  void run() {
    auto pause = first_pause;
    while (!alarm.is_stopped()) {
      serve(false);
      fresh = false;
      begun = Clock::now();
      const auto fault = round();
      if (alarm.is_stopped()) break;
      if (fresh) pause = first_pause;
      if (fault.reason == Unavailable::none) {
        if (options.mode != ReplicaMode::syncrepl) rest(std::chrono::milliseconds(options.interval));
        continue;
      }
      keeper.fail(fault.detail);
      if (!fresh) attempted(to_string(fault.reason));
      answer_waiting({false, fault.detail});
      rest(fault.reason == Unavailable::rejected_credentials ? refused_pause : spread(pause));
      pause = std::min(2 * pause, longest_pause);
    }
  }

  /// Asks one server after the other until one has answered.
  LdapFault round() {
    LdapFault fault{Unavailable::misconfigured, "no servers"};
    for (const auto& server : options.directory.ldap.servers) {
      auto session = alarm.open(server, options.directory.ldap);
      if (!session) {
        fault = session.error();
      } else {
        fault = read(server, session->get());
        if (fault.reason == Unavailable::none || fresh) return fault;
        fault.detail = server + ": " + fault.detail;
      }
      if (alarm.is_stopped()) break;
    }
    return fault;
  }

  LdapFault read(const std::string& server, ldap* session) {
    switch (options.mode) {
      case ReplicaMode::syncrepl:
        return follow_directory(work, server, session);
      case ReplicaMode::dirsync:
        return read_changes(work, server, session);
      case ReplicaMode::poll:
        break;
    }
    return read_directory(work, server, session);
  }

  void rest(std::chrono::milliseconds time) {
    const auto end = Clock::now() + time;
    for (;;) {
      serve(false);
      if (alarm.is_stopped() || Clock::now() >= end || !waiting.empty()) return;
      alarm.wait(-1, end);
    }
  }

  // Several gateways must not come back to a restarted server in step.
  std::chrono::milliseconds spread(std::chrono::milliseconds pause) {
    std::uniform_int_distribution<std::int64_t> some(pause.count() / 2, pause.count());
    return std::chrono::milliseconds(some(random));
  }

  void attempted(std::string_view result) {
    if (observer) observer->attempted(result, std::chrono::duration<double>(Clock::now() - begun).count());
  }

  void settled() {
    fresh = true;
    attempted("success");
    answer_waiting({true, {}});
  }

  /// Takes the wishes. One that needs the server waits in `waiting` for the end of a round.
  void serve(bool following) {
    std::vector<Wish> taken;
    {
      const std::lock_guard guard(mutex);
      taken.swap(wishes);
    }
    for (auto& wish : taken) {
      if (wish.accept && keeper.is_held()) {
        keeper.accept();
        keeper.settle(keeper.server(), keeper.cookie());
        wish.done({true, text("accepted")});
      } else if (following && wish.refresh == Refresh::changes) {
        wish.done({true, text("in touch with the server")});
      } else {
        if (wish.accept) keeper.accept();
        if (wish.refresh == Refresh::whole) whole = true;
        waiting.push_back(std::move(wish.done));
      }
    }
  }

  std::string text(std::string_view what) const {
    const auto now = keeper.status();
    return fmt::format("{}: {} entries", what, now.people + now.groups);
  }

  void answer_waiting(Outcome outcome) {
    if (outcome.good) {
      outcome.good = !keeper.is_held();
      outcome.text =
          keeper.is_held() ? "held: " + keeper.status().trouble + "; --accept believes it" : text("refreshed");
    }
    for (const auto& done : std::exchange(waiting, {})) done(outcome);
  }

  const ReplicaOptions options;
  const std::shared_ptr<const Layout> layout;
  const std::shared_ptr<ReplicaObserver> observer;
  const SearchRequest search;
  ReplicaKeeper keeper;
  LdapAlarm alarm;
  std::atomic<bool> whole{false};
  ReplicaWork work;
  bool fresh = false;  // a refresh of this round was complete
  Clock::time_point begun;
  std::minstd_rand random{std::random_device{}()};
  std::vector<Done> waiting;  // of the thread
  std::mutex mutex;
  std::vector<Wish> wishes;
  std::thread thread;
};

ReplicaSource::ReplicaSource(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

ReplicaSource::~ReplicaSource() {
  stop();
}

tl::expected<std::shared_ptr<ReplicaSource>, std::string> ReplicaSource::open(
    ReplicaOptions options, std::shared_ptr<ReplicaObserver> observer) {
  auto layout = layout_of(options);
  if (!layout) return tl::unexpected(layout.error());
  auto engine = std::make_unique<Engine>(std::move(options), std::move(*layout), std::move(observer));
  engine->keeper.restore();
  return std::shared_ptr<ReplicaSource>(new ReplicaSource(std::move(engine)));
}

void ReplicaSource::start() {
  if (!engine_->thread.joinable() && !engine_->alarm.is_stopped())
    engine_->thread = std::thread([this] { engine_->run(); });
}

void ReplicaSource::stop() {
  engine_->alarm.stop();
  if (engine_->thread.joinable()) engine_->thread.join();
  engine_->serve(false);
  for (const auto& done : std::exchange(engine_->waiting, {})) done({false, "the replica was stopped"});
  engine_->keeper.close();
}

std::uint64_t ReplicaSource::version() const {
  return engine_->keeper.version();
}

std::shared_ptr<const EntryStore> ReplicaSource::snapshot() const {
  return engine_->keeper.snapshot();
}

bool ReplicaSource::is_trusted() const {
  return engine_->keeper.is_trusted();
}

bool ReplicaSource::is_usable() const {
  return engine_->keeper.is_usable();
}

ReplicaStatus ReplicaSource::status() const {
  return engine_->keeper.status();
}

const ReplicaOptions& ReplicaSource::options() const {
  return engine_->options;
}

const std::shared_ptr<const Layout>& ReplicaSource::layout() const {
  return engine_->layout;
}

void ReplicaSource::sync(Refresh refresh, bool accept, Done done) {
  {
    const std::lock_guard guard(engine_->mutex);
    engine_->wishes.push_back({refresh, accept, std::move(done)});
  }
  engine_->alarm.wake();
}

tl::expected<std::shared_ptr<const Layout>, std::string> ReplicaSource::layout_of(const ReplicaOptions& options) {
  const auto& directory = options.directory;
  auto preset = find_preset(directory.preset, directory.overrides);
  if (!preset) return tl::unexpected(fmt::format("directory {}: {}", directory.name, preset.error()));
  return std::make_shared<const Layout>(std::move(*preset), directory.search_base, directory.local_hosts);
}

tl::expected<ReplicaContent, std::string> ReplicaSource::read_live(const ReplicaOptions& options) {
  auto once = options;
  once.mode = ReplicaMode::poll;
  once.file.clear();
  auto layout = layout_of(once);
  if (!layout) return tl::unexpected(layout.error());
  Engine engine(std::move(once), std::move(*layout), nullptr);
  const auto fault = engine.round();
  if (fault.reason != Unavailable::none) return tl::unexpected(fault.detail);
  return std::move(engine.keeper.content());
}

}  // namespace lookup
