#include "gateway/postfix/import_postfix.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gateway::postfix {

namespace {

std::optional<std::string> read_text(const std::string& path) {
  std::error_code error;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, error)) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// What Postfix takes when main.cf is silent, as far as other parameters or this import ask for it.
void set_defaults(MainCf& main, const std::string& folder) {
  const std::pair<const char*, std::string> defaults[] = {
      {"config_directory", folder},
      {"queue_directory", "/var/spool/postfix"},
      {"data_directory", "/var/lib/postfix"},
      {"mail_name", "Postfix"},
      {"default_database_type", "hash"},
      {"myorigin", "$myhostname"},
      {"mydestination", "$myhostname, localhost.$mydomain, localhost"},
      {"inet_interfaces", "all"},
      {"virtual_alias_domains", "$virtual_alias_maps"},
      {"virtual_mailbox_domains", "$virtual_mailbox_maps"},
      {"alias_maps", ""},
      {"local_recipient_maps", "proxy:unix:passwd.byname $alias_maps"},
      {"smtpd_tls_key_file", "$smtpd_tls_cert_file"},
      {"milter_default_action", "tempfail"},
  };
  for (const auto& [name, value] : defaults) main.set_default(name, value);
  const auto hostname = main.value("myhostname");
  const auto dot = hostname.find('.');
  main.set_default("mydomain", dot == std::string::npos ? "localdomain" : hostname.substr(dot + 1));
}

}  // namespace

tl::expected<Imported, std::string> import_postfix(const std::string& folder) {
  std::error_code error;
  Translation translation;
  translation.folder = std::filesystem::absolute(folder, error).lexically_normal().string();
  if (translation.folder.size() > 1 && translation.folder.ends_with('/')) translation.folder.pop_back();
  const std::string main_file = folder + "/main.cf", master_file = folder + "/master.cf";
  const auto main_text = read_text(main_file);
  if (!main_text) return tl::unexpected(fmt::format("{} cannot be read: {}", main_file, std::strerror(errno)));
  translation.main = MainCf(*main_text, main_file);
  translation.notes = translation.main.remarks();
  if (const auto text = read_text(master_file))
    translation.services = read_master_cf(*text, master_file, translation.notes);
  set_defaults(translation.main, translation.folder);

  carry_identity(translation);
  set_defaults(translation.main, translation.folder);
  carry_parameters(translation);
  carry_routes(translation);
  carry_domains(translation);
  carry_mailboxes(translation);
  carry_tls(translation);
  carry_sasl(translation);
  carry_restrictions(translation);
  carry_listeners(translation);
  carry_milters(translation);
  note_the_rest(translation);

  Imported imported;
  imported.yaml = fmt::format(
                      "# Made by \"gatepost import-postfix {}\" from main.cf and master.cf. Check it with \"gatepost "
                      "check\".\n",
                      folder) +
                  translation.draft.text();
  imported.secrets = std::move(translation.secrets);
  imported.notes = std::move(translation.notes);
  std::stable_sort(imported.notes.begin(), imported.notes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.place.file, a.place.line) < std::pair(b.place.file, b.place.line);
  });
  const auto same = [](const config::Finding& a, const config::Finding& b) {
    return a.place == b.place && a.text == b.text;
  };
  imported.notes.erase(std::unique(imported.notes.begin(), imported.notes.end(), same), imported.notes.end());
  return imported;
}

}  // namespace gateway::postfix
