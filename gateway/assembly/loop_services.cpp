#include "gateway/assembly/loop_services.hpp"

#include "gateway/assembly/client_names.hpp"
#include "gateway/assembly/dnsbl_guard.hpp"
#include "gateway/filter/greylist.hpp"
#include "gateway/filter/policy_service.hpp"
#include "gateway/resolve/expansion.hpp"
#include "gateway/resolve/recipient_search.hpp"
#include "gateway/resolve/rewriting.hpp"
#include "gateway/verify/address_verifier.hpp"

namespace gateway {

namespace {

using lookup::Answer;
using lookup::Unavailable;
using policy::Ask;

std::optional<lookup::DnsType> dns_type(Ask ask) {
  switch (ask) {
    case Ask::dns_a:
      return lookup::DnsType::a;
    case Ask::dns_aaaa:
      return lookup::DnsType::aaaa;
    case Ask::dns_mx:
      return lookup::DnsType::mx;
    case Ask::dns_ns:
      return lookup::DnsType::ns;
    case Ask::dns_txt:
      return lookup::DnsType::txt;
    default:
      return std::nullopt;
  }
}

/// "reject_sender_login_mismatch" asks who owns an address; the directory of the logins knows.
std::string sasl_directory(const config::Config& config) {
  const std::string& backend = config.sasl.backend;
  return backend.starts_with("directory:") ? backend.substr(10) : std::string();
}

class LoopServices final : public Services, public std::enable_shared_from_this<LoopServices> {
 public:
  LoopServices(std::shared_ptr<const Generation> generation, LoopParts parts)
      : parts_(std::move(parts)),
        maps_(generation, parts_.loop, parts_.observers),
        rules_(make_address_rules(generation->config,
                                  [this](const config::MapRefs& references) { return maps_.open_all(references); })),
        dnsbl_(*parts_.dns, parts_.log, parts_.metrics, generation->rules, parts_.dnsbl_health) {
    const auto& file = generation->config->file;
    const auto folder = file.substr(0, file.find_last_of('/') + 1) + ".";
    for (const auto& set : generation->rules)
      if (set)
        for (const auto& use : set->policy_services())
          policy_services_.try_emplace(
              use.server, PolicyService::Parts{parts_.loop, parts_.dns, parts_.log, parts_.metrics}, use, folder);
  }

  policy::DomainClass class_of(const lookup::Address& address) const override { return rules_->class_of(address); }

  void rewrite(lookup::Address address, Role role,
               std::function<void(tl::expected<lookup::Address, Answer>)> done) override {
    run_resolution<tl::expected<lookup::Address, Answer>>(
        std::make_shared<Resolution>(),
        [self = shared_from_this(), address = std::move(address), role](Resolution& resolution) {
          return rewrite_envelope_address(resolution, *self->rules_, address, role);
        },
        std::move(done));
  }

  std::optional<RecipientAnswer> find_recipient_now(const lookup::Address& recipient) override {
    Resolution resolution;
    auto search = search_recipient(resolution, *rules_, recipient, FollowAliases::yes);
    if (!search) return std::nullopt;
    return std::move(search->answer);
  }

  void find_recipient(const lookup::Address& recipient, std::function<void(RecipientAnswer)> done) override {
    run_resolution<RecipientSearch>(
        std::make_shared<Resolution>(),
        [self = shared_from_this(), recipient](Resolution& resolution) {
          return search_recipient(resolution, *self->rules_, recipient, FollowAliases::yes);
        },
        [self = shared_from_this(), recipient, done = std::move(done)](RecipientSearch search) {
          const auto& answer = search.answer.answer;
          if (answer.is_unavailable())
            self->parts_.log.warning(Program::smtpd, "recipient " + recipient.to_string() + " cannot be looked up (" +
                                                         std::string(to_string(answer.reason)) + "): " + answer.detail);
          done(std::move(search.answer));
        });
  }

  std::optional<Answer> answer_now(const policy::Question& question, const policy::Facts& facts) override {
    if (question.ask == Ask::table) {
      const auto map = maps_.open(question.where);
      if (map.table) return map.table->find_now(question.key);
      return std::nullopt;
    }
    if (question.ask == Ask::sender_login && facts.login.empty() && sasl_directory(*rules_->config).empty())
      return Answer::absent();
    return std::nullopt;
  }

