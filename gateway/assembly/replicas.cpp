#include "gateway/assembly/replicas.hpp"

#include "gateway/assembly/directory_settings.hpp"
#include "gateway/assembly/replica_metrics.hpp"

namespace gateway {

namespace {

/// All that makes another replica of it when it changes.
std::string settings_of(const lookup::ReplicaOptions& options) {
  const auto& directory = options.directory;
  const auto& ldap = directory.ldap;
  std::string text;
  const auto add = [&text](std::string_view part) { text += fmt::format("{}:{}", part.size(), part); };
  for (const auto& server : ldap.servers) add(server);
  for (const auto& [key, value] : directory.overrides) {
    add(key);
    add(value);
  }
  for (const auto& host : directory.local_hosts) add(host);
  for (const auto* part : {&directory.preset, &directory.search_base, &ldap.bind_dn, &ldap.bind_password, &ldap.ca_file,
                           &ldap.cert_file, &ldap.key_file, &options.file})
    add(*part);
  add(fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", static_cast<int>(ldap.bind), static_cast<int>(ldap.tls),
                  static_cast<int>(ldap.verify), ldap.connect_timeout.count(), ldap.search_timeout.count(),
                  static_cast<int>(options.mode), static_cast<int>(options.when_old), options.interval.count(),
                  options.max_age.count(), options.refuse_shrink_percent, directory.cache_positive.count(),
                  directory.cache_negative.count(), directory.cache_stale.count()));
  return text;
}

}  // namespace

bool has_replica(const config::Directory& directory) {
  const auto mode = directory.replica.mode;
  const bool is_file = !directory.servers.empty() && directory.servers.front().starts_with("ldif:");
  return !is_file && mode != config::ReplicaMode::off;
}

lookup::ReplicaOptions replica_options(const config::Config& config, const config::Directory& directory) {
  using config::WhenUnavailable;
  lookup::ReplicaOptions options;
  options.directory = directory_options(config, directory);
  options.mode = directory.replica.mode == config::ReplicaMode::syncrepl  ? lookup::ReplicaMode::syncrepl
                 : directory.replica.mode == config::ReplicaMode::dirsync ? lookup::ReplicaMode::dirsync
                                                                          : lookup::ReplicaMode::poll;
  options.when_old = directory.when_unavailable == WhenUnavailable::replica  ? lookup::WhenReplicaIsOld::replica
                     : directory.when_unavailable == WhenUnavailable::accept ? lookup::WhenReplicaIsOld::accept
                                                                             : lookup::WhenReplicaIsOld::defer;
  options.interval = directory.replica.interval;
  options.max_age = directory.replica.max_age;
  options.refuse_shrink_percent = directory.replica.refuse_shrink_percent;
  options.file = config.state_directory + "/" + directory.name + ".replica";
  return options;
}

ReplicaMap Replicas::use(const config::Config& config) {
  std::map<std::string, lookup::ReplicaOptions> wanted;
  for (const auto& directory : config.directories)
    if (has_replica(directory)) wanted.emplace(directory.name, replica_options(config, directory));
  // An old one must let go of its file before a new one opens it.
  std::erase_if(running_, [&](auto& each) {
    const auto place = wanted.find(each.first);
    if (place != wanted.end() && settings_of(place->second) == each.second.settings) return false;
    each.second.source->stop();
    return true;
  });
  ReplicaMap replicas;
  for (auto& [name, options] : wanted) {
    auto& running = running_[name];
    if (!running.source) {
      running.settings = settings_of(options);
      auto source = lookup::ReplicaSource::open(std::move(options), make_replica_metrics(name, metrics_, log_));
      if (!source) {  // the check has said so
        running_.erase(name);
        continue;
      }
      running.source = std::move(*source);
      if (started_) running.source->start();
    }
    replicas.emplace(name, running.source);
  }
  return replicas;
}

void Replicas::start() {
  started_ = true;
  for (const auto& [name, running] : running_) running.source->start();
}

void Replicas::stop() {
  for (const auto& [name, running] : running_) running.source->stop();
}

}  // namespace gateway
