#include "gateway/submission/message_text.hpp"

#include <fmt/core.h>

#include "lookup/address.hpp"

namespace gateway {

namespace {

struct Field {
  std::string name;  // lower case
  std::size_t begin = 0, end = 0, body = 0;
};

bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
}

/// The fields at the front, with their folded lines. `end` is where the header ends: an empty line, or a line that is
/// none of it.
std::vector<Field> fields_of(std::string_view content, std::size_t& end) {
  std::vector<Field> fields;
  end = 0;
  while (end < content.size()) {
    const auto line_end = content.find("\r\n", end);
    const auto next = line_end == std::string_view::npos ? content.size() : line_end + 2;
    const auto line = content.substr(end, next - end);
    if (line == "\r\n") break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (fields.empty()) break;
      fields.back().end = next;
      end = next;
      continue;
    }
    const auto colon = line.find(':');
    auto name = line.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (colon == std::string_view::npos || !is_field_name(name)) break;
    fields.push_back({lookup::ascii_lower(name), end, next, end + colon + 1});
    end = next;
  }
  return fields;
}

}  // namespace

std::vector<std::string> addresses_of_header(std::string_view body) {
  std::vector<std::string> addresses;
  std::string plain, bracketed;
  bool in_brackets = false, has_brackets = false;
  const auto finish = [&] {
    std::string address = has_brackets ? bracketed : plain;
    // A source route (@a,@b:user@c) is not followed (RFC 5321 appendix C).
    if (address.starts_with('@'))
      if (const auto colon = address.find(':'); colon != std::string::npos) address.erase(0, colon + 1);
    if (!address.empty()) addresses.push_back(std::move(address));
    plain.clear();
    bracketed.clear();
    in_brackets = has_brackets = false;
  };
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    std::string& word = in_brackets ? bracketed : plain;
    if (c == '"') {
      const auto begin = at++;
      while (at < body.size() && body[at] != '"') at += body[at] == '\\' ? 2 : 1;
      word += body.substr(begin, std::min(at, body.size() - 1) - begin + 1);
    } else if (c == '(') {
      int depth = 1;
      while (++at < body.size() && depth > 0) {
        if (body[at] == '\\')
          ++at;
        else if (body[at] == '(')
          ++depth;
        else if (body[at] == ')')
          --depth;
      }
      --at;
    } else if (c == '<') {
      in_brackets = has_brackets = true;
      bracketed.clear();
    } else if (c == '>') {
      in_brackets = false;
    } else if (!in_brackets && (c == ',' || c == ';')) {
      finish();
    } else if (!in_brackets && c == ':') {
      plain.clear();  // the name of a group
    } else if (static_cast<unsigned char>(c) > 0x20 && c != 0x7f) {
      word += c;
    }
  }
  finish();
  return addresses;
}

std::vector<std::string> take_header_recipients(std::string& content) {
  std::size_t end = 0;
  const auto fields = fields_of(content, end);
  const bool is_resent = std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return field.name == "resent-to" || field.name == "resent-cc" || field.name == "resent-bcc";
  });
  const std::string prefix = is_resent ? "resent-" : "";
  std::vector<std::string> recipients;
  for (const auto& field : fields) {
    if (field.name != prefix + "to" && field.name != prefix + "cc" && field.name != prefix + "bcc") continue;
    auto found = addresses_of_header(std::string_view(content).substr(field.body, field.end - field.body));
    recipients.insert(recipients.end(), found.begin(), found.end());
  }
  for (auto field = fields.rbegin(); field != fields.rend(); ++field)
    if (field->name == "bcc" || field->name == "resent-bcc") content.erase(field->begin, field->end - field->begin);
  return recipients;
}

void fill_header(std::string& content, const HeaderFill& fill) {
  std::size_t end = 0;
  const auto fields = fields_of(content, end);
  const auto has = [&](const char* name) {
    return std::any_of(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  };
  if (content.compare(end, 2, "\r\n") != 0) content.insert(end, "\r\n");
  std::string lines;
  if (!has("message-id")) lines += fmt::format("Message-Id: {}\r\n", fill.message_id);
  if (!has("date")) lines += fmt::format("Date: {}\r\n", fill.date);
  if (!has("from")) lines += fmt::format("From: {}\r\n", fill.from);
  content.insert(0, lines);
}

}  // namespace gateway
