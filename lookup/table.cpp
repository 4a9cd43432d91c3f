#include "lookup/table.hpp"

namespace lookup {

void Table::ask(std::string_view key, Done done) {
  auto answer = find_now(key);
  done(answer ? std::move(*answer) : Answer::unavailable(Unavailable::misconfigured, "table cannot answer at once"));
}

}  // namespace lookup
