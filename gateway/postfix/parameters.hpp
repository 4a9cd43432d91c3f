#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gateway::postfix {

/// How a parameter of main.cf is carried over.
enum class Carried : std::uint8_t {
  text,
  words,  // a text whose $names are replaced when it is used
  number,
  size,  // octets
  yes_no,
  seconds,  // a time; the unit of a bare number
  hours,
  days,
  list,
  maps,
  elsewhere,   // by the function that has the subject
  not_needed,  // nothing is lost without it
  without,     // lost: target says why
};

/// One row of the table: `target` is the dotted key of gatepost.yaml, or the reason.
struct Parameter {
  std::string_view name;
  Carried how;
  std::string_view target;
};

/// Every parameter that the import knows.
std::span<const Parameter> parameters();
const Parameter* find_parameter(std::string_view name);

}  // namespace gateway::postfix
