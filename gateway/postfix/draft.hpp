#pragma once

#include <memory>
#include <string>
#include <vector>

namespace gateway::postfix {

/// A gatepost.yaml being written: a tree of keys, each with its value and a comment that tells where it came from.
class Draft {
 public:
  using Path = std::vector<std::string>;

  Draft();
  ~Draft();
  Draft(Draft&&) noexcept;
  Draft& operator=(Draft&&) noexcept;

  /// `yaml` is a value on one line, quoted already. A second call replaces the first.
  void set(const Path& path, std::string yaml, std::string comment = "");
  /// Appends an item to a list; a list without items is written as [].
  void add(const Path& path, std::string yaml);
  void make_list(const Path& path, std::string comment = "");
  /// A comment above the key, more lines than one are allowed; makes the key when it is not there.
  void comment(const Path& path, std::string comment);
  /// A comment between the items of a list.
  void remark(const Path& path, std::string comment);
  bool has(const Path& path) const;

  /// The file's text. Top-level keys in the order of the reference, the others as they were set.
  std::string text() const;

 private:
  struct Node;
  Node& at(const Path& path);
  std::unique_ptr<Node> root_;
};

}  // namespace gateway::postfix
