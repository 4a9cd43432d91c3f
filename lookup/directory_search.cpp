#include "lookup/directory_search.hpp"

#include <fmt/core.h>

#include "lookup/distinguished_name.hpp"
#include "lookup/expansion.hpp"
#include "lookup/filter.hpp"
#include "lookup/group_expansion.hpp"

namespace lookup {

namespace {

DirectoryAnswer unavailable(Unavailable reason, std::string detail) {
  DirectoryAnswer answer;
  answer.kind = Answer::Kind::unavailable;
  answer.reason = reason;
  answer.detail = std::move(detail);
  return answer;
}

SearchRequest below_base(const Layout& layout, std::string filter) {
  SearchRequest request;
  request.base = layout.search_base();
  request.filter = std::move(filter);
  request.attributes = layout.attributes();
  return request;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = text.find_first_of(", ");
    if (end != 0) names.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return names;
}

/// One filter for people and groups, so that a recipient costs one search.
std::optional<std::string> recipient_filter(const Layout& layout, const Address& address, const ExpansionKey& key) {
  const auto& preset = layout.preset();
  if (address.local.empty()) {
    if (preset.recipient.wildcard.empty()) return std::nullopt;
    return expand(preset.recipient.wildcard, key, Quoting::filter);
  }
  const bool groups = !preset.group.filter.empty();
  std::string filter(groups ? "(|" : "");
  if (!expand_into(filter, preset.recipient.filter, key, Quoting::filter)) return std::nullopt;
  if (!groups) return filter;
  if (!expand_into(filter, preset.group.filter, key, Quoting::filter)) return std::nullopt;
  return filter + ")";
}

using RecipientDone = std::function<void(DirectoryAnswer)>;

void add_members(const std::shared_ptr<const Layout>& layout, Searcher& searcher, Entry group, const Address& address,
                 DirectoryAnswer answer, RecipientDone done) {
  expand_group(layout, searcher, std::move(group), address,
               [answer = std::move(answer), done = std::move(done)](Answer members) mutable {
                 if (members.is_unavailable()) {
                   answer.kind = Answer::Kind::unavailable;
                   answer.reason = members.reason;
                   answer.detail = fmt::format("{}: {}", answer.entry.dn, members.detail);
                 }
                 answer.entry.members = std::move(members.values);
                 done(std::move(answer));
               });
}

/// Lists that exist only in what their members say: is there any such member?
void find_by_members(const std::shared_ptr<const Layout>& layout, Searcher& searcher, const Address& address,
                     DirectoryAnswer answer, RecipientDone done) {
  answer.kind = Answer::Kind::found;
  answer.entry.is_group = true;
  answer.entry.addresses = {address_key(address)};
  add_members(layout, searcher, Entry{}, address, std::move(answer), [done = std::move(done)](DirectoryAnswer list) {
    if (list.is_found() && list.entry.members.empty()) {
      list.kind = Answer::Kind::absent;
      list.entry = {};
    }
    done(std::move(list));
  });
}

/// Has the owner of `sender` named `dn` as one who may send for him?
void search_delegate(const std::shared_ptr<const Layout>& layout, Searcher& searcher, const Address& sender,
                     const std::string& dn, const std::function<void(Answer)>& done) {
  const auto& delegates = layout->preset().sender_delegates;
  if (delegates.empty() || sender.local.empty()) return done(Answer::absent());
  const auto key = address_key(sender);
  const auto filter = recipient_filter(*layout, sender, expansion_key(key));
  if (!filter) return done(Answer::absent());
  auto request = below_base(*layout, *filter);
  request.attributes = std::make_shared<const std::vector<std::string>>(delegates);
  searcher.search(std::move(request), [delegates, who = normalised_dn(dn), done](SearchResult result) {
    if (result.is_unavailable()) return done(Answer::unavailable(result.reason, std::move(result.detail)));
    for (const auto& entry : result.entries) {
      for (const auto& name : delegates) {
        for (const auto value : entry.values(name)) {
          if (normalised_dn(value) == who) return done(Answer::found(entry.name));
        }
      }
    }
    done(Answer::absent());
  });
}

}  // namespace

std::string address_key(const Address& address) {
  std::string key;
  key.reserve(address.local.size() + address.domain.size() + 1);
  key += address.local;
  if (!address.domain.empty()) {
    key += '@';
    key += address.domain;
  }
  return key;
}

DirectoryAnswer read_recipients(const Layout& layout, const std::vector<const EntryView*>& entries,
                                const Address& address) {
  const auto key = address_key(address);
  std::vector<const EntryView*> people, groups;
  for (const auto* entry : entries) {
    (!address.local.empty() && layout.is_group(*entry, key) ? groups : people).push_back(entry);
  }
  const auto& chosen = people.empty() ? groups : people;
  if (chosen.empty()) return {};
  if (chosen.size() > 1) {
    return unavailable(Unavailable::malformed,
                       fmt::format("{} belongs to two entries: {} and {}", key, chosen[0]->dn(), chosen[1]->dn()));
  }
  auto read = layout.read(*chosen.front());
  if (!read) return unavailable(Unavailable::malformed, std::move(read.error()));
  DirectoryAnswer answer;
  // A mailHost that names this machine is a route, too, though it is not one to another server.
  const auto& map = layout.preset().recipient;
  const bool unrouted =
      read->forward.empty() && (map.mail_host.empty() || chosen.front()->values(map.mail_host).empty());
  if (people.empty()) {
    read->is_group = true;
    read->forward.clear();
  } else if (!read->may_receive) {
    answer.detail = fmt::format("{} is disabled", read->dn);
    return answer;
  } else if (unrouted && map.refuse_unrouted) {
    answer.detail = fmt::format("{} has neither server nor routing address", read->dn);
    return answer;
  }
  answer.kind = Answer::Kind::found;
  answer.entry = std::move(*read);
  return answer;
}

void search_recipient(std::shared_ptr<const Layout> layout, Searcher& searcher, const Address& address,
                      RecipientDone done) {
  const auto key = address_key(address);
  const auto filter = recipient_filter(*layout, address, expansion_key(key));
  if (!filter) return done({});
  auto* source = &searcher;
  searcher.search(below_base(*layout, *filter),
                  [layout, source, address, filter = *filter, done = std::move(done)](SearchResult result) {
                    if (result.is_unavailable()) {
                      auto answer = unavailable(result.reason, std::move(result.detail));
                      answer.server = std::move(result.server);
                      answer.filter = filter;
                      return done(std::move(answer));
                    }
                    std::vector<const EntryView*> entries;
                    for (const auto& entry : result.entries) entries.push_back(&entry);
                    auto answer = read_recipients(*layout, entries, address);
                    answer.server = std::move(result.server);
                    answer.filter = filter;
                    if (answer.is_found() && answer.entry.is_group) {
                      for (auto& entry : result.entries) {
                        if (entry.name != answer.entry.dn) continue;
                        return add_members(layout, *source, std::move(entry), address, std::move(answer), done);
                      }
                    }
                    const auto& group = layout->preset().group;
                    if (answer.is_absent() && entries.empty() && group.filter.empty() && !group.inverse.empty() &&
                        !address.local.empty()) {
                      return find_by_members(layout, *source, address, std::move(answer), done);
                    }
                    done(std::move(answer));
                  });
}

void search_login(std::shared_ptr<const Layout> layout, Searcher& searcher, const std::string& login,
                  std::function<void(DirectoryAnswer, std::vector<std::string>)> done) {
  const auto& auth = layout->preset().auth;
  const auto filter = auth.user_filter.empty() || login.empty()
                          ? std::nullopt
                          : expand(auth.user_filter, expansion_key(login, login), Quoting::filter);
  if (!filter) return done({}, {});
  auto request = below_base(*layout, *filter);
  if (auth.method == Preset::AuthMethod::compare) {
    auto names = *layout->attributes();
    names.emplace_back("userPassword");
    request.attributes = std::make_shared<const std::vector<std::string>>(std::move(names));
  }
  searcher.search(std::move(request), [layout, filter = *filter, done = std::move(done)](SearchResult result) {
    DirectoryAnswer answer;
    std::vector<std::string> passwords;
    if (result.is_unavailable()) {
      answer = unavailable(result.reason, std::move(result.detail));
    } else if (result.entries.size() > 1) {
      answer = unavailable(Unavailable::malformed, fmt::format("a login of two entries: {} and {}",
                                                               result.entries[0].name, result.entries[1].name));
    } else if (result.entries.size() == 1) {
      const auto& entry = result.entries.front();
      auto read = layout->read(entry);
      if (read) {
        answer.entry = std::move(*read);
      } else {
        // What is wrong with the mailbox does not keep its owner from logging in.
        answer.detail = std::move(read.error());
        answer.entry.dn = entry.name;
        answer.entry.may_login = !layout->is_disabled(entry) || layout->preset().disabled.authenticate;
      }
      answer.kind = Answer::Kind::found;
      for (const auto value : entry.values("userPassword")) passwords.emplace_back(value);
    }
    answer.server = std::move(result.server);
    answer.filter = filter;
    done(std::move(answer), std::move(passwords));
  });
}

void search_sender(std::shared_ptr<const Layout> layout, Searcher& searcher, const std::string& login,
                   const Address& sender, std::function<void(Answer)> done) {
  const auto& owner = layout->preset().sender_owner;
  const auto key = address_key(sender);
  if (owner.empty() || login.empty() || sender.is_null()) return done(Answer::absent());
  const bool by_filter = owner.starts_with('(');
  const auto filter = by_filter
                          ? expand(owner, expansion_key(key, login), Quoting::filter)
                          : expand(layout->preset().auth.user_filter, expansion_key(login, login), Quoting::filter);
  if (!filter || filter->empty()) return done(Answer::absent());
  auto request = below_base(*layout, *filter);
  const auto names = by_filter ? std::vector<std::string>{"1.1"} : split_names(owner);  // 1.1: none (RFC 4511 4.5.1.8)
  request.attributes = std::make_shared<const std::vector<std::string>>(names);
  auto* source = &searcher;
  searcher.search(std::move(request),
                  [layout, source, sender, by_filter, names, key, done = std::move(done)](SearchResult result) {
                    if (result.is_unavailable())
                      return done(Answer::unavailable(result.reason, std::move(result.detail)));
                    for (const auto& entry : result.entries) {
                      if (by_filter) return done(Answer::found(entry.name));
                      for (const auto& address : layout->addresses(entry, names)) {
                        if (same_name(address, key)) return done(Answer::found(entry.name));
                      }
                    }
                    if (result.entries.size() != 1) return done(Answer::absent());
                    search_delegate(layout, *source, sender, result.entries.front().name, done);
                  });
}

}  // namespace lookup
