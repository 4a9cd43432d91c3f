#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/config/config.hpp"
#include "gateway/delivery/sts_policy.hpp"
#include "gateway/log.hpp"
#include "gateway/net/asio.hpp"
#include "gateway/net/work_threads.hpp"

namespace lookup {
class Resolver;
}

namespace gateway {

struct HttpsRequest;

/// The MTA-STS policies of other domains: fetched when the domain's TXT record says that there is a new one, kept for
/// their max_age in a file that outlives the daemon, asked for again once a day.
///
/// Belongs to the delivery loop; fetching and writing run on `threads`. What it refers to must outlive it.
class StsPolicies {
 public:
  using Clock = std::chrono::system_clock;
  /// How documents are fetched; a test has its own.
  using Fetch = std::function<tl::expected<std::string, std::string>(const HttpsRequest&)>;

  StsPolicies(asio::io_context& loop, lookup::Resolver& dns, Log& log, WorkThreads& threads, Fetch fetch);

  /// Takes the settings and, from `folder`, what is still valid of the policies kept there; "" keeps them in
  /// memory only. Blocks on the disk.
  void use(const config::Tls& tls, const std::string& folder);

  struct Answer {
    std::optional<StsPolicy> policy;
    bool fetch_failed = false;  // there ought to be one
  };
  /// The policy of a domain, in whatever mode; nullopt when it has none that could be had.
  asio::awaitable<Answer> find(std::string domain);

 private:
  struct Kept {
    StsPolicy policy;
    Clock::time_point fetched{}, tried{};  // tried: the last attempt to get another one, of any outcome
    bool failed = false;                   // that attempt brought nothing
  };

  struct Draft;  // what is to be in the file

  asio::awaitable<std::vector<std::string>> find_addresses(std::string host);
  asio::awaitable<std::optional<StsPolicy>> fetch(std::string domain, std::string id);
  void make_room();
  void save();

  asio::io_context& loop_;
  lookup::Resolver& dns_;
  Log& log_;
  WorkThreads& threads_;
  Fetch fetch_;
  std::uint16_t port_ = 443;
  std::string ca_file_, file_;
  std::shared_ptr<Draft> draft_;
  std::unordered_map<std::string, Kept> kept_;
};

}  // namespace gateway
