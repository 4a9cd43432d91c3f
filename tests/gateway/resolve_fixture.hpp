#pragma once

#include <map>
#include <memory>
#include <string>

#include "gateway/resolve/address_rules.hpp"
#include "lookup/directory.hpp"

namespace gateway::testing {

/// A table that answers from a map, at once or only by ask(), or not at all.
class MapTable final : public lookup::Table {
 public:
  enum class Speed { at_once, later, broken };

  explicit MapTable(std::map<std::string, std::string> entries, Speed speed = Speed::at_once)
      : entries_(std::move(entries)), speed_(speed) {}

  std::optional<lookup::Answer> find_now(std::string_view key) const override {
    if (speed_ == Speed::later) return std::nullopt;
    return answer(key);
  }
  void ask(std::string_view key, Done done) override {
    ++asked;
    done(answer(key));
  }
  const std::string& name() const override { return name_; }

  int asked = 0;

 private:
  lookup::Answer answer(std::string_view key) const {
    if (speed_ == Speed::broken) return lookup::Answer::unavailable(lookup::Unavailable::unreachable, "gone");
    const auto found = entries_.find(std::string(key));
    return found == entries_.end() ? lookup::Answer::absent() : lookup::Answer::found(found->second);
  }

  std::map<std::string, std::string> entries_;
  Speed speed_;
  std::string name_ = "map";
};

/// A directory of a few people.
class SmallDirectory final : public lookup::Directory {
 public:
  std::map<std::string, lookup::DirectoryEntry> people;
  bool gone = false;

  void find_recipient(const lookup::Address& address,
                      std::function<void(const lookup::DirectoryAnswer&)> done) override {
    done(*find_recipient_now(address));
  }
  std::optional<lookup::DirectoryAnswer> find_recipient_now(const lookup::Address& address) override {
    lookup::DirectoryAnswer answer;
    if (gone) {
      answer.kind = lookup::Answer::Kind::unavailable;
      answer.reason = lookup::Unavailable::unreachable;
    } else if (const auto found = people.find(address.folded()); found != people.end()) {
      answer.kind = lookup::Answer::Kind::found;
      answer.entry = found->second;
    }
    return answer;
  }
  void check_password(std::string, std::string,
                      std::function<void(lookup::LoginResult, const lookup::DirectoryAnswer&)> done) override {
    done(lookup::LoginResult::refused, {});
  }
  void owns_sender(std::string, const lookup::Address&, std::function<void(const lookup::Answer&)> done) override {
    done(lookup::Answer::absent());
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_ = "people";
};

/// A gateway that serves example.com (mailboxes of the directory), relay.example, alias.example and a local domain.
struct SmallCompany {
  SmallCompany() {
    config->hostname = config->myorigin = "mx.example.com";
    config->mailboxes.base = "/srv/mail";
    config->recipient_delimiter = "+";
    add_domain("example.com", config::DomainClass::virtual_mailbox, "");
    add_domain("relay.example", config::DomainClass::relay, "inside");
    add_domain("alias.example", config::DomainClass::virtual_alias, "");
    add_domain("mx.example.com", config::DomainClass::local, "");
    config::Route inside;
    inside.name = "inside";
    config->routes.push_back(inside);
    lookup::DirectoryEntry alice;
    alice.dn = "uid=alice";
    alice.home = "alice/";
    alice.addresses = {"alice@example.com"};
    directory->people["alice@example.com"] = alice;
  }

  void add_domain(const std::string& name, config::DomainClass domain_class, const std::string& route) {
    config::Domain domain;
    domain.name = name;
    domain.domain_class = domain_class;
    domain.route = route;
    config->domains.push_back(domain);
  }

  static AddressMaps maps(std::map<std::string, std::string> entries,
                          MapTable::Speed speed = MapTable::Speed::at_once) {
    return {{"map", std::make_shared<MapTable>(std::move(entries), speed), nullptr}};
  }

  /// Call it after the configuration is as the test wants it.
  AddressRules& rules() {
    if (!rules_) {
      rules_ = std::const_pointer_cast<AddressRules>(
          make_address_rules(config, [](const config::MapRefs&) { return AddressMaps{}; }));
      rules_->domains["example.com"].mailboxes = {{"directory:people", nullptr, directory}};
    }
    return *rules_;
  }

  std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
  std::shared_ptr<SmallDirectory> directory = std::make_shared<SmallDirectory>();

 private:
  std::shared_ptr<AddressRules> rules_;
};

}  // namespace gateway::testing
