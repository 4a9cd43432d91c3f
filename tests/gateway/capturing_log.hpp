#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "gateway/log.hpp"

namespace gateway::testing {

/// Keeps the lines for the test to look at.
class CapturingLog final : public Log {
 public:
  void write(Program program, Level, std::string_view, std::string_view queue_id, std::string_view text,
             std::initializer_list<LogField>) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back({program, std::string(queue_id), std::string(text)});
  }
  void flush() override {}
  void reopen() override {}

  int count(std::string_view part) {
    const std::lock_guard lock(mutex_);
    int found = 0;
    for (const Line& line : lines_) found += line.text.find(part) != std::string::npos;
    return found;
  }
  std::string find(std::string_view part) {
    const std::lock_guard lock(mutex_);
    for (const Line& line : lines_)
      if (line.text.find(part) != std::string::npos) return line.text;
    return {};
  }
  std::string all() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const Line& line : lines_) text += line.queue_id + ": " + line.text + "\n";
    return text;
  }

 private:
  struct Line {
    Program program;
    std::string queue_id, text;
  };
  std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace gateway::testing
