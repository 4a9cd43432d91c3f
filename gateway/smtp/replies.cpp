#include "gateway/smtp/replies.hpp"

#include <fmt/core.h>

namespace gateway::replies {

Reply queued(std::string_view id) {
  return {250, "2.0.0", fmt::format("Ok: queued as {}", id)};
}
Reply chunk_ok(std::uint64_t size) {
  return {250, "2.0.0", fmt::format("Ok: {} bytes", size)};
}
Reply verify(std::string_view text) {
  return {252, "2.0.0", std::string(text)};
}

Reply banner(std::string_view hostname, std::string_view text) {
  return {220, "", fmt::format("{} ESMTP{}{}", hostname, text.empty() ? "" : " ", text)};
}

Reply unsupported_option(std::string_view option) {
  return {555, "5.5.4", fmt::format("Unsupported option: {}", option.substr(0, 100))};
}

Reply mailbox_full(std::string_view recipient, bool for_good) {
  if (for_good) return {552, "5.2.2", fmt::format("<{}>: Recipient address rejected: Mailbox full", recipient)};
  return {452, "4.2.2", fmt::format("<{}>: Recipient address rejected: Mailbox full", recipient)};
}

Reply too_many_errors(std::string_view hostname) {
  return {421, "4.7.0", fmt::format("{} Error: too many errors", hostname)};
}
Reply timeout_exceeded(std::string_view hostname) {
  return {421, "4.4.2", fmt::format("{} Error: timeout exceeded", hostname)};
}
Reply shutting_down(std::string_view hostname) {
  return {421, "4.3.2", fmt::format("{} Service shutting down", hostname)};
}

Reply too_many_connections(std::string_view hostname, std::string_view client) {
  return {421, "4.7.0", fmt::format("{} Error: too many connections from {}", hostname, client)};
}

Reply too_many(std::string_view what, std::string_view client) {
  return {450, "4.7.1", fmt::format("Error: too {} from {}", what, client)};
}

Reply lookup_failure(std::string_view address) {
  return {451, "4.3.0", fmt::format("<{}>: Temporary lookup failure", address)};
}

Reply unknown_user(std::string_view address, std::string_view table) {
  return {550, "5.1.1", fmt::format("<{}>: Recipient address rejected: User unknown in {} table", address, table)};
}

Reply user_moved(std::string_view address, std::string_view where) {
  return {550, "5.1.6", fmt::format("<{}>: Recipient address rejected: User has moved to {}", address, where)};
}

}  // namespace gateway::replies
