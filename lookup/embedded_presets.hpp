#pragma once

#include <span>
#include <string_view>

namespace lookup {

/// A file of lookup/presets/, carried in the binary. `yaml` lives for the whole program.
struct EmbeddedPreset {
  std::string_view name;
  std::string_view yaml;
};

std::span<const EmbeddedPreset> embedded_presets();

}  // namespace lookup
