#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lookup/directory.hpp"
#include "lookup/table.hpp"

namespace gateway {

/// One step of a resolution, for `explain`: which map was asked what, and what it said.
struct InquiryStep {
  std::string map;
  std::string key;
  lookup::Answer answer;
};

/// What one resolution has learnt so far, and what it still has to learn.
///
/// Resolving is written as plain synchronous functions that ask an Inquiry. What is in memory is answered at once; for
/// anything else they get nullptr and give up ("pending"), the driver asks all open questions in parallel and runs the
/// function again. So the same code serves the session that cannot wait, the one that can, and `explain`.
/// Belongs to one loop; must stay alive until the questions asked by ask_open() are answered.
class Inquiry {
 public:
  /// Keeps the steps in order for `explain`.
  explicit Inquiry(bool traced = false) : traced_(traced) {}
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  /// The answer, or nullptr while it is open. The pointer stays valid as long as the inquiry.
  const lookup::Answer* find(lookup::Table& table, std::string_view key);
  const lookup::DirectoryAnswer* find(lookup::Directory& directory, const lookup::Address& address);

  bool has_open() const { return !open_tables_.empty() || !open_directories_.empty(); }

  /// Asks everything that is open; calls `then` once all of it is answered, possibly before it returns.
  void ask_open(const std::function<void()>& then);

  const std::vector<InquiryStep>& steps() const { return steps_; }

 private:
  struct OpenTable {
    lookup::Table* table;
    std::string key;
  };
  struct OpenDirectory {
    lookup::Directory* directory;
    lookup::Address address;
  };

  void trace(const std::string& map, std::string_view key, const lookup::Answer& answer);

  bool traced_;
  std::unordered_map<std::string, std::unique_ptr<lookup::Answer>> tables_;
  std::unordered_map<std::string, std::unique_ptr<lookup::DirectoryAnswer>> directories_;
  std::vector<OpenTable> open_tables_;
  std::vector<OpenDirectory> open_directories_;
  std::vector<InquiryStep> steps_;
};

/// Runs `step` until it has a result; `step` returns nullopt while the inquiry has open questions. Calls `done` once,
/// possibly before it returns.
template <typename Result>
void run_inquiry(std::shared_ptr<Inquiry> inquiry, std::function<std::optional<Result>(Inquiry&)> step,
                 std::function<void(Result)> done) {
  auto result = step(*inquiry);
  if (result) {
    done(std::move(*result));
    return;
  }
  auto& asked = *inquiry;
  asked.ask_open([inquiry = std::move(inquiry), step = std::move(step), done = std::move(done)] {
    run_inquiry<Result>(inquiry, step, done);
  });
}

}  // namespace gateway