  void answer(const policy::Question& question, const policy::Facts& facts, std::function<void(Answer)> done) override {
    if (const auto type = dns_type(question.ask)) {
      parts_.dns->ask(*type, question.key,
                      [self = shared_from_this(), done = std::move(done)](const lookup::DnsAnswer& answer) {
                        done(answer.answer);
                      });
      return;
    }
    switch (question.ask) {
      case Ask::table:
        answer_from_map(question, std::move(done));
        return;
      case Ask::dnsbl:
        // The callback keeps this object alive until the list has answered, also when the session is gone.
        dnsbl_.ask(question.where, question.key,
                   [self = shared_from_this(), done = std::move(done)](Answer listed) { done(std::move(listed)); });
        return;
      case Ask::policy_service:
        ask_policy_service(question, std::move(done));
        return;
      case Ask::greylist:
        if (parts_.greylist == nullptr) break;
        parts_.greylist->ask(
            parts_.loop, question.key, facts,
            [self = shared_from_this(), done = std::move(done)](Answer answer) { done(std::move(answer)); });
        return;
      case Ask::verify_recipient:
      case Ask::verify_sender:
        after_canonical(lookup::split_address(question.key), Role::recipient, std::move(done), &LoopServices::verify);
        return;
      case Ask::recipient_listed:
        is_listed(facts.mapped_recipient, std::move(done));
        return;
      case Ask::sender_listed:
        after_canonical(lookup::split_address(question.key), Role::sender, std::move(done), &LoopServices::is_listed);
        return;
      case Ask::sender_login:
        find_owner(question, facts, std::move(done));
        return;
      default:
        break;
    }
    done(Answer::unavailable(Unavailable::misconfigured, "this question has nobody to answer it"));
  }

  void expand(Envelope envelope, std::vector<RecipientAnswer> known,
              std::function<void(tl::expected<Expansion, Refusal>)> done) override {
    run_resolution<ExpansionResult>(
        std::make_shared<Resolution>(),
        [self = shared_from_this(), envelope = std::move(envelope), known = std::move(known)](Resolution& resolution) {
          return expand_recipients(resolution, *self->rules_, envelope, known);
        },
        std::move(done));
  }

  std::optional<ClientNames> client_names_now(const lookup::IpAddress& client) override {
    auto known = std::make_shared<std::optional<ClientNames>>();
    client_names(client, [known](ClientNames names) { *known = std::move(names); });
    return *known;
  }

  void client_names(const lookup::IpAddress& client, std::function<void(ClientNames)> done) override {
    find_client_names(*parts_.dns, client, [self = shared_from_this(), done = std::move(done)](ClientNames names) {
      done(std::move(names));
    });
  }

  void check_password(std::string login, std::string password,
                      std::function<void(lookup::LoginResult, std::string)> done) override {
    const auto directory = maps_.directory(sasl_directory(*rules_->config));
    if (!directory) {
      done(lookup::LoginResult::unavailable, "sasl.backend names no directory");
      return;
    }
    directory->check_password(
        std::move(login), std::move(password),
        [self = shared_from_this(), done = std::move(done)](
            lookup::LoginResult result, const lookup::DirectoryAnswer& answer) { done(result, answer.detail); });
  }

 private:
  using Asked = std::function<void(Answer)>;

  /// Restrictions see addresses before canonical maps; whether one exists is a matter of what those make of it.
  void after_canonical(lookup::Address address, Role role, Asked done,
                       void (LoopServices::*ask)(const lookup::Address&, Asked)) {
    rewrite(std::move(address), role,
            [self = shared_from_this(), ask, done = std::move(done)](tl::expected<lookup::Address, Answer> mapped) {
              if (mapped)
                (self.get()->*ask)(*mapped, done);
              else
                done(std::move(mapped.error()));
            });
  }

  void is_listed(const lookup::Address& address, Asked done) {
    find_recipient(address, [done = std::move(done)](RecipientAnswer answer) { done(std::move(answer.answer)); });
  }

