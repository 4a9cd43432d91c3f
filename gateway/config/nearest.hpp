#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway::config {

/// The known word that `word` was probably meant to be; "" when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

/// `; did you mean "connections"?`, or "" when no known word is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace gateway::config
