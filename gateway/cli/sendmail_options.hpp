#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

namespace gateway::cli {

enum class SendmailMode : std::uint8_t { send, list_queue, build_aliases, flush_queue, speak_smtp, verify, refused };

/// The command line of sendmail as scripts use it.
struct SendmailOptions {
  SendmailMode mode = SendmailMode::send;
  std::string config_path;            // -C FILE
  std::optional<std::string> sender;  // -f, -r; "" is the null sender
  std::string full_name;              // -F
  std::string notify, ret, envid;     // -N, -R, -V
  bool from_header = false;           // -t: recipients out of To, Cc, Bcc
  bool dot_ends = true;               // a line with a single dot ends the message; -i, -oi: it does not
  std::vector<std::string> recipients;
  std::string refusal;  // mode `refused`
};

/// Options that only sendmail itself needed (-o..., -m, -v, -A, -B ...) are taken and mean nothing. The error is a
/// sentence.
[[nodiscard]] tl::expected<SendmailOptions, std::string> parse_sendmail_options(std::span<const std::string> arguments);

/// `sendmail -bs`: SMTP on standard input and output, carried to the daemon. Returns the exit code.
int relay_smtp(const config::Config& config);

/// `sendmail -bv`: asks the daemon about every recipient, without sending anything.
int verify_recipients(const SendmailOptions& options, const config::Config& config);

}  // namespace gateway::cli
