#include "lookup/unbound_resolver.hpp"

#include <fmt/core.h>
#include <unbound.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <utility>

#include "lookup/address.hpp"
#include "lookup/dns_cache.hpp"
#include "lookup/dns_record.hpp"
#include "lookup/hosts_file.hpp"
#include "lookup/question_key.hpp"
#include "lookup/string_map.hpp"
#include "lookup/unbound_context.hpp"

namespace lookup {

namespace {

using Clock = DnsCache::Clock;
using SharedAnswer = std::shared_ptr<const DnsAnswer>;

constexpr std::chrono::seconds longest_ttl{3600};
constexpr std::chrono::seconds failure_ttl{1};  // enough to spare a dead server the questions of a burst

struct DeleteResult {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};

SharedAnswer unavailable(Unavailable reason, std::string detail) {
  DnsAnswer answer;
  answer.answer = Answer::unavailable(reason, std::move(detail));
  answer.ttl = failure_ttl;
  return std::make_shared<const DnsAnswer>(std::move(answer));
}

std::string_view rcode_name(int rcode) {
  switch (rcode) {
    case 1:
      return "FORMERR";
    case 2:
      return "SERVFAIL";
    case 4:
      return "NOTIMP";
    case 5:
      return "REFUSED";
    default:
      return "an error";
  }
}

SharedAnswer read_result(DnsType type, const char* name, const ub_result& result) {
  constexpr int no_error = 0, name_error = 3;
  if (result.bogus != 0) {
    return unavailable(Unavailable::malformed,
                       fmt::format("DNS: {} is bogus: {}", name, result.why_bogus != nullptr ? result.why_bogus : ""));
  }
  if (result.rcode != no_error && result.rcode != name_error) {
    return unavailable(Unavailable::unreachable,
                       fmt::format("DNS: {} for {} {}", rcode_name(result.rcode), to_string(type), name));
  }
  DnsAnswer answer;
  answer.secure = result.secure != 0;
  answer.nxdomain = result.nxdomain != 0;
  answer.ttl = std::clamp(std::chrono::seconds(result.ttl), std::chrono::seconds(0), longest_ttl);
  if (result.havedata == 0) return std::make_shared<const DnsAnswer>(std::move(answer));
  for (int at = 0; result.data[at] != nullptr; ++at) {
    const auto* rdata = reinterpret_cast<const std::uint8_t*>(result.data[at]);
    auto text = record_text(type, {rdata, static_cast<std::size_t>(result.len[at])});
    if (text) answer.answer.values.push_back(std::move(*text));
  }
  if (answer.answer.values.empty()) {
    return unavailable(Unavailable::malformed, fmt::format("DNS: malformed {} records of {}", to_string(type), name));
  }
  answer.answer.kind = Answer::Kind::found;
  if (result.canonname != nullptr) {
    answer.canonical = ascii_lower(result.canonname);
    if (answer.canonical.ends_with('.')) answer.canonical.pop_back();
    if (answer.canonical == name) answer.canonical.clear();
  }
  return std::make_shared<const DnsAnswer>(std::move(answer));
}

// The answer for a text that is no name: such a name cannot exist.
const DnsAnswer& no_such_name() {
  static const DnsAnswer answer = [] {
    DnsAnswer absent;
    absent.nxdomain = true;
    return absent;
  }();
  return answer;
}

class UnboundResolver final : public Resolver {
 public:
  UnboundResolver(asio::io_context& loop, const ResolverOptions& options, Unbound unbound)
      : loop_(loop),
        timeout_(options.timeout),
        most_in_flight_(options.questions_in_flight),
        hosts_(options.hosts_file),
        cache_(options.cache_entries),
        unbound_(std::move(unbound)),
        results_(loop, ub_fd(unbound_.get())) {
    wait_for_results();
  }

  // The descriptor belongs to libunbound.
  ~UnboundResolver() override { results_.release(); }

  void ask(DnsType type, std::string_view name, Done done) override;

 private:
  // One question on its way, and everybody who asked it.
  struct Flight {
    UnboundResolver& resolver;
    DnsType type;
    QuestionKey key;
    asio::steady_timer deadline;
    int number = 0;  // libunbound's
    std::vector<Done> waiting;
  };

