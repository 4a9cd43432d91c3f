#include "lookup/ldif_directory.hpp"

#include <fmt/core.h>

#include "lookup/directory_search.hpp"
#include "lookup/expansion.hpp"
#include "lookup/password.hpp"

namespace lookup {

LdifDirectory::LdifDirectory(std::string name, std::shared_ptr<const Layout> layout,
                             std::shared_ptr<const EntryStore> store, std::string server, asio::io_context& loop,
                             DirectoryObserver* observer)
    : name_(std::move(name)),
      server_(std::move(server)),
      layout_(std::move(layout)),
      store_(std::move(store)),
      searcher_(store_),
      observer_(observer),
      workers_(loop, 2, 64) {}

void LdifDirectory::observe(DirectoryQuery query, Answer::Kind kind) {
  if (observer_ != nullptr) observer_->looked_up(query, Source::file, kind);
}

DirectoryAnswer LdifDirectory::answer(const Address& address) {
  const auto& preset = layout_->preset();
  const auto key = address_key(address);
  const auto& question = address.local.empty() ? preset.recipient.wildcard : preset.recipient.filter;
  DirectoryAnswer answer;
  const auto text = question.empty() ? std::nullopt : expand(question, expansion_key(key), Quoting::filter);
  if (!text) return answer;
  // People first, read in place without a copy; only what is no person, or a group, takes the longer way.
  bool plain = false;
  int found = 0;
  const auto filter = parse_filter(*text);
  if (!filter) {
    answer.kind = Answer::Kind::unavailable;
    answer.reason = Unavailable::misconfigured;
    answer.detail = fmt::format("filter {}: {}", *text, filter.error().text);
    return answer;
  }
  store_->search(layout_->search_base(), Scope::sub, *filter, [&](const EntryView& entry) {
    plain = ++found == 1 && !layout_->looks_like_group(entry);
    if (plain) answer = read_recipients(*layout_, {&entry}, address);
    return plain;
  });
  if (found != 1 || !plain) {
    search_recipient(layout_, searcher_, address, [&](DirectoryAnswer whole) { answer = std::move(whole); });
  } else {
    answer.filter = *text;
  }
  return answer;
}

std::optional<DirectoryAnswer> LdifDirectory::find_recipient_now(const Address& address) {
  auto found = answer(address);
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
  search_login(layout_, searcher_, login, [&](DirectoryAnswer found, std::vector<std::string> stored) {
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
  search_sender(layout_, searcher_, login, sender, [&](const Answer& answer) {
    observe(DirectoryQuery::sender, answer.kind);
    done(answer);
  });
}

}  // namespace lookup
