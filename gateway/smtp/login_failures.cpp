#include "gateway/smtp/login_failures.hpp"

#include <algorithm>

#include "lookup/address.hpp"

namespace gateway {

// Two windows side by side, the older one weighed by how much of it the sliding span still covers.
std::uint32_t LoginFailures::advance(Window& window, const config::Rate& rate, Clock::time_point now) {
  window.per = rate.per;
  const auto passed = now - window.start;
  if (passed >= 2 * rate.per) {
    window = {now, rate.per, 0, 0};
  } else if (passed >= rate.per) {
    window = {window.start + rate.per, rate.per, 0, window.current};
  }
  const double covered =
      1.0 - std::chrono::duration<double>(now - window.start) / std::chrono::duration<double>(rate.per);
  // Rounded up: an account is locked by whole failures.
  const double older = static_cast<double>(window.previous) * std::max(covered, 0.0);
  return window.current + static_cast<std::uint32_t>(older + 0.999);
}

bool LoginFailures::admit(const std::string& key, const config::Rate& rate, Clock::time_point now) {
  if (rate.count == 0 || rate.per.count() <= 0) return true;
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= most_keys && !windows_.contains(key)) make_room(now);
  Window& window = windows_.try_emplace(key, Window{now, rate.per, 0, 0}).first->second;
  if (advance(window, rate, now) >= rate.count) return false;
  ++window.current;
  return true;
}

void LoginFailures::take_back(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = windows_.find(key);
  if (found == windows_.end()) return;
  if (found->second.current > 0) --found->second.current;
  if (found->second.current == 0 && found->second.previous == 0) windows_.erase(found);
}

void LoginFailures::make_room(Clock::time_point now) {
  std::erase_if(windows_, [&](const auto& each) { return now - each.second.start >= 2 * each.second.per; });
  if (windows_.size() < most_keys) return;
  // An attacker with this many names: those that failed least are worth least.
  std::erase_if(windows_, [](const auto& each) { return each.second.current + each.second.previous <= 1; });
  if (windows_.size() >= most_keys) windows_.clear();
}

std::size_t LoginFailures::size() const {
  const std::lock_guard lock(mutex_);
  return windows_.size();
}

LoginAttempt::~LoginAttempt() {
  for (const auto& key : keys_) failures_.take_back(key);
}

bool LoginAttempt::admit(std::string key, const config::Rate& rate) {
  if (!failures_.admit(key, rate, LoginFailures::Clock::now())) return false;
  keys_.push_back(std::move(key));
  admitted_ = true;
  return true;
}

std::string counted_login(std::string_view login) {
  const auto backslash = login.find('\\');
  if (backslash != std::string_view::npos) login.remove_prefix(backslash + 1);
  if (const auto at = login.rfind('@'); at != std::string_view::npos && at != 0) login = login.substr(0, at);
  return lookup::ascii_lower(login);
}

}  // namespace gateway
