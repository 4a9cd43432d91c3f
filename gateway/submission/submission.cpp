#include "gateway/submission/submission.hpp"

#include <fmt/core.h>

namespace gateway {

namespace {

constexpr std::string_view first_line = "gatepost-maildrop 1\n";
constexpr std::size_t address_limit = 1000;
constexpr std::size_t recipient_limit = 100000;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::string with_crlf(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') {
      if (at + 1 < text.size() && text[at + 1] == '\n') ++at;
      result += "\r\n";
    } else if (text[at] == '\n') {
      result += "\r\n";
    } else if (text[at] != '\0') {
      result += text[at];
    }
  }
  if (!result.empty() && !result.ends_with("\r\n")) result += "\r\n";
  return result;
}

bool is_sayable(std::string_view address) {
  if (address.size() > address_limit || has_control(address)) return false;
  bool quoted = false;
  for (std::size_t at = 0; at < address.size(); ++at) {
    if (quoted && address[at] == '\\')
      ++at;
    else if (address[at] == '"')
      quoted = !quoted;
    else if (!quoted && (address[at] == '<' || address[at] == '>' || address[at] == ' '))
      return false;
  }
  return !quoted;
}

std::string to_maildrop_text(const Submission& submission) {
  std::string text(first_line);
  text += "sender " + submission.sender + "\n";
  for (const auto& recipient : submission.recipients) text += "recipient " + recipient + "\n";
  for (const auto& [name, value] : {std::pair("notify", &submission.notify), std::pair("ret", &submission.ret),
                                    std::pair("envid", &submission.envid)})
    if (!value->empty()) text += fmt::format("{} {}\n", name, *value);
  return text + "\n" + submission.content;
}

tl::expected<Submission, std::string> parse_maildrop_text(std::string_view text) {
  if (!text.starts_with(first_line)) return tl::unexpected<std::string>("it is not a maildrop file");
  text.remove_prefix(first_line.size());
  Submission submission;
  bool has_sender = false;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return tl::unexpected<std::string>("its header does not end");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) break;
    const auto blank = line.find(' ');
    const auto name = line.substr(0, blank);
    const std::string value(blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1));
    if (!is_sayable(value)) return tl::unexpected(fmt::format("its {} is not valid", name));
    if (name == "sender") {
      submission.sender = value;
      has_sender = true;
    } else if (name == "recipient" && !value.empty() && submission.recipients.size() < recipient_limit) {
      submission.recipients.push_back(value);
    } else if (name == "notify") {
      submission.notify = value;
    } else if (name == "ret") {
      submission.ret = value;
    } else if (name == "envid") {
      submission.envid = value;
    } else {
      return tl::unexpected(fmt::format("a line of its header is not valid: {}", name));
    }
  }
  if (!has_sender || submission.recipients.empty())
    return tl::unexpected<std::string>("it has no sender or no recipient");
  submission.content = std::string(text);
  return submission;
}

}  // namespace gateway
