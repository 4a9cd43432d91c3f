#include "lookup/entry.hpp"

namespace lookup {

ValueList Entry::values(std::string_view attribute) const {
  ValueList found;
  for (const auto& each : attributes) {
    if (!same_name(without_options(each.name), attribute)) continue;
    for (const auto& value : each.values) found.push_back(value);
  }
  return found;
}

void Entry::add(std::string_view attribute, std::string value) {
  for (auto& each : attributes) {
    if (!same_name(each.name, attribute)) continue;
    each.values.push_back(std::move(value));
    return;
  }
  attributes.push_back({std::string(attribute), {}});
  attributes.back().values.push_back(std::move(value));
}

}  // namespace lookup
