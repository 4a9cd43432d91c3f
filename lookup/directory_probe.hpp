#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/directory_options.hpp"

namespace lookup {

/// What is wrong between the settings of a directory and its servers.
struct ProbeFault {
  enum class Subject : std::uint8_t { servers, bind, search_base, preset };
  Subject subject = Subject::servers;
  bool works = false;  // mail is answered for all that: a warning
  std::string text;
};

/// Asks the servers: can they be reached and bound to, is the search base there, does the preset match anything below
/// it, are the addresses found there in domains for which `is_served`, does the schema know the attributes of the
/// preset's filters and are they indexed? Blocks for the timeouts of the options. An ldif: directory has no faults.
std::vector<ProbeFault> probe_directory(const DirectoryOptions& options,
                                        const std::function<bool(std::string_view domain)>& is_served);

}  // namespace lookup