  /// What is delivered here is known without a probe; for the rest the server is asked that would take it.
  void verify(const lookup::Address& address, Asked done) {
    find_recipient(address, [self = shared_from_this(), address, done = std::move(done)](const RecipientAnswer& found) {
      const auto& delivery = found.delivery;
      auto answer = found.answer;
      if (answer.is_absent()) {
        answer.detail =
            found.relocated ? "User has moved to " + answer.detail : "User unknown in " + found.table + " table";
      } else if (answer.is_found() && !found.expands) {
        if (delivery.kind == Delivery::Kind::relay && self->parts_.verifier != nullptr) {
          self->parts_.verifier->ask(self->parts_.loop, address, delivery,
                                     [self, done](Answer verified) { done(std::move(verified)); });
          return;
        }
        if (delivery.kind == Delivery::Kind::relay || delivery.kind == Delivery::Kind::defer)
          answer = Answer::unavailable(Unavailable::unreachable, delivery.reply);
        if (delivery.kind == Delivery::Kind::fail) {
          answer = Answer::absent();
          answer.detail = delivery.reply;
        }
      }
      done(std::move(answer));
    });
  }

  void answer_from_map(const policy::Question& question, std::function<void(Answer)> done) {
    const auto map = maps_.open(question.where);
    if (map.table) {
      map.table->ask(question.key,
                     [self = shared_from_this(), done = std::move(done)](Answer answer) { done(std::move(answer)); });
      return;
    }
    // A directory as an access table: whoever is in it is OK.
    map.directory->find_recipient(
        lookup::split_address(question.key),
        [self = shared_from_this(), done = std::move(done)](const lookup::DirectoryAnswer& answer) {
          if (answer.is_found())
            done(Answer::found(std::string("OK")));
          else
            done({answer.kind, answer.reason, {}, answer.detail});
        });
  }

  void ask_policy_service(const policy::Question& question, std::function<void(Answer)> done) {
    const auto service = policy_services_.find(question.where);
    if (service == policy_services_.end()) {
      done(Answer::unavailable(Unavailable::misconfigured, "no such policy service"));
      return;
    }
    service->second.ask(
        question.key, [self = shared_from_this(), done = std::move(done)](Answer answer) { done(std::move(answer)); });
  }

  void find_owner(const policy::Question& question, const policy::Facts& facts, std::function<void(Answer)> done) {
    const auto directory = maps_.directory(sasl_directory(*rules_->config));
    const auto sender = lookup::split_address(question.key);
    if (!directory) {
      done(Answer::absent());
      return;
    }
    if (facts.login.empty()) {
      // Nobody is logged in: all that matters is whether somebody owns the address.
      directory->find_recipient(
          sender, [self = shared_from_this(), done = std::move(done)](const lookup::DirectoryAnswer& answer) {
            if (answer.is_found())
              done(Answer::found(answer.entry.user.empty() ? answer.entry.dn : answer.entry.user));
            else
              done({answer.kind, answer.reason, {}, answer.detail});
          });
      return;
    }
    directory->owns_sender(facts.login, sender,
                           [self = shared_from_this(), directory, sender, login = facts.login,
                            done = std::move(done)](const Answer& owns) mutable {
                             if (owns.is_found()) {
                               done(Answer::found(login));
                               return;
                             }
                             if (owns.is_unavailable()) {
                               done(owns);
                               return;
                             }
                             directory->find_recipient(sender,
                                                       [done = std::move(done)](const lookup::DirectoryAnswer& answer) {
                                                         if (answer.is_found())
                                                           done(Answer::found("owner:" + answer.entry.dn));
                                                         else
                                                           done({answer.kind, answer.reason, {}, answer.detail});
                                                       });
                           });
  }

  LoopParts parts_;
  LoopMaps maps_;
  std::shared_ptr<const AddressRules> rules_;
  DnsblGuard dnsbl_;
  std::map<std::string, PolicyService> policy_services_;
};

}  // namespace

std::shared_ptr<Services> make_loop_services(std::shared_ptr<const Generation> generation, LoopParts parts) {
  return std::make_shared<LoopServices>(std::move(generation), std::move(parts));
}

}  // namespace gateway
