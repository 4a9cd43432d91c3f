#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/postfix/main_cf.hpp"

namespace gateway::postfix {

/// One line of master.cf: "submission inet n - y - - smtpd -o name=value ...".
struct Service {
  std::string name, type, maxproc, command;
  std::vector<Setting> overrides;  // of its -o
  config::Place place;
};

/// The services of a master.cf; a line with fewer than eight columns becomes a remark.
std::vector<Service> read_master_cf(std::string_view text, const std::string& file,
                                    std::vector<config::Finding>& remarks);

}  // namespace gateway::postfix
