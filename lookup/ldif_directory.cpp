#include "lookup/ldif_directory.hpp"

#include "lookup/directory_search.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/expansion.hpp"
#include "lookup/password.hpp"

namespace lookup {

LdifDirectory::LdifDirectory(std::string name, std::shared_ptr<const Layout> layout,
                             std::shared_ptr<const EntryStore> store, std::string server, asio::io_context& loop,
                             DirectoryObserver* observer)
    : name_(std::move(name)),
      server_(std::move(server)),
      base_(normalised_dn(layout->search_base())),
      layout_(std::move(layout)),
      store_(std::move(store)),
      searcher_(store_),
      recipient_(layout_->preset().recipient.filter),
      wildcard_(layout_->preset().recipient.wildcard),
      group_(layout_->preset().group.filter),
      observer_(observer),
      workers_(loop, 2, 64) {}

void LdifDirectory::observe(DirectoryQuery query, Answer::Kind kind) {
  if (observer_ != nullptr) observer_->looked_up(query, Source::file, kind);
}

DirectoryAnswer LdifDirectory::answer(const Address& address) {
  const auto& preset = layout_->preset();
  const auto key = address_key(address);
  const auto parts = expansion_key(key);
  const bool wildcard = address.local.empty();
  DirectoryAnswer answer;
  const auto* filter = wildcard ? wildcard_.fill(parts) : recipient_.fill(parts);
  if (filter == nullptr) return answer;
  // A person is read in place, without a copy; a group, or whatever is not simple, takes the longer way.
  bool simple = true;
  const bool known = store_->search_normal(base_, Scope::sub, *filter, [&](const EntryView& entry) {
    simple = answer.is_absent() && !layout_->looks_like_group(entry);
    if (simple) answer = read_recipients(*layout_, {&entry}, address);
    return simple;
  });
  if (simple && known && answer.is_absent() && !wildcard) {
    const auto* group = group_.fill(parts);
    if (group != nullptr) {
      store_->search_normal(base_, Scope::sub, *group, [&](const EntryView&) { return simple = false; });
    }
    simple = simple && preset.group.inverse.empty();
  }
  if (simple && known) {
    expand_into(answer.filter, wildcard ? preset.recipient.wildcard : preset.recipient.filter, parts, Quoting::filter);
  } else {
    search_recipient(layout_, searcher_, address, [&](DirectoryAnswer whole) { answer = std::move(whole); });
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
