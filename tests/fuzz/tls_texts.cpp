// What other domains and tables say of TLS: MTA-STS records and policies, TLSRPT records, TLSA records, policy entries.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/delivery/certificate_match.hpp"
#include "gateway/delivery/sts_policy.hpp"
#include "gateway/delivery/tls_policy.hpp"
#include "gateway/delivery/tls_protocols.hpp"
#include "gateway/delivery/tls_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = gateway::parse_sts_policy(text);
  if (policy && policy->mode != gateway::StsPolicy::Mode::none && policy->mx.empty()) std::abort();
  if (policy && policy->max_age.count() < 0) std::abort();
  if (policy) policy->names(text.substr(0, 300));
  const auto id = gateway::parse_sts_record(text);
  if (id && (id->empty() || id->size() > 32)) std::abort();
  for (const auto& address : gateway::parse_report_addresses(text))
    if (address.find_first_of("\r\n") != std::string::npos) std::abort();
  gateway::is_usable_tlsa(text);
  gateway::is_fingerprint(text);
  const auto protocols = gateway::parse_tls_protocols(text);
  if (protocols && protocols->most != 0 && protocols->most < protocols->least) std::abort();
  const auto wishes = gateway::apply_tls_policy({}, text);
  if (wishes && wishes->level == gateway::config::TlsLevel::fingerprint && wishes->fingerprints.empty()) std::abort();
  for (const auto& key : gateway::tls_policy_keys(text))
    if (key.size() > text.size() + std::string_view("submissions").size()) std::abort();
  return 0;
}
