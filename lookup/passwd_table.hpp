#pragma once

#include <string>

#include "lookup/table.hpp"

namespace lookup {

/// unix:passwd.byname: the local users of this machine, each with its line of passwd(5) as value. Asks the name
/// service, which may read files; a name service that does not answer is unavailable.
class PasswdTable final : public Table {
 public:
  explicit PasswdTable(std::string name) : name_(std::move(name)) {}

  std::optional<Answer> find_now(std::string_view key) const override;
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
};

}  // namespace lookup
