#include "lookup/ldif_directory.hpp"

#include "lookup/directory_search.hpp"
#include "lookup/password.hpp"

namespace lookup {

LdifDirectory::LdifDirectory(std::string name, std::shared_ptr<const Layout> layout,
                             std::shared_ptr<const EntryStore> store, std::string server, asio::io_context& loop,
                             DirectoryObserver* observer)
    : name_(std::move(name)),
      server_(std::move(server)),
      answers_(std::move(layout), std::move(store)),
      observer_(observer),
      workers_(loop, 2, 64) {}

void LdifDirectory::observe(DirectoryQuery query, Answer::Kind kind) {
  if (observer_ != nullptr) observer_->looked_up(query, Source::file, kind);
}

std::optional<DirectoryAnswer> LdifDirectory::find_recipient_now(const Address& address) {
  auto found = answers_.recipient(address);
  found.source = Source::file;
  found.server = server_;
  observe(found.entry.is_group ? DirectoryQuery::group : DirectoryQuery::recipient, found.kind);
  return found;
}

void LdifDirectory::find_recipient(const Address& address, std::function<void(const DirectoryAnswer&)> done) {
  done(*find_recipient_now(address));
}

void LdifDirectory::check_password(std::string login, std::string password,
                                   std::function<void(LoginResult, const DirectoryAnswer&)> done) {
  search_login(
      answers_.layout(), answers_.searcher(), login, [&](DirectoryAnswer found, std::vector<std::string> stored) {
        found.source = Source::file;
        found.server = server_;
        observe(DirectoryQuery::login, found.kind);
        if (found.is_unavailable()) return done(LoginResult::unavailable, found);
        if (found.is_absent() || !found.entry.may_login || password.empty()) {
          found.detail = found.is_absent() ? "no such login" : password.empty() ? "empty password" : "disabled";
          return done(LoginResult::refused, found);
        }
        auto right = std::make_shared<bool>(false);
        auto call = [right, stored = std::move(stored), password](LdapCutter&) {
          for (const auto& value : stored) *right = *right || password_matches(value, password);
        };
        const bool taken = workers_.run(std::chrono::seconds(10), std::move(call), [right, found, done](auto outcome) {
          auto answer = found;
          if (outcome == LdapWorkers::Outcome::overdue) return done(LoginResult::unavailable, answer);
          if (!*right) answer.detail = "wrong password";
          done(*right ? LoginResult::ok : LoginResult::refused, answer);
        });
        found.detail = "too many logins at once";
        if (!taken) done(LoginResult::unavailable, found);
      });
}

void LdifDirectory::owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) {
  search_sender(answers_.layout(), answers_.searcher(), login, sender, [&](const Answer& answer) {
    observe(DirectoryQuery::sender, answer.kind);
    done(answer);
  });
}

}  // namespace lookup
