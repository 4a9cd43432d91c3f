#include "gateway/smtp/session_transcript.hpp"

#include <algorithm>

#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::size_t octets_limit = 16384;
constexpr std::size_t line_limit = 70;

bool is_listed(const std::vector<std::string>& classes, std::string_view name) {
  return std::find(classes.begin(), classes.end(), name) != classes.end();
}

}  // namespace

std::string_view notice_class_of(const Reply& reply) {
  if (!reply.is_error() || reply.dsn.size() < 5) return {};
  const std::string_view subject = std::string_view(reply.dsn).substr(2);
  if (subject == "1.1" || subject == "1.0") return "bounce";
  switch (subject[0]) {
    case '1':
    case '7':
      return "policy";
    case '3':
      return subject == "3.1" || subject == "3.2" ? "resource" : subject == "3.4" ? "" : "software";
    case '5':
      return subject == "5.3" ? "policy" : "protocol";
    default:
      return {};
  }
}

SessionTranscript::SessionTranscript(const std::vector<std::string>& classes) {
  for (const std::string_view name : {"policy", "protocol", "resource", "software", "bounce"})
    if (is_listed(classes, name)) classes_ = &classes;
}

void SessionTranscript::heard(std::string_view command) {
  if (classes_ == nullptr) return;
  // "AUTH PLAIN dGhl..." shows its mechanism alone.
  if (lookup::ascii_lower(command.substr(0, 5)) == "auth ") {
    const auto end = command.find(' ', 5);
    if (end != std::string_view::npos) return add(" In:  ", std::string(command.substr(0, end)) + " ...");
  }
  add(" In:  ", command);
}

void SessionTranscript::said(const Reply& reply) {
  if (classes_ == nullptr) return;
  std::string lines;
  append_reply(lines, reply);
  for (std::string_view rest = lines; !rest.empty();) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    add(" Out: ", rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 2));
  }
  const std::string_view name = notice_class_of(reply);
  if (!name.empty() && is_listed(*classes_, name)) trouble_ = true;
}

void SessionTranscript::add(std::string_view label, std::string_view line) {
  if (lines_.size() > octets_limit) {
    cut_ = true;
    return;
  }
  line = line.substr(0, 1000);
  do {
    const std::string_view part = line.substr(0, line_limit);
    lines_.append(label);
    for (const char c : part) {
      const bool plain = static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
      lines_.push_back(plain ? c : '?');
    }
    lines_.append("\r\n");
    line.remove_prefix(part.size());
    label = "     ";
  } while (!line.empty());
}

void SessionTranscript::forget_if_clean() {
  if (!trouble_) lines_.clear();
}

std::string SessionTranscript::text(std::string_view reason) const {
  std::string text = "Transcript of session follows.\r\n\r\n" + lines_;
  if (cut_) text += " ... (the rest is left out)\r\n";
  text += "\r\n";
  if (!reason.empty()) text.append("Session aborted, reason: ").append(reason).append("\r\n\r\n");
  return text + "For other details, see the local mail logfile\r\n";
}

}  // namespace gateway
