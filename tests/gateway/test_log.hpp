#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/log.hpp"

namespace gateway::testing {

/// Keeps the lines, so that a test can count them. Safe from any thread.
class TestLog final : public Log {
 public:
  void write(Program, Level, std::string_view, std::string_view, std::string_view text,
             std::initializer_list<LogField>) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(text);
  }
  void flush() override {}
  void reopen() override {}

  /// How many lines hold `words`.
  std::size_t count(std::string_view words) const {
    const std::lock_guard lock(mutex_);
    std::size_t found = 0;
    for (const auto& line : lines_) found += line.find(words) != std::string::npos;
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace gateway::testing
