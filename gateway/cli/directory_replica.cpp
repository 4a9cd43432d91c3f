#include "gateway/cli/directory_replica.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <map>

#include "gateway/admin/control_socket.hpp"
#include "gateway/admin/directory_verbs.hpp"
#include "gateway/assembly/replicas.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/replica_file.hpp"
#include "lookup/replica_record.hpp"

namespace gateway::cli {

namespace {

constexpr std::size_t most_shown = 1000;

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "gatepost: %s\n", text.c_str());
  return code;
}

std::shared_ptr<const config::Config> read(const Options& options) {
  std::vector<config::Finding> findings;
  auto config = config::read_config(options.config_path, findings);
  if (config) return *config;
  for (const auto& finding : config.error()) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
  return nullptr;
}

/// nullptr after printing that there is no such directory, or none that is followed.
const config::Directory* find_followed(const config::Config& config, const std::string& name) {
  for (const auto& directory : config.directories) {
    if (directory.name != name) continue;
    if (has_replica(directory)) return &directory;
    complain("directory \"" + name + "\" has no replica", exit_failed);
    return nullptr;
  }
  complain("no directory \"" + name + "\"", exit_failed);
  return nullptr;
}

/// Addresses of a directory's entries, by normalised DN.
struct Listed {
  std::string octets, shown;
};
using Listing = std::map<std::string, Listed>;

class Lister {
 public:
  Lister(const lookup::Layout& layout, Listing& listing) : layout_(layout), listing_(listing) {}

  void add(std::string_view octets) {
    if (!lookup::decode_entry(octets, entry_)) return;
    std::string shown = entry_.name;
    for (const auto& address : layout_.addresses(entry_, layout_.preset().recipient.addresses)) shown += " " + address;
    // Servers may list attributes in any order: that is no difference.
    for (auto& attribute : entry_.attributes) std::sort(attribute.values.begin(), attribute.values.end());
    std::sort(entry_.attributes.begin(), entry_.attributes.end(),
              [](const auto& left, const auto& right) { return left.name < right.name; });
    listing_[lookup::normalised_dn(entry_.name)] = {lookup::encode_entry(entry_), std::move(shown)};
  }

 private:
  const lookup::Layout& layout_;
  Listing& listing_;
  lookup::Entry entry_;
};

struct Difference {
  std::vector<std::string> added, removed, changed;  // of the servers against the replica
};

Difference compare(const Listing& live, const Listing& replica) {
  Difference difference;
  for (const auto& [dn, entry] : live) {
    const auto known = replica.find(dn);
    if (known == replica.end()) {
      difference.added.push_back(entry.shown);
    } else if (known->second.octets != entry.octets) {
      difference.changed.push_back(entry.shown);
    }
  }
  for (const auto& [dn, entry] : replica)
    if (!live.contains(dn)) difference.removed.push_back(entry.shown);
  return difference;
}

void print(char mark, const std::vector<std::string>& entries) {
  for (std::size_t i = 0; i < entries.size() && i < most_shown; ++i) fmt::print("{} {}\n", mark, entries[i]);
  if (entries.size() > most_shown) fmt::print("{} ... and {} more\n", mark, entries.size() - most_shown);
}

}  // namespace

std::string replica_status(const config::Config& config, const config::Directory& directory) {
  const auto answer = ask_daemon(config.control.socket, {{"directory", "status", directory.name}}, 5);
  if (answer && answer->exit_code == 0) return answer->text;
  const auto options = replica_options(config, directory);
  const auto file = lookup::ReplicaFile::open(options.file, lookup::ReplicaFile::Access::read);
  if (!file) return directory.name + ": replica: " + file.error() + "\n";
  lookup::ReplicaStatus status;
  const auto meta = (*file)->read([](const std::string&, std::uint64_t, std::string_view) {});
  if (!meta) return directory.name + ": replica: " + meta.error() + "\n";
  status.state = meta->count > 0 ? lookup::ReplicaState::stale : lookup::ReplicaState::empty;
  status.people = meta->count;
  status.last_success = meta->last_success;
  status.server = meta->server;
  status.cookie = meta->cookie;
  status.trouble = "from its file; no daemon runs";
  return render_replica(directory.name, options.mode, status);
}

int sync_replica(const Options& options, const std::string& name) {
  const auto config = read(options);
  if (!config || find_followed(*config, name) == nullptr) return exit_failed;
  ControlRequest request{{"directory", "sync", name}};
  for (const auto* flag : {"full", "accept"})
    if (options.flags.contains(flag)) request.words.emplace_back(flag);
  const auto answer = ask_daemon(config->control.socket, request, 300);
  if (!answer) return complain(answer.error(), exit_failed);
  std::fputs(answer->text.c_str(), answer->exit_code == 0 ? stdout : stderr);
  return answer->exit_code;
}

int compare_replica(const Options& options, const std::string& name) {
  const auto config = read(options);
  const auto* directory = config ? find_followed(*config, name) : nullptr;
  if (directory == nullptr) return exit_failed;
  const auto settings = replica_options(*config, *directory);
  const auto layout = lookup::ReplicaSource::layout_of(settings);
  if (!layout) return complain(layout.error(), exit_failed);
  const auto file = lookup::ReplicaFile::open(settings.file, lookup::ReplicaFile::Access::read);
  if (!file) return complain(file.error(), exit_failed);
  Listing replica, live;
  Lister of_replica(**layout, replica), of_live(**layout, live);
  const auto meta =
      (*file)->read([&](const std::string&, std::uint64_t, std::string_view octets) { of_replica.add(octets); });
  if (!meta) return complain(meta.error(), exit_failed);
  const auto content = lookup::ReplicaSource::read_live(settings);
  if (!content) return complain("directory " + name + ": " + content.error(), exit_temporary);
  content->for_each([&](const lookup::ReplicaContent::Record& record) { of_live.add(record.octets); });
  const auto difference = compare(live, replica);
  fmt::print("{}: {} entries at the servers, {} in the replica: {} added, {} removed, {} changed\n", name, live.size(),
             replica.size(), difference.added.size(), difference.removed.size(), difference.changed.size());
  print('+', difference.added);
  print('-', difference.removed);
  print('~', difference.changed);
  return exit_done;
}

}  // namespace gateway::cli
