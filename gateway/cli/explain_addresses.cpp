#include "gateway/cli/explain_addresses.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "gateway/resolve/posting.hpp"
#include "gateway/resolve/rewriting.hpp"
#include "gateway/smtp/replies.hpp"

namespace gateway::cli {

namespace {

using Json = nlohmann::json;

std::string value_text(const lookup::Answer& answer) {
  return answer.is_unavailable() ? answer.detail : answer.joined();
}

std::string delivery_text(const Delivery& delivery) {
  switch (delivery.kind) {
    case Delivery::Kind::maildir:
      return "mailbox " + delivery.path +
             (delivery.quota == 0 ? "" : fmt::format(" (quota {} octets)", delivery.quota));
    case Delivery::Kind::relay:
      return "route " + delivery.route + (delivery.nexthop.empty() ? "" : " to " + delivery.nexthop);
    case Delivery::Kind::discard:
      return "discarded";
    case Delivery::Kind::defer:
      return "deferred: " + delivery.dsn + " " + delivery.reply;
    case Delivery::Kind::fail:
      return "bounced: " + delivery.dsn + " " + delivery.reply;
  }
  return "";
}

policy::Verdict verdict_of(const Reply& reply, policy::Reason reason) {
  policy::Verdict verdict;
  verdict.action = policy::Verdict::Action::refuse;
  verdict.code = reply.code;
  verdict.dsn = reply.dsn;
  verdict.text = reply.text;
  verdict.reason = reason;
  return verdict;
}

/// Calls `each` with every recipient of the message and of those that would be stored beside it.
template <typename Each>
void for_each_delivery(const AddressExplanation& explanation, const Each& each) {
  if (!explanation.expansion || !*explanation.expansion) return;
  const auto list = [&](const Services::Expansion& message) {
    for (std::size_t at = 0; at < message.deliveries.size(); ++at)
      each(message, message.envelope.recipients[at], message.deliveries[at]);
  };
  const auto& main = **explanation.expansion;
  list(main);
  for (const auto& other : main.others) list(other);
}

}  // namespace

std::string_view kind_text(const lookup::Answer& answer) {
  return answer.is_found() ? "found" : answer.is_absent() ? "absent" : "unavailable";
}

RewrittenStep explain_rewriting(DryRun& dry_run, const lookup::Address& given, Services::Role role) {
  using Result = tl::expected<lookup::Address, lookup::Answer>;
  RewrittenStep step;
  step.given = step.address = given;
  auto resolution = std::make_shared<Resolution>(true);
  dry_run.run([&](const std::function<void()>& finish) {
    run_resolution<Result>(
        resolution,
        [&](Resolution& asked) -> std::optional<Result> {
          if (given.is_null()) return Result(given);
          return rewrite_envelope_address(asked, dry_run.rules(), given, role);
        },
        [&step, finish](Result result) {
          if (result)
            step.address = std::move(*result);
          else
            step.failure = std::move(result.error());
          finish();
        });
  });
  step.steps = resolution->steps();
  return step;
}

void explain_recipient(DryRun& dry_run, const policy::Facts& facts, AddressExplanation& explanation) {
  dry_run.run([&](const std::function<void()>& finish) {
    dry_run.services().find_recipient(facts.recipient, [&explanation, finish](RecipientAnswer answer) {
      explanation.answer = std::move(answer);
      finish();
    });
  });
  Envelope envelope;
  envelope.sender = facts.sender;
  envelope.recipients.emplace_back().address = facts.recipient;
  auto resolution = std::make_shared<Resolution>(true);
  dry_run.run([&](const std::function<void()>& finish) {
    run_resolution<ExpansionResult>(
        resolution, [&](Resolution& asked) { return expand_recipients(asked, dry_run.rules(), envelope, {}); },
        [&explanation, finish](ExpansionResult result) {
          explanation.expansion = std::move(result);
          finish();
        });
  });
  explanation.steps = resolution->steps();
}

std::optional<policy::Verdict> refusal_of(const AddressExplanation& explanation, const policy::Facts& facts,
                                          const config::Config& config) {
  using policy::Reason;
  for (const auto* step : {&explanation.sender, &explanation.recipient})
    if (step->failure) return verdict_of(replies::lookup_failure(step->given.to_string()), Reason::lookup_failed);
  const auto& answer = explanation.answer;
  const auto text = facts.recipient.to_string();
  if (answer.answer.is_unavailable()) return verdict_of(replies::lookup_failure(text), Reason::lookup_failed);
  if (answer.answer.is_absent())
    return verdict_of(
        answer.relocated ? replies::user_moved(text, answer.answer.detail) : replies::unknown_user(text, answer.table),
        Reason::unknown_recipient);
  if (!may_post(answer.senders, {facts.sender, facts.client_in_mynetworks, !facts.login.empty()}))
    return verdict_of(replies::sender_may_not_post(text), Reason::restriction);
  if (answer.free_quota == 0 || answer.free_quota < facts.size)
    return verdict_of(replies::mailbox_full(text, config.mailboxes.full_action == config::FullAction::bounce),
                      Reason::storage);
  if (explanation.expansion && !*explanation.expansion) {
    const auto& why = explanation.expansion->error();
    return verdict_of({why.code, why.dsn, why.text}, why.reason);
  }
  return std::nullopt;
}

std::vector<std::string> delivery_lines(const AddressExplanation& explanation) {
  std::vector<std::string> lines;
  for_each_delivery(explanation, [&](const auto& message, const auto& recipient, const Delivery& delivery) {
    auto line = fmt::format("<{}> {}", recipient.address.to_string(), delivery_text(delivery));
    if (message.content == Services::Expansion::Content::journal_report)
      line += " (journal report)";
    else if (!(message.envelope.sender == explanation.sender.address))
      line += fmt::format(" (from <{}>)", message.envelope.sender.to_string());
    lines.push_back(std::move(line));
  });
  if (lines.empty()) lines.emplace_back("discarded");
  if (lines.size() == 1 && explanation.answer.free_quota != UINT64_MAX)
    lines.front() += fmt::format(", {} octets left", explanation.answer.free_quota);
  return lines;
}

void print_steps(const std::string& title, const std::vector<ResolutionStep>& steps) {
  if (steps.empty()) return;
  std::printf("%s\n", title.c_str());
  for (const auto& step : steps)
    std::printf("  %s %s: %s %s\n", step.map.c_str(), step.key.c_str(), std::string(kind_text(step.answer)).c_str(),
                value_text(step.answer).c_str());
}

void print_rewriting(const std::string& what, const RewrittenStep& step) {
  if (step.steps.empty() && step.given == step.address && !step.failure) return;
  print_steps("rewriting of the " + what, step.steps);
  std::printf(
      "  <%s> becomes %s\n", step.given.to_string().c_str(),
      step.failure ? ("unavailable: " + step.failure->detail).c_str() : ("<" + step.address.to_string() + ">").c_str());
}

Json to_json(const std::vector<ResolutionStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps)
    list.push_back(
        {{"map", step.map}, {"key", step.key}, {"answer", kind_text(step.answer)}, {"values", step.answer.values}});
  return list;
}

Json deliveries_json(const AddressExplanation& explanation) {
  Json list = Json::array();
  for_each_delivery(explanation, [&](const auto& message, const auto& recipient, const Delivery& delivery) {
    list.push_back({{"recipient", recipient.address.to_string()},
                    {"original", recipient.original},
                    {"sender", message.envelope.sender.to_string()},
                    {"journal", message.content == Services::Expansion::Content::journal_report},
                    {"delivery", delivery_text(delivery)}});
  });
  return list;
}

}  // namespace gateway::cli
