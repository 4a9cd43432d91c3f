#include <cstdio>

#include "gateway/cli/ask_map.hpp"
#include "gateway/cli/dry_run.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"

namespace gateway::cli {

namespace {

int print(const lookup::Answer& answer) {
  if (answer.is_unavailable()) {
    std::fprintf(stderr, "gatepost: unavailable (%s): %s\n", std::string(to_string(answer.reason)).c_str(),
                 answer.detail.c_str());
    return exit_temporary;
  }
  if (answer.is_absent()) return exit_failed;
  std::printf("%s\n", answer.joined().c_str());
  return exit_done;
}

/// A directory as a map: the mailbox, the forward or the members of an address.
lookup::Answer answer_of(const lookup::DirectoryAnswer& directory) {
  if (!directory.is_found()) return {directory.kind, directory.reason, {}, directory.detail};
  const auto& entry = directory.entry;
  if (entry.is_group) return lookup::Answer::found(entry.members);
  if (!entry.forward.empty()) return lookup::Answer::found(entry.forward);
  if (!entry.home.empty()) return lookup::Answer::found(entry.home);
  return lookup::Answer::found(entry.addresses.empty() ? std::vector<std::string>{"OK"} : entry.addresses);
}

}  // namespace

lookup::Answer ask_map(DryRun& dry_run, const std::string& reference, const std::string& key) {
  std::optional<lookup::Answer> result;
  AddressMap map = dry_run.open_map(reference);
  dry_run.run([&](const std::function<void()>& finish) {
    if (map.directory) {
      map.directory->find_recipient(lookup::split_address(key),
                                    [&result, finish](const lookup::DirectoryAnswer& answer) {
                                      result = answer_of(answer);
                                      finish();
                                    });
      return;
    }
    map.table->ask(key, [&result, finish](lookup::Answer answer) {
      result = std::move(answer);
      finish();
    });
  });
  return result ? *std::move(result) : lookup::Answer::unavailable(lookup::Unavailable::timed_out, "no answer in time");
}

int run_lookup(std::span<const std::string> arguments) {
  const auto options = parse_config_option(arguments);
  if (!options || options->rest.size() != 2) {
    std::fputs("usage: gatepost lookup [-c FILE] MAPREF KEY\n", stderr);
    return exit_usage;
  }
  const auto dry_run = DryRun::open(options->config_path);
  if (!dry_run) return exit_failed;
  return print(ask_map(*dry_run, options->rest[0], options->rest[1]));
}

}  // namespace gateway::cli
