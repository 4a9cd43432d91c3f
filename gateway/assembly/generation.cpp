#include "gateway/assembly/generation.hpp"

#include "gateway/assembly/restriction_sets.hpp"
#include "gateway/config/check_config.hpp"
#include "gateway/config/read_config.hpp"
#include "gateway/config/rules_of.hpp"

namespace gateway {

bool has_errors(const std::vector<config::Finding>& findings) {
  for (const auto& finding : findings)
    if (finding.severity == config::Severity::error) return true;
  return false;
}

std::shared_ptr<const Generation> make_generation(std::shared_ptr<const config::Config> config,
                                                  std::vector<config::Finding>& findings) {
  auto generation = std::make_shared<Generation>();
  config::check_sasl(*config, findings);
  generation->rules = parse_restriction_sets(*config, findings);
  auto uses = map_uses(*config);
  for (std::size_t index = 0; index < generation->rules.size(); ++index)
    if (generation->rules[index])
      for (const auto& use : generation->rules[index]->tables())
        uses.push_back({use.table, config::place_of_rule(*config, config->listeners[index].restrictions, use.place)});
  generation->tables = std::make_shared<TableSet>(*config, uses, findings);
  generation->stores = load_stores(*config, findings);
  generation->config = std::move(config);
  if (has_errors(findings)) return nullptr;
  return generation;
}

std::shared_ptr<const Generation> load_generation(const std::string& path, std::vector<config::Finding>& findings) {
  auto config = config::read_config(path, findings);
  if (!config) {
    findings.insert(findings.end(), config.error().begin(), config.error().end());
    return nullptr;
  }
  return make_generation(*config, findings);
}

}  // namespace gateway
