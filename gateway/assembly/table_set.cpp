#include "gateway/assembly/table_set.hpp"

namespace gateway {

namespace {

using config::Severity;

void add_uses(std::vector<MapUse>& uses, const config::MapRefs& references) {
  for (const auto& reference : references) uses.push_back({reference.text, reference.place});
}

const config::Table* find_named(const config::Config& config, const std::string& name) {
  for (const auto& table : config.tables)
    if (table.name == name) return &table;
  return nullptr;
}

lookup::ReloadingTable::Opener opener_of(const config::Table& table) {
  const auto name = table.name;
  if (table.type == "inline")
    return [entries = table.entries, name] { return lookup::open_table_entries(entries, name); };
  if (!table.content.empty())
    return
        [type = table.type, content = table.content, name] { return lookup::open_table_content(type, content, name); };
  std::string argument = table.file;
  if (table.type == "static")
    for (const auto& [key, value] : table.parameters)
      if (key == "value") argument = value;
  return [reference = lookup::MapReference{table.type, argument}, name] { return lookup::open_table(reference, name); };
}

}  // namespace

std::vector<MapUse> map_uses(const config::Config& config) {
  std::vector<MapUse> uses;
  for (const auto& domain : config.domains)
    for (const auto* references : {&domain.recipients, &domain.mailboxes, &domain.aliases}) add_uses(uses, *references);
  for (const auto* references :
       {&config.aliases.virtual_maps, &config.aliases.local, &config.rewrite.canonical,
        &config.rewrite.sender_canonical, &config.rewrite.recipient_canonical, &config.rewrite.generic,
        &config.relocated, &config.transport, &config.bcc.sender, &config.bcc.recipient, &config.content_checks.header,
        &config.content_checks.mime_header, &config.content_checks.nested_header, &config.content_checks.body})
    add_uses(uses, *references);
  return uses;
}

TableSet::TableSet(const config::Config& config, const std::vector<MapUse>& uses,
                   std::vector<config::Finding>& findings) {
  for (const auto& table : config.tables) open(config, {table.name, table.place}, findings);
  for (const auto& use : uses) open(config, use, findings);
  open(config, {"unix:passwd.byname", {}}, findings);
}

void TableSet::open(const config::Config& config, const MapUse& use, std::vector<config::Finding>& findings) {
  if (tables_.contains(use.text)) return;
  const auto reference = lookup::parse_map_reference(use.text);
  if (!reference) {
    findings.push_back({Severity::error, use.place, reference.error()});
    return;
  }
  lookup::ReloadingTable::Opener opener;
  if (reference->is_name()) {
    const auto* named = find_named(config, reference->argument);
    if (named == nullptr) {
      findings.push_back({Severity::error, use.place, "no table named \"" + reference->argument + "\" under tables"});
      return;
    }
    if (!lookup::is_memory_type(named->type)) return;
    opener = opener_of(*named);
  } else {
    if (!lookup::is_memory_type(reference->type)) return;
    std::string folder = config.file;
    folder.resize(folder.find_last_of('/') == std::string::npos ? 0 : folder.find_last_of('/'));
    opener = [reference = *reference, folder] { return lookup::open_table(reference, {}, folder); };
  }
  auto opened = lookup::ReloadingTable::open(std::move(opener));
  if (!opened) {
    findings.push_back({Severity::error, use.place, "table " + use.text + ": " + lookup::to_string(opened.error())});
    return;
  }
  for (const auto& warning : (*opened)->warnings())
    findings.push_back({Severity::warning, use.place, "table " + use.text + ": " + lookup::to_string(warning)});
  tables_.emplace(use.text, std::move(*opened));
}

std::shared_ptr<lookup::Table> TableSet::find(const std::string& reference) const {
  const auto found = tables_.find(reference);
  return found == tables_.end() ? nullptr : found->second;
}

std::vector<std::string> TableSet::refresh() {
  std::vector<std::string> lines;
  for (const auto& [name, table] : tables_) {
    const auto refreshed = table->refresh();
    if (!refreshed)
      lines.push_back("warning: table " + name + " keeps its old content: " + lookup::to_string(refreshed.error()));
    else if (*refreshed)
      lines.push_back("table " + name + " has changed: reloaded");
  }
  return lines;
}

}  // namespace gateway
