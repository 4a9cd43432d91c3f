#include "gateway/assembly/loop_maps.hpp"

#include "lookup/ldap_pool.hpp"
#include "lookup/ldap_table.hpp"
#include "lookup/replica_directory.hpp"
#include "lookup/store_searcher.hpp"
#include "lookup/table_files.hpp"

namespace gateway {

namespace {

/// Stands for a map that could not be opened: whoever asks must wait, not believe that nobody is there.
class BrokenTable final : public lookup::Table {
 public:
  BrokenTable(std::string name, std::string why) : name_(std::move(name)), why_(std::move(why)) {}

  std::optional<lookup::Answer> find_now(std::string_view) const override {
    return lookup::Answer::unavailable(lookup::Unavailable::misconfigured, why_);
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_, why_;
};

const config::Table* find_named(const config::Config& config, const std::string& name) {
  for (const auto& table : config.tables)
    if (table.name == name) return &table;
  return nullptr;
}

}  // namespace

LoopMaps::LoopMaps(std::shared_ptr<const Generation> generation, asio::io_context& loop, Observers observers)
    : generation_(std::move(generation)), loop_(loop), observers_(std::move(observers)) {
  for (const auto& settings : generation_->config->directories) {
    auto directory = make_directory(settings);
    if (directory) directories_.emplace(settings.name, std::move(*directory));
  }
}

LoopMaps::~LoopMaps() = default;

tl::expected<std::unique_ptr<lookup::Directory>, std::string> LoopMaps::make_directory(
    const config::Directory& settings) {
  const auto place = observers_.find(settings.name);
  auto* observer = place == observers_.end() ? nullptr : place->second.get();
  const auto replica = generation_->replicas->find(settings.name);
  if (replica != generation_->replicas->end()) return lookup::make_replica_directory(replica->second, loop_, observer);
  const auto store = generation_->stores.find(settings.name);
  return lookup::make_directory(directory_options(*generation_->config, settings), loop_,
                                store == generation_->stores.end() ? nullptr : store->second, observer);
}

std::shared_ptr<lookup::Directory> LoopMaps::directory(const std::string& name) const {
  const auto found = directories_.find(name);
  return found == directories_.end() ? nullptr : found->second;
}

AddressMap LoopMaps::open(const std::string& reference) {
  const auto known = maps_.find(reference);
  if (known != maps_.end()) return known->second;
  AddressMap map;
  map.text = reference;
  if (const auto parsed = lookup::parse_map_reference(reference); parsed && parsed->type == "directory")
    map.directory = directory(parsed->argument);
  if (!map.directory) map.table = open_table(reference);
  maps_.emplace(reference, map);
  return map;
}

AddressMaps LoopMaps::open_all(const config::MapRefs& references) {
  AddressMaps maps;
  for (const auto& reference : references) maps.push_back(open(reference.text));
  return maps;
}

std::shared_ptr<lookup::Table> LoopMaps::open_table(const std::string& reference) {
  if (auto table = generation_->tables->find(reference)) return table;
  const auto parsed = lookup::parse_map_reference(reference);
  if (!parsed) return std::make_shared<BrokenTable>(reference, parsed.error());
  if (parsed->is_name()) {
    const auto* named = find_named(*generation_->config, parsed->argument);
    if (named == nullptr || named->type != "ldap") return std::make_shared<BrokenTable>(reference, "no such table");
    return open_ldap(reference, {named->parameters.begin(), named->parameters.end()}, named->directory);
  }
  if (parsed->type != "ldap") return std::make_shared<BrokenTable>(reference, "no such table");
  std::string path = parsed->argument;
  if (!path.starts_with('/')) {
    const auto& file = generation_->config->file;
    const auto slash = file.find_last_of('/');
    if (slash != std::string::npos) path = file.substr(0, slash + 1) + path;
  }
  const auto text = lookup::read_text_file(path);
  if (!text) return std::make_shared<BrokenTable>(reference, text.error());
  const auto parameters = lookup::read_cf(*text);
  if (!parameters) return std::make_shared<BrokenTable>(reference, path + ": " + parameters.error());
  return open_ldap(reference, *parameters, "");
}

std::shared_ptr<lookup::Table> LoopMaps::open_ldap(const std::string& reference,
                                                   const std::map<std::string, std::string>& parameters,
                                                   const std::string& directory) {
  auto options = lookup::parse_ldap_table(parameters);
  if (!options) return std::make_shared<BrokenTable>(reference, options.error());
  const std::string used = directory.empty() ? options->directory : directory;
  const std::string key = used.empty() ? "table " + reference : "directory " + used;
  auto& searcher = searchers_[key];
  for (const auto& settings : generation_->config->directories) {
    if (settings.name != used) continue;
    const auto connection = directory_options(*generation_->config, settings);
    if (options->search_base.empty()) options->search_base = connection.search_base;
    if (searcher) continue;
    const auto store = generation_->stores.find(used);
    if (store != generation_->stores.end())
      searcher = std::make_shared<lookup::StoreSearcher>(store->second);
    else
      searcher = std::make_shared<lookup::LdapPool>(connection.ldap, loop_);
  }
  if (!searcher && !used.empty()) return std::make_shared<BrokenTable>(reference, "no directory \"" + used + "\"");
  if (!searcher) searcher = std::make_shared<lookup::LdapPool>(options->ldap, loop_);
  return lookup::make_ldap_table("ldap:" + reference, std::move(*options), searcher);
}

}  // namespace gateway
