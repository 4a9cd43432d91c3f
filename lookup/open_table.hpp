#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/map_reference.hpp"
#include "lookup/table.hpp"
#include "lookup/table_files.hpp"
#include "lookup/table_problem.hpp"

namespace lookup {

/// A table that is ready, what its author should be told, and the files it was read from.
struct OpenedTable {
  std::shared_ptr<Table> table;
  TableProblems warnings;        // duplicates, empty values: the table works
  std::vector<FileStamp> files;  // watched for changes; empty when nothing can change
};

using TableResult = tl::expected<OpenedTable, TableProblems>;

/// True for the types that open_table() knows: all but directory and ldap, which need a server.
bool is_memory_type(std::string_view type);

/// Opens inline file hash btree texthash dbm cdb lmdb pcre regexp cidr static fail and unix. One bad line refuses the
/// table; all bad lines are reported. `name` is for logs, by default the reference itself. A relative path is below
/// `folder`. Blocks on the disk.
TableResult open_table(const MapReference& reference, std::string name = {}, const std::string& folder = {});

/// A table whose text stands in the configuration: file (and its synonyms), pcre, regexp, cidr.
TableResult open_table_content(std::string_view type, std::string_view content, std::string name);

/// A table of type inline. The last of several equal keys counts, with a warning.
TableResult open_table_entries(const TableEntries& entries, std::string name);

/// A table that follows its files: opened by `open` and, whenever a watched file has changed, opened again by
/// refresh(). Safe to ask from all threads while one of them refreshes. Only for tables that answer by find_now().
class ReloadingTable final : public Table {
 public:
  using Opener = std::function<TableResult()>;

  static tl::expected<std::shared_ptr<ReloadingTable>, TableProblems> open(Opener open);
  ~ReloadingTable() override;

  /// True when a new version is in use. A new version with problems is refused, reported once, and the old one stays.
  tl::expected<bool, TableProblems> refresh();

  /// The warnings of the version in use.
  TableProblems warnings() const;

  std::optional<Answer> find_now(std::string_view key) const override;
  bool takes_whole_key() const override { return takes_whole_key_; }
  const std::string& name() const override { return name_; }

 private:
  struct Version;
  ReloadingTable(Opener open, OpenedTable first);

  Opener open_;
  std::string name_;
  bool takes_whole_key_;
  std::unique_ptr<Version> version_;
};

}  // namespace lookup
