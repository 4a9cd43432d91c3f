#include "gateway/assembly/directory_check.hpp"

#include "gateway/assembly/directory_settings.hpp"
#include "lookup/directory_probe.hpp"

namespace gateway {

namespace {

using Subject = lookup::ProbeFault::Subject;

const char* key_of(Subject subject) {
  switch (subject) {
    case Subject::servers:
      return ".servers";
    case Subject::bind:
      return ".bind";
    case Subject::search_base:
      return ".search_base";
    case Subject::preset:
      break;
  }
  return ".preset";
}

/// The key's own line where the file has it, else the directory's.
config::Place place_in(const config::Config& config, const config::Directory& directory, Subject subject) {
  const auto place = place_of(config, "directories." + directory.name + key_of(subject));
  return place.line > 0 ? place : directory.place;
}

}  // namespace

void check_directories(const config::Config& config, std::vector<config::Finding>& findings) {
  const auto is_served = [&config](std::string_view domain) {
    return std::any_of(config.domains.begin(), config.domains.end(),
                       [&](const config::Domain& served) { return lookup::same_name(served.name, domain); });
  };
  for (const auto& directory : config.directories) {
    for (auto& fault : lookup::probe_directory(directory_options(config, directory), is_served))
      findings.push_back({fault.works ? config::Severity::warning : config::Severity::error,
                          place_in(config, directory, fault.subject),
                          "directory \"" + directory.name + "\": " + std::move(fault.text)});
  }
}

}  // namespace gateway
