#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace policy {

/// What a name in a template stands for; "" for unknown names.
using TemplateValues = std::function<std::string(std::string_view name)>;

/// Replaces $name, ${name}, ${name?text} (text when there is a value), ${name:text} (text when there is none) and $$.
/// Total: any text gives a text. Nested templates are followed to a fixed depth.
std::string expand_template(std::string_view text, const TemplateValues& value_of);

}  // namespace policy
