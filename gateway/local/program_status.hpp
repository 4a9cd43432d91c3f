#pragma once

#include <string>
#include <string_view>

#include "gateway/delivery/active_message.hpp"

namespace gateway {

/// What the end of a program means for the mail that it was given, in the words of Postfix's log: exit codes of
/// sysexits.h, a status text "5.1.1 ..." in the output, a signal. `output` is what the program wrote.
Outcome outcome_of_program(int wait_status, std::string_view command, std::string_view output);

/// The same for a program that was stopped because it took too long.
Outcome outcome_of_overdue_program(std::string_view command, std::string_view output);

}  // namespace gateway
