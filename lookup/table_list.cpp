#include "lookup/table_list.hpp"

#include <algorithm>
#include <utility>

namespace lookup {

namespace {

std::string joined_names(const std::vector<std::shared_ptr<Table>>& tables) {
  std::string text;
  for (const auto& table : tables) {
    if (!text.empty()) text += ' ';
    text += table->name();
  }
  return text;
}

}  // namespace

TableList::TableList(std::vector<std::shared_ptr<Table>> tables, std::string name)
    : tables_(std::move(tables)), name_(name.empty() ? joined_names(tables_) : std::move(name)) {}

std::optional<Answer> TableList::find_now(std::string_view key) const {
  for (const auto& table : tables_) {
    auto answer = table->find_now(key);
    if (!answer || !answer->is_absent()) return answer;
  }
  return Answer::absent();
}

void TableList::ask(std::string_view key, Done done) {
  ask_from(0, std::string(key), std::move(done));
}

void TableList::ask_from(std::size_t first, std::string key, Done done) {
  for (std::size_t at = first; at < tables_.size(); ++at) {
    if (auto answer = tables_[at]->find_now(key)) {
      if (answer->is_absent()) continue;
      return done(std::move(*answer));
    }
    auto rest = std::make_shared<std::pair<std::string, Done>>(key, std::move(done));
    return tables_[at]->ask(key, [this, at, rest](Answer answer) {
      if (!answer.is_absent()) return rest->second(std::move(answer));
      ask_from(at + 1, std::move(rest->first), std::move(rest->second));
    });
  }
  done(Answer::absent());
}

bool TableList::takes_whole_key() const {
  return !tables_.empty() &&
         std::all_of(tables_.begin(), tables_.end(), [](const auto& table) { return table->takes_whole_key(); });
}

}  // namespace lookup
