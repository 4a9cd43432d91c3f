#include "gateway/assembly/generation.hpp"

#include "gateway/assembly/restriction_sets.hpp"
#include "gateway/config/read_config.hpp"

namespace gateway {

namespace {

/// The tables that restrictions name. Their texts are parsed a first time without knowing which tables are patterns:
/// that is known only once they are open.
std::vector<MapUse> restriction_uses(const config::Config& config) {
  std::vector<config::Finding> ignored;
  std::vector<MapUse> uses;
  const auto sets = parse_restriction_sets(config, {}, ignored);
  for (std::size_t i = 0; i < sets.size(); ++i)
    if (sets[i])
      for (const auto& use : sets[i]->tables()) uses.push_back({use.table, config.listeners[i].place});
  return uses;
}

}  // namespace

bool has_errors(const std::vector<config::Finding>& findings) {
  for (const auto& finding : findings)
    if (finding.severity == config::Severity::error) return true;
  return false;
}

std::shared_ptr<const Generation> make_generation(std::shared_ptr<const config::Config> config,
                                                  std::vector<config::Finding>& findings) {
  auto generation = std::make_shared<Generation>();
  auto uses = map_uses(*config);
  for (auto& use : restriction_uses(*config)) uses.push_back(std::move(use));
  generation->tables = std::make_shared<TableSet>(*config, uses, findings);
  generation->stores = load_stores(*config, findings);
  generation->rules = parse_restriction_sets(*config, generation->tables->whole_key_tables(), findings);
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
