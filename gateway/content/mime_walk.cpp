#include "gateway/content/mime_walk.hpp"

#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::size_t deepest_nesting = 100;  // mime_nesting_limit
constexpr std::size_t longest_boundary = 2048;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The value of a parameter in "; name=value; name="va\"lue"", "" when it is not there.
std::string parameter_of(std::string_view text, std::string_view wanted) {
  while (!text.empty()) {
    const auto equals = text.find_first_of("=;");
    if (equals == std::string_view::npos) return {};
    if (text[equals] == ';') {
      text.remove_prefix(equals + 1);
      continue;
    }
    const auto name = lookup::ascii_lower(trimmed(text.substr(0, equals)));
    text.remove_prefix(equals + 1);
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
    std::string value;
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
        value += text.front();
        text.remove_prefix(1);
      }
    } else {
      const auto end = text.find_first_of("; \t\r\n(");
      value = text.substr(0, end);
      text.remove_prefix(value.size());
    }
    if (name == wanted) return value;
    const auto next = text.find(';');
    if (next == std::string_view::npos) return {};
    text.remove_prefix(next + 1);
  }
  return {};
}

}  // namespace

void MimeWalk::begin_header(Place place) {
  place_ = place;
  type_ = Type::other;
  boundary_.clear();
  ++segment_;
}

void MimeWalk::end_field(std::string_view field) {
  const auto colon = field.find(':');
  if (colon == std::string_view::npos || lookup::ascii_lower(trimmed(field.substr(0, colon))) != "content-type") return;
  const auto value = trimmed(field.substr(colon + 1));
  const auto end = value.find(';');
  const auto type = lookup::ascii_lower(trimmed(value.substr(0, end)));
  type_ = Type::other;
  if (type == "message/rfc822" || type == "message/global") type_ = Type::message;
  if (!type.starts_with("multipart/") || end == std::string_view::npos) return;
  boundary_ = parameter_of(value.substr(end + 1), "boundary");
  if (boundary_.size() > longest_boundary) boundary_.resize(longest_boundary);
  if (!boundary_.empty()) type_ = Type::multipart;
}

void MimeWalk::end_header() {
  if (type_ == Type::message && messages_ < deepest_nesting) {
    ++messages_;
    begin_header(Place::nested_header);
    return;
  }
  if (type_ == Type::multipart && boundaries_.size() < deepest_nesting) boundaries_.push_back(boundary_);
  place_ = Place::body;
}

void MimeWalk::body_line(std::string_view line) {
  if (boundaries_.empty() || !line.starts_with("--")) return;
  for (auto at = boundaries_.size(); at-- > 0;) {
    auto rest = line.substr(2);
    if (!rest.starts_with(boundaries_[at])) continue;
    rest.remove_prefix(boundaries_[at].size());
    const bool closes = rest.starts_with("--");
    if (closes) rest.remove_prefix(2);
    if (!trimmed(rest).empty()) continue;
    boundaries_.resize(closes ? at : at + 1);
    if (!closes) begin_header(Place::part_header);
    return;
  }
}

}  // namespace gateway
