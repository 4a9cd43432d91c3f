#include <fmt/core.h>
#include <netdb.h>
#include <unistd.h>

#include <cstdio>

#include "gateway/cli/init_templates.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/private_file.hpp"
#include "gateway/cli/verbs.hpp"
#include "gateway/config/read_config.hpp"
#include "lookup/embedded_presets.hpp"

/// `gatepost init`: a first configuration, with what this machine knows of itself filled in.
namespace gateway::cli {

namespace {

int usage() {
  std::fputs(
      "usage: gatepost init --mx | --mailboxes | --smarthost\n"
      "         [--domain DOMAIN] [--hostname NAME] [--relay SERVER] [--output FILE]\n"
      "         [--directory ldap://SERVER|ldaps://SERVER|ldif:PATH] [--base DN] [--preset NAME]\n",
      stderr);
  return exit_usage;
}

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "gatepost init: %s\n", text.c_str());
  return code;
}

/// What `hostname -f` says.
std::string own_name() {
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_family = AF_UNSPEC;
  addrinfo* found = nullptr;
  std::string full = name;
  if (::getaddrinfo(name, nullptr, &hints, &found) == 0 && found != nullptr) {
    if (found->ai_canonname != nullptr && full.find('.') == std::string::npos) full = found->ai_canonname;
    ::freeaddrinfo(found);
  }
  return full;
}

std::string base_of_domain(std::string_view domain) {
  std::string base;
  while (!domain.empty()) {
    const auto dot = domain.find('.');
    base += fmt::format("{}dc={}", base.empty() ? "" : ",", domain.substr(0, dot));
    domain.remove_prefix(dot == std::string_view::npos ? domain.size() : dot + 1);
  }
  return base;
}

bool is_preset(const std::string& name) {
  for (const auto& preset : lookup::embedded_presets())
    if (preset.name == name) return true;
  return false;
}

FirstSettings settings_of(const Options& options) {
  FirstSettings settings;
  settings.hostname = options.value("hostname");
  if (settings.hostname.empty()) settings.hostname = own_name();
  settings.domain = options.value("domain");
  const auto dot = settings.hostname.find('.');
  if (settings.domain.empty())
    settings.domain = dot == std::string::npos ? settings.hostname : settings.hostname.substr(dot + 1);
  settings.directory = options.value("directory");
  settings.search_base = options.value("base", base_of_domain(settings.domain));
  settings.preset = options.value("preset", "inet-local-mail-recipient");
  settings.relay = options.value("relay");
  return settings;
}

}  // namespace

int run_init(std::span<const std::string> arguments) {
  const auto options =
      parse_options(arguments, {"domain", "hostname", "relay", "output", "directory", "base", "preset"},
                    {"mx", "mailboxes", "smarthost"});
  if (!options || !options->rest.empty() || options->flags.size() != 1) return usage();
  auto settings = settings_of(*options);
  if (!is_preset(settings.preset))
    return complain(fmt::format("there is no preset \"{}\"; see gatepost directory presets", settings.preset),
                    exit_usage);
  std::string text;
  if (options->has("mx")) {
    if (settings.relay.empty()) settings.relay = "[mail." + settings.domain + "]:25";
    text = mx_template(settings);
  } else if (options->has("mailboxes")) {
    if (settings.directory.empty()) settings.directory = "ldap://localhost";
    text = mailboxes_template(settings);
  } else {
    if (settings.relay.empty()) settings.relay = "[smtp." + settings.domain + "]:587";
    text = smarthost_template(settings);
  }
  std::vector<config::Finding> warnings;
  const auto read = config::read_config_text(text, "gatepost.yaml", warnings);
  if (!read) {
    // A name that no configuration can have.
    for (const auto& finding : read.error()) complain(finding.text, 0);
    return exit_usage;
  }
  if (!options->has("output"))
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? exit_done : exit_failed;
  const auto output = options->value("output");
  if (const auto written = write_private_file(output, text, Readers::everybody); !written)
    return complain(written.error(), exit_failed);
  std::printf("wrote %s; next: gatepost check -c %s\n", output.c_str(), output.c_str());
  return exit_done;
}

}  // namespace gateway::cli
