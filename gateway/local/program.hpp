#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/local/delivery_order.hpp"

namespace gateway {

/// A user of this machine, as the name service knows it. Empty for programs of aliases, which are nobody's.
struct Account {
  std::string name, home, shell;
};

/// The environment of a program, as Postfix's local(8) makes it: SENDER, RECIPIENT, EXTENSION, USER, HOME... Nothing of
/// ours is inherited. Characters that a shell might take for its own become "_" in everything that a client wrote.
std::vector<std::string> program_environment(const DeliveryOrder& order, const OrderedMail& mail,
                                             const Account& account);

/// Splits a command at blanks when it needs no shell: empty when it holds characters that only a shell understands.
std::vector<std::string> plain_words(std::string_view command);

/// Runs `command` with the message on its input and waits for its end, at most `limit`; then the program and what it
/// has started are killed. Without shell characters no shell is started.
Outcome run_program(const std::string& command, const std::vector<std::string>& environment, const std::string& folder,
                    const OrderedMail& mail, const Content& content, std::chrono::seconds limit);

}  // namespace gateway