  static void on_result(void* flight, int error, ub_result* result);
  void wait_for_results();
  void start(DnsType type, const QuestionKey& key, Done done);
  void set_deadline(const std::shared_ptr<Flight>& flight);
  void finish(const Flight& flight, const SharedAnswer& answer);

  asio::io_context& loop_;
  std::chrono::milliseconds timeout_;
  std::size_t most_in_flight_;
  HostsFile hosts_;
  DnsCache cache_;
  StringMap<std::shared_ptr<Flight>> flights_;
  Unbound unbound_;
  asio::posix::stream_descriptor results_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // seen by the loop's callbacks
};

void UnboundResolver::ask(DnsType type, std::string_view name, Done done) {
  const auto key = QuestionKey::make(type, name);
  if (!key) return done(no_such_name());
  const auto now = Clock::now();
  SharedAnswer known;
  if (type == DnsType::a || type == DnsType::aaaa || type == DnsType::ptr) known = hosts_.find(key->text(), now);
  if (!known) known = cache_.find(key->text(), now);
  if (known) return done(*known);  // `known` holds it, whatever `done` asks meanwhile

  const auto flight = flights_.find(key->text());
  if (flight != flights_.end()) {
    flight->second->waiting.push_back(std::move(done));
  } else if (flights_.size() >= most_in_flight_) {
    done(*unavailable(Unavailable::too_many_results, "DNS: too many questions at once"));
  } else {
    start(type, *key, std::move(done));
  }
}

void UnboundResolver::start(DnsType type, const QuestionKey& key, Done done) {
  constexpr int internet = 1;
  const auto flight = std::make_shared<Flight>(Flight{*this, type, key, asio::steady_timer(loop_), 0, {}});
  const int error = ub_resolve_async(unbound_.get(), flight->key.name(), wire_number(type), internet, flight.get(),
                                     &UnboundResolver::on_result, &flight->number);
  if (error != UB_NOERROR) {
    return done(*unavailable(Unavailable::misconfigured, fmt::format("DNS: {}", ub_strerror(error))));
  }
  flight->waiting.push_back(std::move(done));
  flights_.emplace(flight->key.text(), flight);
  set_deadline(flight);
}

void UnboundResolver::set_deadline(const std::shared_ptr<Flight>& flight) {
  flight->deadline.expires_after(timeout_);
  // A flight that has landed is gone, although its timer may already have been due.
  flight->deadline.async_wait([waited = std::weak_ptr<Flight>(flight)](const asio::error_code& error) {
    const auto late = waited.lock();
    if (error || !late) return;
    ub_cancel(late->resolver.unbound_.get(), late->number);
    late->resolver.finish(
        *late, unavailable(Unavailable::timed_out,
                           fmt::format("DNS: no answer in time for {} {}", to_string(late->type), late->key.name())));
  });
}

void UnboundResolver::on_result(void* landed, int error, ub_result* raw) {
  const std::unique_ptr<ub_result, DeleteResult> result(raw);
  const auto& flight = *static_cast<Flight*>(landed);
  if (error != UB_NOERROR || !result) {
    return flight.resolver.finish(flight,
                                  unavailable(Unavailable::unreachable, fmt::format("DNS: {}", ub_strerror(error))));
  }
  flight.resolver.finish(flight, read_result(flight.type, flight.key.name(), *result));
}

void UnboundResolver::finish(const Flight& flight, const SharedAnswer& answer) {
  const auto node = flights_.extract(flights_.find(flight.key.text()));
  if (answer->ttl.count() > 0) cache_.store(flight.key.text(), answer, Clock::now() + answer->ttl);
  for (const auto& done : node.mapped()->waiting) done(*answer);
}

void UnboundResolver::wait_for_results() {
  results_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
                        if (error || alive.expired()) return;
                        ub_process(unbound_.get());
                        wait_for_results();
                      });
}

}  // namespace

tl::expected<std::unique_ptr<Resolver>, std::string> open_unbound_resolver(asio::io_context& loop,
                                                                           const ResolverOptions& options) {
  auto unbound = open_unbound(options);
  if (!unbound) return tl::unexpected(std::move(unbound.error()));
  return std::make_unique<UnboundResolver>(loop, options, std::move(*unbound));
}

}  // namespace lookup
