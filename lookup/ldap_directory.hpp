#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lookup/directory.hpp"
#include "lookup/directory_options.hpp"
#include "lookup/layout.hpp"
#include "lookup/ldap_pool.hpp"
#include "lookup/ldap_workers.hpp"

namespace lookup {

/// A directory that asks LDAP servers, with a bounded cache: positive, negative and, while no server answers, stale
/// positive answers. Equal questions in flight are asked once. A negative answer is never served stale.
class LdapDirectory final : public Directory {
 public:
  LdapDirectory(const DirectoryOptions& options, std::shared_ptr<const Layout> layout, asio::io_context& loop,
                DirectoryObserver* observer);
  ~LdapDirectory() override;

  void find_recipient(const Address& address, std::function<void(const DirectoryAnswer&)> done) override;
  std::optional<DirectoryAnswer> find_recipient_now(const Address& address) override;
  void check_password(std::string login, std::string password,
                      std::function<void(LoginResult, const DirectoryAnswer&)> done) override;
  void owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) override;
  const std::string& name() const override { return options_->name; }

 private:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(const DirectoryAnswer&)>;
  struct Remembered {
    DirectoryAnswer answer;
    Clock::time_point learned;
  };

  bool is_fresh(const Remembered& known, Clock::time_point now) const;
  void learn(const std::string& key, const DirectoryAnswer& answer);
  void settle(const std::string& key, const Address& address, DirectoryAnswer answer);
  void try_login(DirectoryAnswer found, std::vector<std::string> stored, std::string password,
                 std::function<void(LoginResult, const DirectoryAnswer&)> done);
  void observe(DirectoryQuery query, Source source, Answer::Kind kind);
  void observe_cache(std::size_t size_before, unsigned evicted);

  std::shared_ptr<const DirectoryOptions> options_;
  std::shared_ptr<const Layout> layout_;
  DirectoryObserver* observer_;
  std::unordered_map<std::string, Remembered> cache_;
  std::unordered_map<std::string, std::vector<Done>> asking_;
  LdapWorkers workers_;
  std::unique_ptr<LdapPool> pool_;  // last: what it still owes is answered while the rest stands
};

}  // namespace lookup
