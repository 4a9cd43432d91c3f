#include <chrono>
#include <cstdio>

#include "gateway/cli/directory_entries.hpp"
#include "gateway/cli/directory_replica.hpp"
#include "gateway/cli/dry_run.hpp"
#include "gateway/cli/options.hpp"
#include "gateway/cli/verbs.hpp"
#include "lookup/embedded_presets.hpp"

/// `gatepost directory test|status|sync|diff|export|plan|apply|presets`: what the directory says, and where from.
namespace gateway::cli {

namespace {

constexpr const char* usage_text =
    "usage: gatepost directory test NAME ADDRESS [-c FILE]\n"
    "       gatepost directory status [NAME] [-c FILE]\n"
    "       gatepost directory sync NAME [--full] [--accept] [-c FILE]\n"
    "       gatepost directory diff NAME [-c FILE]\n"
    "       gatepost directory export NAME [--format ldif|postfix-hash] [-c FILE]\n"
    "       gatepost directory plan NAME [-c FILE]\n"
    "       gatepost directory apply NAME [--accept] [-c FILE]\n"
    "       gatepost directory presets [PRESET]\n";

int print_presets(const std::vector<std::string>& rest) {
  for (const auto& preset : lookup::embedded_presets()) {
    if (rest.size() < 2) {
      std::printf("%s\n", std::string(preset.name).c_str());
    } else if (preset.name == rest[1]) {
      std::printf("%s", std::string(preset.yaml).c_str());
      return exit_done;
    }
  }
  if (rest.size() < 2) return exit_done;
  std::fprintf(stderr, "gatepost: no preset \"%s\"\n", rest[1].c_str());
  return exit_failed;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + value;
  return text.empty() ? "-" : text;
}

void line(const char* name, const std::string& value) {
  std::printf("  %-14s %s\n", name, value.empty() ? "-" : value.c_str());
}

int print_answer(const lookup::DirectoryAnswer& answer, const std::string& address, double milliseconds) {
  const auto& entry = answer.entry;
  std::printf("%s: %s (%.1f ms)\n", address.c_str(),
              answer.is_found()    ? "found"
              : answer.is_absent() ? "no such recipient"
                                   : "unavailable",
              milliseconds);
  line("source", std::string(to_string(answer.source)));
  line("server", answer.server);
  line("filter", answer.filter);
  if (answer.is_unavailable()) {
    line("why", std::string(to_string(answer.reason)) + ": " + answer.detail);
    return exit_temporary;
  }
  if (answer.is_absent()) return exit_failed;
  line("dn", entry.dn);
  line("exists", entry.may_receive ? "yes" : "yes, but may not receive");
  line("forward", joined(entry.forward) + (entry.keep_copy ? " (keeps a copy)" : ""));
  line("group", entry.is_group ? std::to_string(entry.members.size()) + " members: " + joined(entry.members) : "no");
  line("mailbox", entry.home + (entry.uid ? " uid " + std::to_string(*entry.uid) : "") +
                      (entry.gid ? " gid " + std::to_string(*entry.gid) : "") +
                      (entry.quota ? " quota " + std::to_string(*entry.quota) : ""));
  line("server of it", entry.mail_host);
  line("may send as", joined(entry.addresses));
  line("login", entry.may_login ? entry.user : entry.user + " (disabled)");
  return exit_done;
}

int test(DryRun& dry_run, const std::string& name, const std::string& address) {
  const auto directory = dry_run.maps().directory(name);
  if (!directory) {
    std::fprintf(stderr, "gatepost: no directory \"%s\"\n", name.c_str());
    return exit_failed;
  }
  const auto begin = std::chrono::steady_clock::now();
  int code = exit_temporary;
  dry_run.run([&](const std::function<void()>& finish) {
    directory->find_recipient(lookup::split_address(address), [&, finish](const lookup::DirectoryAnswer& answer) {
      const auto time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
      code = print_answer(answer, address, time);
      finish();
    });
  });
  return code;
}

/// One line a directory: does it answer? Asked with an address that nobody has.
int status(DryRun& dry_run, const std::string& only) {
  int code = exit_done;
  bool any = false;
  for (const auto& settings : dry_run.generation().config->directories) {
    if (!only.empty() && settings.name != only) continue;
    any = true;
    const auto directory = dry_run.maps().directory(settings.name);
    std::string state = "wrong settings";
    const auto ask = [&](const std::function<void()>& finish) {
      directory->find_recipient({"gatepost-probe", "gatepost-probe.invalid"},
                                [&state, finish](const lookup::DirectoryAnswer& answer) {
                                  state = answer.is_unavailable() ? "unavailable: " + answer.detail : "answers";
                                  if (!answer.server.empty()) state += " (" + answer.server + ")";
                                  finish();
                                });
    };
    if (directory && !dry_run.run(ask)) state = "unavailable: no answer in time";
    if (state.starts_with("answers") == false) code = exit_temporary;
    std::printf("%s: preset %s, %s\n", settings.name.c_str(), settings.preset.c_str(), state.c_str());
    if (has_replica(settings)) std::fputs(replica_status(*dry_run.generation().config, settings).c_str(), stdout);
  }
  if (!any && !only.empty()) {
    std::fprintf(stderr, "gatepost: no directory \"%s\"\n", only.c_str());
    return exit_failed;
  }
  return code;
}

}  // namespace

int run_directory(std::span<const std::string> arguments) {
  const auto options = parse_options(arguments, {"format"}, {"full", "accept"});
  if (!options || options->rest.empty()) {
    std::fputs(usage_text, stderr);
    return exit_usage;
  }
  const auto& rest = options->rest;
  if (rest[0] == "presets" && rest.size() <= 2) return print_presets(rest);
  const bool is_test = rest[0] == "test" && rest.size() == 3;
  const bool is_status = rest[0] == "status" && rest.size() <= 2;
  const bool is_sync = rest[0] == "sync" && rest.size() == 2;
  const bool is_diff = rest[0] == "diff" && rest.size() == 2;
  const bool is_export = rest[0] == "export" && rest.size() == 2;
  const bool is_plan = rest[0] == "plan" && rest.size() == 2;
  const bool is_apply = rest[0] == "apply" && rest.size() == 2;
  const bool is_known = is_test || is_status || is_sync || is_diff || is_export || is_plan || is_apply;
  const bool has_full = options->flags.contains("full") && !is_sync;
  const bool has_accept = options->flags.contains("accept") && !is_sync && !is_apply;
  if (!is_known || has_full || has_accept || (options->has("format") && !is_export)) {
    std::fputs(usage_text, stderr);
    return exit_usage;
  }
  if (is_sync) return sync_replica(*options, rest[1]);
  if (is_diff) return compare_replica(*options, rest[1]);
  if (is_export) return export_directory(*options, rest[1]);
  if (is_plan || is_apply) return provision_directory(*options, rest[1], is_plan ? Provision::plan : Provision::apply);
  const auto dry_run = DryRun::open(options->config_path);
  if (!dry_run) return exit_failed;
  return is_test ? test(*dry_run, rest[1], rest[2]) : status(*dry_run, rest.size() > 1 ? rest[1] : "");
}

}  // namespace gateway::cli
