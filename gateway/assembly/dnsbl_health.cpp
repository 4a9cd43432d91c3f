#include "gateway/assembly/dnsbl_health.hpp"

#include "gateway/net/asio.hpp"

namespace gateway {

namespace {

constexpr unsigned most_errors = 10;

}  // namespace

void ListHealth::note_error(const std::string& detail) {
  if (errors_.fetch_add(1, std::memory_order_relaxed) + 1 == most_errors) too_many_errors_(detail);
}

struct DnsblHealth::Guardian : std::enable_shared_from_this<DnsblHealth::Guardian> {
  /// One list. All but `health` belongs to the loop.
  struct Watched {
    explicit Watched(asio::io_context& loop) : timer(loop) {}
    std::shared_ptr<ListHealth> health = std::make_shared<ListHealth>();
    Gauge up;
    asio::steady_timer timer;
    ListSubjects subjects;
    std::chrono::milliseconds next_wait{0};
    bool is_watched = false, is_asked = false, lacks_test_entry = false;
  };

  Guardian(Parts some_parts, ListCheckTimes some_times) : parts(std::move(some_parts)), times(some_times) {}

  Watched& find(const std::string& zone) {
    const std::lock_guard lock(mutex);
    auto& watched = lists[zone];
    if (!watched) {
      watched = std::make_unique<Watched>(parts.loop);
      watched->up = parts.metrics.gauge("dnsbl_list_up", {{"list", zone}});
      watched->up.set(1);
      watched->health->too_many_errors_ = [weak = weak_from_this(), zone](const std::string& detail) {
        if (const auto self = weak.lock())
          asio::post(self->parts.loop, [self, zone, detail] { self->give_up(zone, detail); });
      };
    }
    return *watched;
  }

  // The rest runs on the loop.

  void watch(const std::map<std::string, ListSubjects>& wanted) {
    std::vector<std::string> dropped;
    {
      const std::lock_guard lock(mutex);
      for (const auto& [zone, watched] : lists)
        if (watched->is_watched && !wanted.contains(zone)) dropped.push_back(zone);
    }
    for (const auto& zone : dropped) {
      find(zone).is_watched = false;
      find(zone).timer.cancel();
    }
    for (const auto& [zone, subjects] : wanted) {
      auto& list = find(zone);
      list.subjects = subjects;
      if (std::exchange(list.is_watched, true)) continue;
      check(zone);
    }
  }

  void check(const std::string& zone) {
    auto& list = find(zone);
    if (!list.is_watched || std::exchange(list.is_asked, true)) return;
    check_list(*parts.dns, zone, list.subjects, [weak = weak_from_this(), zone](ListCheck found) {
      const auto self = weak.lock();
      if (!self) return;
      self->find(zone).is_asked = false;
      self->take(zone, found);
    });
  }

  void take(const std::string& zone, const ListCheck& found) {
    auto& list = find(zone);
    const bool was_off = list.health->is_off();
    const bool is_off = !is_usable(found.state);
    if (is_off && !was_off) complain(zone, found.detail);
    if (!is_off && was_off)
      parts.log.info(Program::smtpd, "dnsbl", "DNS list " + zone + " is well again and is asked from now on");
    if (found.state == ListState::no_test_entry && !std::exchange(list.lacks_test_entry, true))
      parts.log.warning(Program::smtpd, "DNS list " + zone + " " + found.detail + ": is it still alive?");
    set_state(list, found.state);
    const auto longer = was_off ? std::min(list.next_wait * 2, times.off_most) : times.off_first;
    again(zone, is_off ? longer : times.good);
  }

  // Ten questions in a row went wrong, whatever the test entries say: it gets a minute's rest.
  void give_up(const std::string& zone, const std::string& detail) {
    auto& list = find(zone);
    if (!list.is_watched || list.health->is_off()) return;
    complain(zone, "failed ten times in a row: " + detail);
    set_state(list, ListState::silent);
    again(zone, times.off_most);
  }

  void complain(const std::string& zone, const std::string& detail) {
    parts.log.warning(Program::smtpd, "DNS list " + zone + " " + detail +
                                          "; it is not asked, and refuses nobody, until it is well again");
  }

  static void set_state(Watched& list, ListState state) {
    list.health->errors_.store(0, std::memory_order_relaxed);
    list.health->state_.store(state, std::memory_order_relaxed);
    list.up.set(is_usable(state) ? 1 : 0);
  }

  void again(const std::string& zone, std::chrono::milliseconds wait) {
    auto& list = find(zone);
    if (!list.is_watched) return;
    list.next_wait = wait;
    list.timer.expires_after(wait);
    list.timer.async_wait([weak = weak_from_this(), zone](std::error_code stopped) {
      const auto self = weak.lock();
      if (!stopped && self) self->check(zone);
    });
  }

  Parts parts;
  ListCheckTimes times;
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<Watched>> lists;  // never shrinks: only as many as were ever configured
};

DnsblHealth::DnsblHealth(Parts parts, ListCheckTimes times)
    : guardian_(std::make_shared<Guardian>(std::move(parts), times)) {}

DnsblHealth::~DnsblHealth() = default;

void DnsblHealth::watch(const std::vector<std::shared_ptr<const policy::RuleSet>>& rules) {
  asio::post(guardian_->parts.loop, [weak = std::weak_ptr<Guardian>(guardian_), wanted = lists_of(rules)] {
    if (const auto guardian = weak.lock()) guardian->watch(wanted);
  });
}

std::shared_ptr<ListHealth> DnsblHealth::list(const std::string& zone) {
  return guardian_->find(zone).health;
}

std::map<std::string, ListSubjects> lists_of(const std::vector<std::shared_ptr<const policy::RuleSet>>& rules) {
  std::map<std::string, ListSubjects> lists;
  for (const auto& set : rules)
    if (set)
      for (const auto& use : set->dnsbl_zones()) {
        auto& subjects = lists[use.zone];
        (use.of_names ? subjects.names : subjects.addresses) = true;
      }
  return lists;
}

}  // namespace gateway
