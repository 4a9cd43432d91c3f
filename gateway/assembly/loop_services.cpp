#include "gateway/assembly/loop_services.hpp"

#include "gateway/assembly/client_names.hpp"
#include "gateway/assembly/dnsbl_guard.hpp"
#include "gateway/assembly/recipient_room.hpp"
#include "gateway/content/content_check.hpp"
#include "gateway/filter/greylist.hpp"
#include "gateway/filter/policy_service.hpp"
#include "gateway/resolve/expansion.hpp"
#include "gateway/resolve/header_rewriting.hpp"
#include "gateway/resolve/recipient_search.hpp"
#include "gateway/resolve/rewriting.hpp"

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
    open_content_tables(generation->config->content_checks);
    const auto& file = generation->config->file;
    const auto folder = file.substr(0, file.find_last_of('/') + 1) + ".";
    for (const auto& set : generation->rules)
      if (set)
        for (const auto& use : set->policy_services())
          policy_services_.try_emplace(
              use.server, PolicyService::Parts{parts_.loop, parts_.dns, parts_.log, parts_.metrics}, use, folder);
  }

  const ContentTables* content_tables() const override { return content_.empty() ? nullptr : &content_; }

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

  bool rewrites_header(HeaderOrigin origin) const override { return gateway::rewrites_header(*rules_->config, origin); }

  void rewrite_header(std::string section, HeaderOrigin origin,
                      std::function<void(tl::expected<std::string, Answer>)> done) override {
    run_resolution<tl::expected<std::string, Answer>>(
        std::make_shared<Resolution>(),
        [self = shared_from_this(), section = std::move(section), origin](Resolution& resolution) {
          return gateway::rewrite_header(resolution, *self->rules_, section, origin);
        },
        std::move(done));
  }

  std::optional<RecipientAnswer> find_recipient_now(const lookup::Address& recipient) override {
    Resolution resolution;
    auto search = search_recipient(resolution, *rules_, recipient, FollowAliases::yes);
    if (!search) return std::nullopt;
    if (may_be_full(*search)) {
      const auto& delivery = search->answer.delivery;
      if (search->answer.expands) return std::nullopt;
      const auto room = parts_.room->known({rules_->config->mailboxes.base, delivery.path, delivery.quota});
      if (!room) return std::nullopt;
      search->answer.free_quota = *room;
    }
    return std::move(search->answer);
  }

  void find_recipient(const lookup::Address& recipient, std::function<void(RecipientAnswer)> done) override {
    search_only(recipient, [self = shared_from_this(), recipient, done = std::move(done)](RecipientSearch search) {
      self->add_room(recipient, std::move(search), done);
    });
  }

  void search_only(const lookup::Address& recipient, std::function<void(RecipientSearch)> done) {
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
          done(std::move(search));
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
      case Ask::sender_listed:
        search_only(lookup::split_address(question.key),
                    [done = std::move(done)](RecipientSearch search) { done(std::move(search.answer.answer)); });
        return;
      case Ask::recipient_listed:
        find_recipient(lookup::split_address(question.key),
                       [done = std::move(done)](RecipientAnswer answer) { done(std::move(answer.answer)); });
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
  void open_content_tables(const config::ContentChecks& checks) {
    const auto open = [this](const config::MapRefs& references) {
      ContentTables::List tables;
      for (const auto& map : maps_.open_all(references))
        if (map.table) tables.push_back(map.table);
      return tables;
    };
    content_.header = open(checks.header);
    content_.mime_header = checks.mime_header.empty() ? content_.header : open(checks.mime_header);
    content_.nested_header = checks.nested_header.empty() ? content_.header : open(checks.nested_header);
    content_.body = open(checks.body);
    content_.body_size_limit = checks.body_size_limit;
  }

  /// Is it worth looking at a quota before mail for this recipient is taken?
  bool may_be_full(const RecipientSearch& search) const {
    if (parts_.room == nullptr || !search.answer.answer.is_found()) return false;
    // A list of many is never full as a whole.
    if (search.answer.expands) return search.targets.size() <= 10 && has_quotas_;
    return search.answer.delivery.kind == Delivery::Kind::maildir && search.answer.delivery.quota > 0;
  }

  /// Fills in free_quota where the answer is to be had: behind aliases too, so that nobody bounces what could have been
  /// refused.
  void add_room(const lookup::Address& recipient, RecipientSearch search, std::function<void(RecipientAnswer)> done) {
    if (!may_be_full(search)) return done(std::move(search.answer));
    if (!search.answer.expands)
      return ask_mailboxes({search.answer.delivery}, std::move(search.answer), std::move(done));
    Envelope envelope;
    envelope.recipients.emplace_back().address = recipient;
    run_resolution<ExpansionResult>(
        std::make_shared<Resolution>(),
        [self = shared_from_this(), envelope](Resolution& resolution) {
          return expand_recipients(resolution, *self->rules_, envelope, {}, Copies::no);
        },
        [self = shared_from_this(), answer = std::move(search.answer), done = std::move(done)](ExpansionResult result) {
          auto deliveries = result ? std::move(result->deliveries) : std::vector<Delivery>();
          self->ask_mailboxes(deliveries, answer, done);
        });
  }

  void ask_mailboxes(const std::vector<Delivery>& deliveries, RecipientAnswer answer,
                     std::function<void(RecipientAnswer)> done) {
    ask_room(
        parts_.loop, *parts_.room, mailboxes_of(deliveries, rules_->config->mailboxes.base),
        [self = shared_from_this(), answer = std::move(answer), done = std::move(done)](std::uint64_t octets) mutable {
          answer.free_quota = octets;
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
  bool has_quotas_ = rules_->config->mailboxes.quota_default > 0 || !rules_->config->directories.empty();
  ContentTables content_;
  DnsblGuard dnsbl_;
  std::map<std::string, PolicyService> policy_services_;
};

}  // namespace

std::shared_ptr<Services> make_loop_services(std::shared_ptr<const Generation> generation, LoopParts parts) {
  return std::make_shared<LoopServices>(std::move(generation), std::move(parts));
}

}  // namespace gateway
