#include "lookup/entry.hpp"

namespace lookup {

namespace {

char lower(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : octet;
}

}  // namespace

bool same_name(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

std::string_view without_options(std::string_view attribute) {
  return attribute.substr(0, attribute.find(';'));
}

std::vector<std::string_view> Entry::values(std::string_view attribute) const {
  std::vector<std::string_view> found;
  for (const auto& each : attributes) {
    if (!same_name(without_options(each.name), attribute)) continue;
    found.insert(found.end(), each.values.begin(), each.values.end());
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
