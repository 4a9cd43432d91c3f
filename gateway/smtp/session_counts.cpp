#include "gateway/smtp/session_counts.hpp"

#include <fmt/format.h>

#include <iterator>

namespace gateway {

void SessionCounts::count(Verb verb, bool succeeded) {
  // Postfix has no own counter for these two.
  if (verb == Verb::expn || verb == Verb::help) verb = Verb::unknown;
  auto& count = counts_[static_cast<std::size_t>(verb)];
  ++count.total;
  if (succeeded) ++count.good;
}

std::string SessionCounts::to_string() const {
  std::string text;
  const auto append = [&text](std::string_view name, const Count& count) {
    if (count.good == count.total) {
      fmt::format_to(std::back_inserter(text), " {}={}", name, count.total);
    } else {
      fmt::format_to(std::back_inserter(text), " {}={}/{}", name, count.good, count.total);
    }
  };
  Count all;
  for (std::size_t i = 0; i < verb_count; ++i) {
    const auto& count = counts_[i];
    all.good += count.good;
    all.total += count.total;
    if (count.total) append(gateway::to_string(static_cast<Verb>(i)), count);
  }
  append("commands", all);
  return text;
}

}  // namespace gateway
