#include "gateway/config/check_config.hpp"
#include "gateway/config/check_maps.hpp"
#include "gateway/sasl/dovecot_source.hpp"

/// What sasl: says, as far as the file alone shows that it cannot work.
namespace gateway::config {
namespace {

bool is_name_of_mechanism(std::string_view name) {
  // RFC 4422 3.1; small letters are taken as capitals.
  return !name.empty() && name.size() <= 20 && std::all_of(name.begin(), name.end(), [](char octet) {
    return (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') ||
           octet == '-' || octet == '_';
  });
}

bool is_password_mechanism(std::string_view name) {
  std::string small(name);
  for (char& octet : small)
    if (octet >= 'A' && octet <= 'Z') octet = static_cast<char>(octet - 'A' + 'a');
  return small == "plain" || small == "login";
}

}  // namespace

void check_sasl(const Config& config, std::vector<Finding>& findings) {
  const auto& sasl = config.sasl;
  const auto error = [&](const std::string& path, std::string text) {
    findings.push_back({Severity::error, place_of(config, path), std::move(text)});
  };
  const bool is_directory = sasl.backend.starts_with("directory:"), is_dovecot = sasl.backend.starts_with("dovecot:");
  if (is_directory) {
    std::vector<std::string> names;
    for (const auto& directory : config.directories) names.push_back(directory.name);
    check_name("directory", sasl.backend.substr(10), names, place_of(config, "sasl.backend"), findings);
  } else if (is_dovecot) {
    if (const auto problem = problem_of_dovecot_address(std::string_view(sasl.backend).substr(8)); !problem.empty())
      error("sasl.backend", fmt::format("\"{}\": {}", sasl.backend, problem));
  } else if (!sasl.backend.empty() && sasl.backend != "cyrus") {
    error("sasl.backend",
          fmt::format("\"{}\" is not a backend; it must be directory:NAME, cyrus or dovecot:ADDRESS", sasl.backend));
  }
  for (const auto& mechanism : sasl.mechanisms) {
    if (!is_name_of_mechanism(mechanism))
      error("sasl.mechanisms", fmt::format("\"{}\" is not the name of a mechanism", mechanism));
    else if (is_directory && !is_password_mechanism(mechanism))
      error("sasl.mechanisms", fmt::format("a directory checks passwords, which {} does not show; it can offer PLAIN "
                                           "and LOGIN (backend cyrus has others)",
                                           mechanism));
  }
  if (!sasl.options.empty() && sasl.backend != "cyrus" && !sasl.backend.empty())
    findings.push_back({Severity::warning, place_of(config, "sasl.options"),
                        "sasl.options are for backend cyrus; nobody reads them here"});
}

}  // namespace gateway::config
