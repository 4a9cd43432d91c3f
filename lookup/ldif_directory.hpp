#pragma once

#include <memory>
#include <string>

#include "lookup/directory.hpp"
#include "lookup/directory_observer.hpp"
#include "lookup/entry_store.hpp"
#include "lookup/ldap_workers.hpp"
#include "lookup/store_answers.hpp"

namespace lookup {

/// A directory whose entries are all in memory: every question but the password is answered before the call returns.
class LdifDirectory final : public Directory {
 public:
  LdifDirectory(std::string name, std::shared_ptr<const Layout> layout, std::shared_ptr<const EntryStore> store,
                std::string server, asio::io_context& loop, DirectoryObserver* observer);

  void find_recipient(const Address& address, std::function<void(const DirectoryAnswer&)> done) override;
  std::optional<DirectoryAnswer> find_recipient_now(const Address& address) override;
  void check_password(std::string login, std::string password,
                      std::function<void(LoginResult, const DirectoryAnswer&)> done) override;
  void owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) override;
  const std::string& name() const override { return name_; }

 private:
  void observe(DirectoryQuery query, Answer::Kind kind);

  std::string name_, server_;
  StoreAnswers answers_;
  DirectoryObserver* observer_;
  LdapWorkers workers_;  // {CRYPT} is slow on purpose
};

}  // namespace lookup
