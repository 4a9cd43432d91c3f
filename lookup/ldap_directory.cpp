#include "lookup/ldap_directory.hpp"

#include "lookup/directory_search.hpp"
#include "lookup/filter.hpp"
#include "lookup/password.hpp"

namespace lookup {

LdapDirectory::LdapDirectory(const DirectoryOptions& options, std::shared_ptr<const Layout> layout,
                             asio::io_context& loop, DirectoryObserver* observer)
    : options_(std::make_shared<const DirectoryOptions>(options)),
      layout_(std::move(layout)),
      observer_(observer),
      workers_(loop, 4, 128),
      pool_(std::make_unique<LdapPool>(options.ldap, loop, observer)) {}

LdapDirectory::~LdapDirectory() {
  if (observer_ != nullptr) observer_->cached(-static_cast<int>(cache_.size()), 0);
}

void LdapDirectory::observe(DirectoryQuery query, Source source, Answer::Kind kind) {
  if (observer_ != nullptr) observer_->looked_up(query, source, kind);
}

void LdapDirectory::observe_cache(std::size_t size_before, unsigned evicted) {
  const int change = static_cast<int>(cache_.size()) - static_cast<int>(size_before);
  if (observer_ != nullptr && (change != 0 || evicted != 0)) observer_->cached(change, evicted);
}

bool LdapDirectory::is_fresh(const Remembered& known, Clock::time_point now) const {
  const auto limit = known.answer.is_found() ? options_->cache_positive : options_->cache_negative;
  return now - known.learned < limit;
}

void LdapDirectory::learn(const std::string& key, const DirectoryAnswer& answer) {
  const auto keep = answer.is_found() ? options_->cache_positive + options_->cache_stale : options_->cache_negative;
  if (answer.is_unavailable()) return;
  const auto before = cache_.size();
  if (keep.count() <= 0 || options_->cache_entries == 0) {
    cache_.erase(key);
    return observe_cache(before, 0);
  }
  // Room is made by dropping any one entry: cheaper than an order of use, and a hot address is learned again at once.
  const bool is_full = before >= options_->cache_entries && !cache_.contains(key);
  if (is_full) cache_.erase(cache_.begin());
  cache_.insert_or_assign(key, Remembered{answer, Clock::now()});
  observe_cache(before, is_full ? 1 : 0);
}

std::optional<DirectoryAnswer> LdapDirectory::find_recipient_now(const Address& address) {
  if (address.local.empty() && layout_->preset().recipient.wildcard.empty()) return DirectoryAnswer{};
  if (cache_.empty()) return std::nullopt;
  const auto known = cache_.find(folded_value(address_key(address)));
  if (known == cache_.end() || !is_fresh(known->second, Clock::now())) return std::nullopt;
  auto answer = known->second.answer;
  answer.source = Source::cache;
  observe(answer.entry.is_group ? DirectoryQuery::group : DirectoryQuery::recipient, Source::cache, answer.kind);
  return answer;
}

void LdapDirectory::find_recipient(const Address& address, Done done) {
  const auto known = find_recipient_now(address);
  if (known) return done(*known);
  const auto key = folded_value(address_key(address));
  auto& waiting = asking_[key];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  search_recipient(layout_, *pool_, address,
                   [this, key, address](DirectoryAnswer answer) { settle(key, address, std::move(answer)); });
}

void LdapDirectory::settle(const std::string& key, const Address& address, DirectoryAnswer answer) {
  answer.source = Source::live;
  learn(key, answer);
  const auto known = cache_.find(key);
  const bool stale = answer.is_unavailable() && known != cache_.end() && known->second.answer.is_found() &&
                     Clock::now() - known->second.learned < options_->cache_positive + options_->cache_stale;
  if (stale) {
    auto detail = "stale, because " + answer.detail;
    answer = known->second.answer;
    answer.source = Source::cache;
    answer.detail = std::move(detail);
  } else if (answer.is_unavailable() && answer.reason != Unavailable::malformed && !address.local.empty() &&
             options_->when_unavailable == WhenDirectoryUnavailable::accept) {
    answer.kind = Answer::Kind::found;
    answer.reason = Unavailable::none;
    answer.detail = "accepted unseen, because " + answer.detail;
    answer.entry = {};
    answer.entry.addresses = {address_key(address)};
  }
  observe(answer.entry.is_group ? DirectoryQuery::group : DirectoryQuery::recipient, answer.source, answer.kind);
  const auto place = asking_.find(key);
  if (place == asking_.end()) return;
  const auto waiting = std::move(place->second);
  asking_.erase(place);
  for (const auto& done : waiting) done(answer);
}

void LdapDirectory::check_password(std::string login, std::string password,
                                   std::function<void(LoginResult, const DirectoryAnswer&)> done) {
  if (password.empty() || login.empty()) {
    DirectoryAnswer refused;
    refused.detail = "empty login or password";
    return done(LoginResult::refused, refused);
  }
  search_login(layout_, *pool_, login,
               [this, password = std::move(password), done = std::move(done)](DirectoryAnswer found,
                                                                              std::vector<std::string> stored) {
                 observe(DirectoryQuery::login, Source::live, found.kind);
                 if (found.is_unavailable()) return done(LoginResult::unavailable, found);
                 if (found.is_absent() || !found.entry.may_login) {
                   found.detail = found.is_absent() ? "no such login" : found.entry.dn + " is disabled";
                   return done(LoginResult::refused, found);
                 }
                 try_login(std::move(found), std::move(stored), password, done);
               });
}

void LdapDirectory::try_login(DirectoryAnswer found, std::vector<std::string> stored, std::string password,
                              std::function<void(LoginResult, const DirectoryAnswer&)> done) {
  struct Trial {
    LoginResult result = LoginResult::unavailable;
    std::string why;
  };
  auto trial = std::make_shared<Trial>();
  const auto start = Clock::now();
  auto call = [trial, options = options_, method = layout_->preset().auth.method, dn = found.entry.dn,
               stored = std::move(stored), server = found.server, password = std::move(password)](LdapCutter& cutter) {
    if (method == Preset::AuthMethod::compare) {
      trial->result = LoginResult::refused;
      trial->why = "wrong password";
      for (const auto& value : stored) {
        if (password_matches(value, password)) trial->result = LoginResult::ok;
      }
      return;
    }
    // The server that knew the entry is the one to ask for its password.
    const auto right = try_password(server, options->ldap, dn, password, cutter, trial->why);
    if (right) {
      trial->result = *right ? LoginResult::ok : LoginResult::refused;
    } else {
      trial->why = right.error().detail;
    }
  };
  auto finish = [this, trial, start, found, done](LdapWorkers::Outcome outcome) {
    const bool returned = outcome == LdapWorkers::Outcome::returned;
    const auto result = returned ? trial->result : LoginResult::unavailable;
    auto answer = found;
    if (result != LoginResult::ok) answer.detail = returned ? trial->why : "no answer to the bind in time";
    if (observer_ != nullptr) {
      const auto name = result == LoginResult::ok        ? std::string_view("success")
                        : result == LoginResult::refused ? std::string_view("rejected_credentials")
                                                         : std::string_view("unreachable");
      observer_->operated(LdapOperation::bind, name, std::chrono::duration<double>(Clock::now() - start).count());
    }
    done(result, answer);
  };
  if (workers_.run(options_->ldap.connect_timeout, std::move(call), std::move(finish))) return;
  found.detail = "too many logins at once";
  done(LoginResult::unavailable, found);
}

void LdapDirectory::owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) {
  search_sender(layout_, *pool_, login, sender, [this, done = std::move(done)](const Answer& answer) {
    observe(DirectoryQuery::sender, Source::live, answer.kind);
    done(answer);
  });
}

}  // namespace lookup
