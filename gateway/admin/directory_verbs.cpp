#include "gateway/admin/directory_verbs.hpp"

#include <fmt/core.h>

namespace gateway {

namespace {

constexpr int failed = 1, usage = 64, temporary = 75;

std::string age_of(std::chrono::system_clock::time_point when) {
  if (when == std::chrono::system_clock::time_point{}) return "never";
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - when).count();
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 7200) return fmt::format("{} min ago", seconds / 60);
  return fmt::format("{} h ago", seconds / 3600);
}

/// A cookie is text with most servers; what is not is shown as a dot.
std::string visible(const std::string& octets) {
  std::string text;
  for (const char octet : octets.substr(0, 200)) text += octet >= 0x20 && octet < 0x7f ? octet : '.';
  return text.empty() ? "-" : text;
}

}  // namespace

std::string render_replica(const std::string& name, lookup::ReplicaMode mode, const lookup::ReplicaStatus& status) {
  auto text =
      fmt::format("{}: replica by {}, {}, {} entries ({} groups), complete {}\n", name, to_string(mode),
                  to_string(status.state), status.people + status.groups, status.groups, age_of(status.last_success));
  if (!status.trouble.empty()) text += fmt::format("  why            {}\n", visible(status.trouble));
  text += fmt::format("  server         {}\n", status.server.empty() ? "-" : status.server);
  if (mode == lookup::ReplicaMode::syncrepl) text += fmt::format("  cookie         {}\n", visible(status.cookie));
  if (status.octets > 0) text += fmt::format("  memory         {} KiB\n", status.octets / 1024);
  return text;
}

void run_directory_verb(const ReplicaMap& replicas, const ControlRequest& request,
                        std::function<void(ControlAnswer)> done) {
  const auto& words = request.words;
  const bool is_status = words.size() >= 2 && words[1] == "status";
  if (words.size() < 2 || (!is_status && (words[1] != "sync" || words.size() < 3)))
    return done({usage, "directory status [NAME] | directory sync NAME [full] [accept]\n"});
  if (is_status) {
    ControlAnswer answer;
    for (const auto& [name, source] : replicas)
      if (words.size() < 3 || words[2] == name)
        answer.text += render_replica(name, source->options().mode, source->status());
    return done(answer);
  }
  const auto replica = replicas.find(words[2]);
  if (replica == replicas.end()) return done({failed, "directory \"" + words[2] + "\" has no replica\n"});
  const bool whole = std::find(words.begin() + 3, words.end(), "full") != words.end();
  const bool accept = std::find(words.begin() + 3, words.end(), "accept") != words.end();
  replica->second->sync(whole ? lookup::ReplicaSource::Refresh::whole : lookup::ReplicaSource::Refresh::changes, accept,
                        [name = words[2], done = std::move(done)](const lookup::ReplicaSource::Outcome& outcome) {
                          done({outcome.good ? 0 : temporary, name + ": " + outcome.text + "\n"});
                        });
}

}  // namespace gateway
