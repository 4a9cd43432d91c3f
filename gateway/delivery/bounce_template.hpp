#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/config/config.hpp"

namespace gateway {

/// The text of one kind of report, as bounce(5) describes it: headers, then words in which `$name` stands for a value
/// of the configuration. Lines end with LF.
struct BounceTemplate {
  std::string charset, from, subject, postmaster_subject, body;
};

/// The texts of all reports. The built-in ones are in force for what a file does not define.
struct BounceTemplates {
  BounceTemplate failure, delay, success;
};

/// The built-in texts.
const BounceTemplates& built_in_bounce_templates();

/// Reads "NAME_template = <<MARK", lines, "MARK" for the names failure, delay, success and verify; "#" begins a
/// comment. The error names the line. Total: any octets give templates or an error.
[[nodiscard]] tl::expected<BounceTemplates, std::string> parse_bounce_templates(std::string_view text);

/// The same from a file of at most 1 MiB; the error names the file.
[[nodiscard]] tl::expected<BounceTemplates, std::string> read_bounce_templates(const std::string& path);

/// The body with its names replaced, CRLF line ends.
std::string expand_bounce_body(const BounceTemplate& text, const config::Config& config);

}  // namespace gateway
