#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "lookup/directory.hpp"
#include "lookup/entry.hpp"
#include "lookup/filter.hpp"
#include "lookup/preset.hpp"

namespace lookup {

/// A preset made ready for one directory: what to ask for an address, and what the entries that come back mean.
///
/// Immutable; safe to share between threads.
class Layout {
 public:
  /// `local_hosts`: a mailHost among them means delivery on this machine.
  Layout(Preset preset, std::string search_base, std::vector<std::string> local_hosts);

  const Preset& preset() const { return preset_; }
  const std::string& search_base() const { return search_base_; }

  /// All attributes that reading an entry needs.
  const std::shared_ptr<const std::vector<std::string>>& attributes() const { return attributes_; }

  /// Attributes whose equality the filters test: what a store must index.
  std::vector<std::string> indexed() const;

  /// Is the entry a group that has this address? Without `address`: a group at all.
  bool is_group(const EntryView& entry, std::string_view address) const;
  bool looks_like_group(const EntryView& entry) const;

  /// What the entry says of a recipient. The error is for the log and names the DN: a value that is missing, there
  /// twice, or must not be used (a home with "..", a uid that is no number).
  tl::expected<DirectoryEntry, std::string> read(const EntryView& entry) const;

  /// The addresses of an entry without prefix, the primary one first.
  std::vector<std::string> addresses(const EntryView& entry, const std::vector<std::string>& attributes) const;

  bool is_disabled(const EntryView& entry) const { return has_disabled_ && matches(disabled_, entry); }

 private:
  void collect(const std::string& filter);
  void want(const std::string& attribute);

  Preset preset_;
  std::string search_base_;
  std::vector<std::string> local_hosts_;
  std::shared_ptr<const std::vector<std::string>> attributes_;
  std::vector<std::string> wanted_, group_classes_, tested_;
  Filter disabled_, keep_copy_, forward_if_;
  bool has_disabled_ = false, has_keep_copy_ = false, has_forward_if_ = false;
};

}  // namespace lookup
