#pragma once

#include <string>

#include "lookup/table.hpp"

namespace lookup {

/// One answer for every key: static: finds its value, fail: is always unavailable.
class StaticTable final : public Table {
 public:
  StaticTable(Answer answer, std::string name) : answer_(std::move(answer)), name_(std::move(name)) {}

  std::optional<Answer> find_now(std::string_view) const override { return answer_; }
  const std::string& name() const override { return name_; }

 private:
  Answer answer_;
  std::string name_;
};

}  // namespace lookup
