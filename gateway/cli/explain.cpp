#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "gateway/cli/dry_run.hpp"
#include "gateway/cli/explain_addresses.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "policy/judge.hpp"

/// `gatepost explain`: what a client would be told, and why, item by item. The same judge() and the same resolution as
/// in the daemon, with their traces printed.
namespace gateway::cli {

namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Timing {
  policy::Question question;
  double milliseconds = 0;
};

/// One dry run: the facts, what was asked, and what came out.
struct Explanation {
  policy::Facts facts;
  policy::Answers answers;
  policy::Trace trace;
  std::vector<Timing> timings;
  policy::Verdict verdict;
  AddressExplanation addresses;
};

std::string_view ask_text(policy::Ask ask) {
  static constexpr std::string_view names[] = {
      "table",         "A",         "AAAA",    "MX",    "NS",     "TXT",
      "DNSBL",         "recipient", "sender",  "login", "policy", "verify recipient",
      "verify sender", "rate",      "greylist"};
  return names[static_cast<std::size_t>(ask)];
}

/// Judges until nothing is open, asking what the session would ask.
policy::Verdict judge_all(DryRun& dry_run, const policy::RuleSet& rules, Explanation& explanation) {
  for (int round = 0; round < 100; ++round) {
    explanation.trace.clear();
    auto judgement =
        policy::judge(rules, policy::Stage::recipient, explanation.facts, explanation.answers, &explanation.trace);
    if (auto* verdict = std::get_if<policy::Verdict>(&judgement)) return std::move(*verdict);
    const auto& questions = std::get<std::vector<policy::Question>>(judgement);
    std::size_t left = questions.size();
    const bool answered = dry_run.run([&](const std::function<void()>& finish) {
      for (const auto& question : questions) {
        const auto begin = Clock::now();
        dry_run.services().answer(question, explanation.facts, [&, question, begin, finish](lookup::Answer answer) {
          explanation.timings.push_back(
              {question, std::chrono::duration<double, std::milli>(Clock::now() - begin).count()});
          explanation.answers.add(question, std::move(answer));
          if (--left == 0) finish();
        });
      }
    });
    if (!answered) break;
  }
  policy::Verdict late;
  late.action = policy::Verdict::Action::refuse;
  late.code = 451;
  late.dsn = "4.3.0";
  late.text = "the questions were not answered in time";
  return late;
}

double time_of(const Explanation& explanation, const policy::Question& question) {
  for (const auto& timing : explanation.timings)
    if (timing.question == question) return timing.milliseconds;
  return 0;
}

std::string reply_of(const policy::Verdict& verdict) {
  if (verdict.is_permit()) return "250 2.1.5 Ok";
  return fmt::format("{} {} {}", verdict.code, verdict.dsn, verdict.text);
}

void print_text(const Explanation& explanation, const std::string& listener) {
  const auto& facts = explanation.facts;
  std::printf("listener %s, client %s[%s]%s, helo <%s>, from <%s>, to <%s>\n", listener.c_str(),
              facts.client_name.c_str(), facts.client_address.to_string().c_str(),
              facts.client_in_mynetworks ? " (mynetworks)" : "", facts.helo.c_str(), facts.sender.to_string().c_str(),
              facts.recipient.to_string().c_str());
  std::string_view stage;
  for (const auto& step : explanation.trace) {
    if (to_string(step.stage) != stage) {
      stage = to_string(step.stage);
      std::printf("%s\n", std::string(stage).c_str());
    }
    std::printf("  %-50s %s\n", step.item.c_str(), step.outcome.c_str());
    for (std::size_t i = 0; i < step.asked.size(); ++i) {
      const auto& question = step.asked[i];
      const lookup::Answer none;
      const auto& answer = i < step.answers.size() ? step.answers[i] : none;
      std::printf(
          "      %s %s %s: %s%s%s (%.1f ms)\n", std::string(ask_text(question.ask)).c_str(), question.where.c_str(),
          question.key.c_str(), std::string(kind_text(answer)).c_str(), answer.values.empty() ? "" : " ",
          answer.is_unavailable() ? answer.detail.c_str() : answer.joined().c_str(), time_of(explanation, question));
    }
  }
  print_rewriting("sender", explanation.addresses.sender);
  print_rewriting("recipient", explanation.addresses.recipient);
  print_steps("resolution", explanation.addresses.steps);
  std::printf("reply    %s\n", reply_of(explanation.verdict).c_str());
  if (!explanation.verdict.is_permit())
    std::printf("reason   %s%s%s\n", std::string(to_string(explanation.verdict.reason)).c_str(),
                explanation.verdict.item.empty() ? "" : " by ", explanation.verdict.item.c_str());
  else
    for (const auto& line : delivery_lines(explanation.addresses)) std::printf("delivery %s\n", line.c_str());
}

void print_json(const Explanation& explanation, const std::string& listener) {
  Json steps = Json::array();
  for (const auto& step : explanation.trace) {
    Json asked = Json::array();
    for (std::size_t i = 0; i < step.asked.size(); ++i) {
      const lookup::Answer none;
      const auto& answer = i < step.answers.size() ? step.answers[i] : none;
      asked.push_back({{"ask", ask_text(step.asked[i].ask)},
                       {"where", step.asked[i].where},
                       {"key", step.asked[i].key},
                       {"answer", kind_text(answer)},
                       {"values", answer.values},
                       {"detail", answer.detail},
                       {"milliseconds", time_of(explanation, step.asked[i])}});
    }
    steps.push_back(
        {{"stage", to_string(step.stage)}, {"item", step.item}, {"asked", asked}, {"outcome", step.outcome}});
  }
  const auto& verdict = explanation.verdict;
  const Json document = {{"listener", listener},
                         {"client", explanation.facts.client_address.to_string()},
                         {"helo", explanation.facts.helo},
                         {"from", explanation.facts.sender.to_string()},
                         {"to", explanation.facts.recipient.to_string()},
                         {"steps", steps},
                         {"rewriting",
                          {{"sender", to_json(explanation.addresses.sender.steps)},
                           {"recipient", to_json(explanation.addresses.recipient.steps)}}},
                         {"resolution", to_json(explanation.addresses.steps)},
                         {"action", verdict.is_permit()   ? "accept"
                                    : verdict.code >= 500 ? "reject"
                                                          : "defer"},
                         {"reply", reply_of(verdict)},
                         {"code", verdict.is_permit() ? 250 : verdict.code},
                         {"dsn", verdict.is_permit() ? "2.1.5" : verdict.dsn},
                         {"reason", to_string(verdict.reason)},
                         {"item", verdict.item},
                         {"delivery", verdict.is_permit() ? delivery_lines(explanation.addresses).front() : ""},
                         {"deliveries", verdict.is_permit() ? deliveries_json(explanation.addresses) : Json::array()}};
  std::printf("%s\n", document.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

int usage() {
  std::fputs(
      "usage: gatepost explain [-c FILE] --client IP[,NAME] --helo H --from A --to B [--login U] [--tls] [--size N] "
      "[--listener L] "
      "[--json]\n",
      stderr);
  return exit_usage;
}

}  // namespace

int run_explain(std::span<const std::string> arguments) {
  const auto options =
      parse_options(arguments, {"client", "helo", "from", "to", "login", "listener", "size"}, {"tls", "json"});
  if (!options || !options->rest.empty() || !options->has("client") || !options->has("to")) return usage();
  const std::string client = options->value("client");
  const auto comma = client.find(',');
  const auto ip = lookup::parse_ip(std::string_view(client).substr(0, comma));
  if (!ip) {
    std::fprintf(stderr, "gatepost: --client %s is no IP address\n", client.c_str());
    return exit_usage;
  }
  for (const char* name : {"from", "to"}) {
    std::string text = options->value(name);
    if (text.size() > 1 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
    if (lookup::parse_address(text)) continue;
    std::fprintf(stderr, "gatepost: --%s %s is no address\n", name, text.c_str());
    return exit_usage;
  }
  const auto dry_run = DryRun::open(options->config_path);
  if (!dry_run) return exit_failed;
  const auto& config = *dry_run->generation().config;
  std::size_t index = 0;
  if (options->has("listener")) {
    while (index < config.listeners.size() && config.listeners[index].name != options->value("listener")) ++index;
    if (index == config.listeners.size()) {
      std::fprintf(stderr, "gatepost: no listener \"%s\"\n", options->value("listener").c_str());
      return exit_usage;
    }
  }

  Explanation explanation;
  auto& facts = explanation.facts;
  facts.client_address = *ip;
  if (comma != std::string::npos) {
    facts.client_name = facts.reverse_client_name = client.substr(comma + 1);
  } else {
    dry_run->run([&](const std::function<void()>& finish) {
      dry_run->services().client_names(*ip, [&facts, finish](const Services::ClientNames& names) {
        facts.client_name = names.verified;
        facts.reverse_client_name = names.reverse;
        facts.client_name_unavailable = names.unavailable;
        finish();
      });
    });
  }
  for (const auto& network : config.mynetworks)
    if (network.contains(*ip)) facts.client_in_mynetworks = true;
  facts.protocol = "ESMTP";
  facts.helo = options->value("helo", facts.client_name == "unknown" ? "[" + ip->to_string() + "]" : facts.client_name);
  const auto plain = [](std::string text) {
    return text.size() > 1 && text.front() == '<' && text.back() == '>' ? text.substr(1, text.size() - 2) : text;
  };
  facts.has_sender = facts.has_recipient = true;
  auto& addresses = explanation.addresses;
  const auto given = [&](const char* name) { return *lookup::parse_address(plain(options->value(name))); };
  addresses.sender = explain_rewriting(*dry_run, given("from"), Services::Role::sender);
  addresses.recipient = explain_rewriting(*dry_run, given("to"), Services::Role::recipient);
  facts.sender = addresses.sender.address;
  facts.recipient = addresses.recipient.address;
  if (const auto size = options->value("size"); !size.empty()) facts.size = std::strtoull(size.c_str(), nullptr, 10);
  const auto is_unqualified = [](const std::string& text) { return !text.empty() && text.find('@') == text.npos; };
  facts.sender_was_unqualified = is_unqualified(plain(options->value("from")));
  facts.recipient_was_unqualified = is_unqualified(plain(options->value("to")));
  facts.sender_class = dry_run->services().class_of(facts.sender);
  facts.recipient_class = dry_run->services().class_of(facts.recipient);
  facts.recipient_is_routed = facts.recipient.local.find_first_of("@%!") != std::string::npos;
  facts.login = options->value("login");
  if (!facts.login.empty()) facts.sasl_method = "PLAIN";
  if (options->flags.contains("tls")) {
    facts.tls_protocol = "TLSv1.3";
    facts.tls_cipher = "TLS_AES_256_GCM_SHA384";
    facts.tls_bits = 256;
  }

  explanation.verdict = judge_all(*dry_run, *dry_run->generation().rules[index], explanation);
  explain_recipient(*dry_run, facts, addresses);
  if (explanation.verdict.is_permit())
    if (auto refusal = refusal_of(addresses, facts, config)) explanation.verdict = std::move(*refusal);

  if (options->flags.contains("json"))
    print_json(explanation, config.listeners[index].name);
  else
    print_text(explanation, config.listeners[index].name);
  if (explanation.verdict.is_permit()) return exit_done;
  return explanation.verdict.code >= 500 ? exit_failed : exit_temporary;
}

}  // namespace gateway::cli
