#include <cstdio>
#include <iostream>

#include "gateway/cli/program_names.hpp"
#include "gateway/cli/queue_change.hpp"
#include "gateway/cli/queue_verbs.hpp"
#include "gateway/cli/short_options.hpp"
#include "gateway/cli/verbs.hpp"

/// `postsuper`: operators' changes of the queue under the names and options of Postfix.
namespace gateway::cli {

namespace {

struct Action {
  char option;
  std::vector<QueueVerb> verbs;
  const char* said;
};

const Action* find_action(char option) {
  static const Action all[] = {
      {'d', {QueueVerb::remove}, "Deleted"},
      {'h', {QueueVerb::hold}, "Placed on hold"},
      {'H', {QueueVerb::release}, "Released from hold"},
      {'r', {QueueVerb::requeue}, "Requeued"},
      {'e', {QueueVerb::expire}, "Expired"},
      // Released first: what is on hold is not looked at.
      {'f', {QueueVerb::release, QueueVerb::expire}, "Force-expired"},
  };
  for (const auto& action : all)
    if (action.option == option) return &action;
  return nullptr;
}

int usage() {
  std::fputs("usage: postsuper [-c FILE] [-d|-h|-H|-r|-e|-f ID|ALL|-]... [hold|incoming|active|deferred|corrupt]...\n",
             stderr);
  return exit_usage;
}

/// Our states for Postfix's queues; nullopt for a name that is none. Empty: all of them.
std::optional<std::vector<std::string>> states_of(const std::vector<std::string>& queues) {
  std::vector<std::string> states;
  for (const auto& queue : queues) {
    if (queue == "hold" || queue == "deferred" || queue == "corrupt")
      states.push_back(queue);
    else if (queue == "active" || queue == "incoming")
      states.emplace_back("queued");
    else if (queue != "maildrop")
      return std::nullopt;
  }
  return states;
}

/// "65BC9A3F1D2E4*" of mailq is an ID as well.
std::optional<MessageId> id_of(std::string text) {
  while (!text.empty() && (text.back() == '*' || text.back() == '!' || text.back() == '#')) text.pop_back();
  return parse_message_id(text);
}

std::vector<std::string> words_of_input() {
  std::vector<std::string> words;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    words.push_back(line.substr(begin, line.find_first_of(" \t\r", begin) - begin));
  }
  return words;
}

/// One option: its IDs, or ALL. Returns the exit code and adds to `hits`.
int change(const Action& action, const std::vector<std::string>& names, const std::vector<std::string>& states,
           const std::string& config_file, std::size_t& hits) {
  QueueOptions options;
  options.config_file = config_file;
  for (const auto& name : names) {
    if (name == "ALL") {
      options.all = true;
      continue;
    }
    const auto id = id_of(name);
    if (!id) return complain("\"" + name + "\" is not a queue ID (all messages are ALL)", exit_usage);
    options.filter.ids.push_back(*id);
  }
  if (options.filter.ids.empty() && !options.all) return exit_done;
  int code = exit_done;
  for (const auto verb : action.verbs) {
    std::size_t count = 0;
    for (const auto& state : states.empty() ? std::vector<std::string>{""} : states) {
      auto one = options;
      one.filter.state = verb == QueueVerb::release && state.empty() && options.all ? "hold" : state;
      one.hits = &count;
      if (const int failed = queue_change(verb, std::move(one)); failed != exit_done) code = failed;
    }
    if (verb == action.verbs.back()) hits += count;
  }
  return code;
}

}  // namespace

int run_postsuper(std::span<const std::string> arguments) {
  const auto given = parse_short_options("postsuper", "c:d:e:f:h:H:r:psSv", arguments);
  if (!given) return usage();
  const auto states = states_of(given->rest);
  if (!states) return usage();
  int code = exit_done;
  for (const auto& option : given->options) {
    const auto* action = find_action(option.name);
    if (action == nullptr) continue;  // -p -s -S: the queue needs no repair from outside
    std::size_t hits = 0;
    const auto names = option.value == "-" ? words_of_input() : std::vector<std::string>{option.value};
    if (const int failed = change(*action, names, *states, given->value('c'), hits); failed != exit_done) code = failed;
    if (hits != 0) std::fprintf(stderr, "postsuper: %s: %zu message%s\n", action->said, hits, hits == 1 ? "" : "s");
  }
  return code;
}

}  // namespace gateway::cli
