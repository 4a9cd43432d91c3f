#include "gateway/resolve/posting.hpp"

#include <algorithm>

namespace gateway {

bool may_post(const std::vector<std::string>& senders, const Poster& poster) {
  if (senders.empty()) return true;
  const auto address = poster.sender.folded();
  const auto domain = "@" + lookup::ascii_lower(poster.sender.domain);
  return std::any_of(senders.begin(), senders.end(), [&](const std::string& each) {
    if (each == "mynetworks") return poster.in_mynetworks;
    if (each == "authenticated") return poster.is_authenticated;
    if (poster.sender.is_null() || each.empty()) return false;
    if (each.front() == '@') return lookup::ascii_lower(each) == domain;
    return lookup::split_address(each).folded() == address;
  });
}

}  // namespace gateway
