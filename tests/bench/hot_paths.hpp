#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// A function that is called for each command, each message or each recipient, with what it works on already made.
struct HotPath {
  std::string name;
  std::function<std::function<void()>()> make;  // the set-up; what it returns is one call
};

const std::vector<HotPath>& hot_paths();

}  // namespace bench
