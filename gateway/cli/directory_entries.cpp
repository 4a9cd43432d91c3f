#include "gateway/cli/directory_entries.hpp"

#include <cstdio>

#include "gateway/assembly/replicas.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "lookup/directory_options.hpp"
#include "lookup/distinguished_name.hpp"
#include "lookup/ldif_source.hpp"
#include "lookup/ldif_text.hpp"
#include "lookup/replica_file.hpp"
#include "lookup/replica_record.hpp"

/// Reading whole directories for commands.
namespace gateway::cli {

namespace {

using Visit = std::function<void(const std::string&, const lookup::Entry&)>;

/// False when there is no complete replica on disk.
bool visit_replica(const lookup::ReplicaOptions& options, const Visit& visit) {
  const auto file = lookup::ReplicaFile::open(options.file, lookup::ReplicaFile::Access::read);
  if (!file) return false;
  std::vector<std::pair<std::string, std::string>> records;
  const auto meta = (*file)->read(
      [&](const std::string& id, std::uint64_t, std::string_view octets) { records.emplace_back(id, octets); });
  if (!meta || meta->count == 0) return false;
  lookup::Entry entry;
  for (const auto& [id, octets] : records)
    if (lookup::decode_entry(octets, entry)) visit(id, entry);
  return true;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

}  // namespace

std::shared_ptr<const config::Config> read_configuration(const Options& options) {
  std::vector<config::Finding> findings;
  auto config = config::read_config(options.config_path, findings);
  if (config) return *config;
  for (const auto& finding : config.error()) std::fprintf(stderr, "%s\n", to_string(finding).c_str());
  return nullptr;
}

tl::expected<OpenedDirectory, std::string> open_directory(const config::Config& config, const std::string& name) {
  for (const auto& directory : config.directories) {
    if (directory.name != name) continue;
    auto layout = lookup::ReplicaSource::layout_of(replica_options(config, directory));
    if (!layout) return tl::unexpected(layout.error());
    return OpenedDirectory{&directory, std::move(*layout)};
  }
  return tl::unexpected("no directory \"" + name + "\"");
}

tl::expected<void, EntriesFault> for_each_entry(const config::Config& config, const OpenedDirectory& directory,
                                                std::string& source, const Visit& visit) {
  const auto options = replica_options(config, *directory.settings);
  if (lookup::is_ldif(options.directory)) {
    source = options.directory.ldap.servers.front();
    const auto path = source.substr(std::string_view("ldif:").size());
    const auto faults =
        lookup::read_ldif_file(path, [&](lookup::Entry&& entry) { visit(lookup::normalised_dn(entry.name), entry); });
    if (!faults) return tl::unexpected(EntriesFault{exit_failed, faults.error()});
    // Whose record cannot be read would seem to have left.
    if (!faults->empty())
      return tl::unexpected(
          EntriesFault{exit_failed, path + ":" + std::to_string(faults->front().line) + ": " + faults->front().text});
    return {};
  }
  source = "the replica";
  if (has_replica(*directory.settings) && visit_replica(options, visit)) return {};
  source = joined(directory.settings->servers);
  const auto content = lookup::ReplicaSource::read_live(options);
  if (!content) return tl::unexpected(EntriesFault{exit_temporary, content.error()});
  lookup::Entry entry;
  content->for_each([&](const lookup::ReplicaContent::Record& record) {
    if (lookup::decode_entry(record.octets, entry)) visit(lookup::normalised_dn(entry.name), entry);
  });
  return {};
}

int export_directory(const Options& options, const std::string& name) {
  const auto format = options.value("format", "ldif");
  if (format != "ldif" && format != "postfix-hash") {
    std::fprintf(stderr, "gatepost: --format is ldif or postfix-hash\n");
    return exit_usage;
  }
  const auto config = read_configuration(options);
  if (!config) return exit_failed;
  const auto directory = open_directory(*config, name);
  if (!directory) {
    std::fprintf(stderr, "gatepost: %s\n", directory.error().c_str());
    return exit_failed;
  }
  std::string source, text;
  const auto& layout = *directory->layout;
  const auto done = for_each_entry(*config, *directory, source, [&](const std::string&, const lookup::Entry& entry) {
    if (format == "ldif") {
      auto shown = entry;
      std::erase_if(shown.attributes, [](const lookup::Attribute& attribute) {
        return lookup::same_name(lookup::without_options(attribute.name), "userPassword");
      });
      return lookup::append_ldif(text, shown);
    }
    const auto read = layout.read(entry);
    if (read && !read->may_receive) return;
    for (const auto& address : layout.addresses(entry, layout.preset().recipient.addresses)) text += address + "\tOK\n";
  });
  if (!done) {
    std::fprintf(stderr, "gatepost: directory %s: %s\n", name.c_str(), done.error().text.c_str());
    return done.error().code;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? exit_done : exit_failed;
}

}  // namespace gateway::cli
