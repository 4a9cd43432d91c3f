#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gateway/net/asio.hpp"
#include "gateway/smtp/services.hpp"
#include "tests/gateway/smtp_world.hpp"

namespace gateway::testing {

/// The made-up directory, tables and DNS of SmtpWorld. A "slow" directory answers from the loop, never at once.
class MadeUpServices final : public Services {
 public:
  MadeUpServices(asio::io_context& loop, Wishes wishes) : loop_(loop), wishes_(std::move(wishes)) {}

  policy::DomainClass class_of(const lookup::Address& address) const override {
    const auto domain = lookup::ascii_lower(address.domain);
    if (domain == "example.com") return policy::DomainClass::relay;
    if (domain == "example.org") return policy::DomainClass::virtual_mailbox;
    if (domain == "mx.example.com") return policy::DomainClass::local;
    return policy::DomainClass::unserved;
  }

  void rewrite(lookup::Address address, Role,
               std::function<void(tl::expected<lookup::Address, lookup::Answer>)> done) override {
    if (address.domain.empty()) address.domain = "example.com";
    if (wishes_.get("canonical") == "unavailable") {
      done(tl::unexpected(lookup::Answer::unavailable(lookup::Unavailable::unreachable, "canonical maps are away")));
      return;
    }
    if (address.local == "old") address.local = "alice";
    done(std::move(address));
  }

  bool rewrites_header(HeaderOrigin origin) const override {
    return wishes_.values.contains("header") && origin == HeaderOrigin::ours;
  }
  void rewrite_header(std::string section, HeaderOrigin,
                      std::function<void(tl::expected<std::string, lookup::Answer>)> done) override {
    using Result = tl::expected<std::string, lookup::Answer>;
    Result result = std::move(section);
    if (wishes_.get("header") == "unavailable")
      result = tl::unexpected(lookup::Answer::unavailable(lookup::Unavailable::unreachable, "canonical maps are away"));
    else if (const auto at = result->find("old@example.com"); at != std::string::npos)
      result->replace(at, 15, "a.much.longer.name@example.com");
    asio::post(loop_, [result = std::move(result), done = std::move(done)] { done(result); });
  }

  std::optional<RecipientAnswer> find_recipient_now(const lookup::Address& recipient) override {
    if (wishes_.get("directory") == "slow") return std::nullopt;
    return find(recipient);
  }
  void find_recipient(const lookup::Address& recipient, std::function<void(RecipientAnswer)> done) override {
    asio::post(loop_, [answer = find(recipient), done = std::move(done)] { done(answer); });
  }

  std::optional<lookup::Answer> answer_now(const policy::Question& question, const policy::Facts&) override {
    if (question.ask == policy::Ask::table && question.where == "senders" && question.key == "spam@bad.example")
      return lookup::Answer::found(wishes_.get("senders", "REJECT"));
    if (question.ask == policy::Ask::table) return lookup::Answer::absent();
    return std::nullopt;
  }
  void answer(const policy::Question& question, const policy::Facts&,
              std::function<void(lookup::Answer)> done) override {
    auto answer = lookup::Answer::absent();
    if (question.ask == policy::Ask::dnsbl && wishes_.get("dnsbl") == "listed")
      answer = lookup::Answer::found("127.0.0.2");
    if (wishes_.get("dns") == "unavailable")
      answer = lookup::Answer::unavailable(lookup::Unavailable::timed_out, "dns");
    asio::post(loop_, [answer, done = std::move(done)] { done(answer); });
  }

  void expand(Envelope envelope, std::vector<RecipientAnswer> known,
              std::function<void(tl::expected<Expansion, Refusal>)> done) override {
    if (wishes_.get("expansion") == "unavailable") {
      done(tl::unexpected(Refusal{}));
      return;
    }
    Expansion expansion;
    for (const auto& answer : known) expansion.deliveries.push_back(answer.delivery);
    expansion.envelope = std::move(envelope);
    if (wishes_.values.contains("owner")) {
      expansion.others.push_back(expansion);
      expansion.others.back().envelope.sender = lookup::split_address(wishes_.get("owner"));
    }
    done(std::move(expansion));
  }

  std::optional<ClientNames> client_names_now(const lookup::IpAddress&) override {
    if (!wishes_.values.contains("client_name")) return ClientNames{};
    return std::nullopt;
  }
  void client_names(const lookup::IpAddress&, std::function<void(ClientNames)> done) override {
    const auto name = wishes_.get("client_name");
    asio::post(loop_, [name, done = std::move(done)] { done({name, name, false}); });
  }

  void check_password(std::string login, std::string password,
                      std::function<void(lookup::LoginResult, std::string)> done) override {
    auto result = login == "alice" && password == "secret" ? lookup::LoginResult::ok : lookup::LoginResult::refused;
    if (login == "down") result = lookup::LoginResult::unavailable;
    asio::post(loop_, [result, done = std::move(done)] {
      done(result, result == lookup::LoginResult::refused ? "invalid credentials" : "directory is away");
    });
  }

 private:
  RecipientAnswer find(const lookup::Address& recipient) const {
    RecipientAnswer answer;
    answer.table = class_of(recipient) == policy::DomainClass::virtual_mailbox ? "virtual mailbox" : "relay recipient";
    if (class_of(recipient) == policy::DomainClass::local) answer.table = "local recipient";
    if (wishes_.get("directory") == "unavailable") {
      answer.answer =
          lookup::Answer::unavailable(lookup::Unavailable::unreachable, "ldap://secret.example:389 is away");
      return answer;
    }
    static const std::set<std::string> known{"alice@example.com",      "bob@example.com",   "full@example.com",
                                             "postmaster@example.com", "carol@example.org", "j\xc3\xb6rg@example.com"};
    const auto text = recipient.folded();
    if (known.contains(text) || class_of(recipient) == policy::DomainClass::unserved) {
      answer.answer = lookup::Answer::found(text);
      answer.delivery.kind = Delivery::Kind::relay;
    }
    if (text == "full@example.com") answer.free_quota = 1000;
    if (text == "bob@example.com" && wishes_.values.contains("posters")) answer.senders = {wishes_.get("posters")};
    if (text == "gone@example.com") {
      answer.relocated = true;
      answer.answer.detail = "gone@elsewhere.example";
    }
    return answer;
  }

  asio::io_context& loop_;
  Wishes wishes_;
};

}  // namespace gateway::testing
