#include "gateway/content/content_check.hpp"

#include "lookup/address.hpp"

namespace gateway {

namespace {

/// A longer body line is looked at in pieces of this size (line_length_limit).
constexpr std::size_t longest_line = 2048;
/// Fields beyond it pass without a look; the limit of a field is smaller by default and refuses the message.
constexpr std::size_t longest_field = 102400;
constexpr std::size_t longest_logged = 200;
constexpr std::size_t most_events = 100;

bool is_field_start(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const auto name = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
  for (const char c : name)
    if (c <= ' ' || c == 0x7f) return false;
  return !name.empty();
}

std::string_view without_line_end(std::string_view line) {
  return line.ends_with("\r\n") ? line.substr(0, line.size() - 2) : line;
}

/// A field as tables see it: lines joined by LF, without the last line end.
std::string joined(std::string_view field) {
  std::string text;
  for (const char c : without_line_end(field))
    if (c != '\r') text += c;
  return text;
}

/// "5.7.1 text" with another code when the text brings one of class 5.
Reply refusal_of(const std::string& text) {
  Reply reply{550, "5.7.1", text.empty() ? "message content rejected" : text};
  const auto space = text.find(' ');
  if (text.starts_with("5.") && space != std::string::npos && text.find_first_not_of("0123456789.") == space) {
    reply.dsn = text.substr(0, space);
    reply.text = text.substr(space + 1);
  }
  return reply;
}

}  // namespace

void ContentCheck::take(std::string_view octets) {
  while (!octets.empty() && !refusal_) {
    const auto end = octets.find('\n');
    const auto piece = octets.substr(0, end == std::string_view::npos ? end : end + 1);
    octets.remove_prefix(piece.size());
    if (end != std::string_view::npos && pending_.empty()) {
      line(piece);
      continue;
    }
    pending_ += piece;
    const bool too_long = walk_.place() == MimeWalk::Place::body && pending_.size() > longest_line;
    if (end != std::string_view::npos || too_long || pending_.size() > longest_field) {
      const std::string whole = std::exchange(pending_, {});
      line(whole);
    }
  }
}

void ContentCheck::finish() {
  if (refusal_) return;
  const std::string last = std::exchange(pending_, {});
  if (!last.empty()) line(last);
  end_field();
}

void ContentCheck::line(std::string_view octets) {
  if (passes_) return next_.take(octets);
  const auto text = without_line_end(octets);
  if (walk_.place() != MimeWalk::Place::body) {
    const bool goes_on = !field_.empty() && (octets.starts_with(' ') || octets.starts_with('\t'));
    if (goes_on && field_.size() < longest_field) {
      field_ += octets;
      return;
    }
    end_field();
    if (refusal_) return;
    if (passes_) return next_.take(octets);
    if (is_field_start(text)) {
      field_ = octets;
      return;
    }
    walk_.end_header();
    // The empty line belongs to neither; any other line is the first of the body.
    if (text.empty()) return next_.take(octets);
  }
  walk_.body_line(text);
  if (walk_.segment() != segment_) {
    segment_ = walk_.segment();
    looked_at_ = 0;
  }
  const bool in_reach = tables_.body_size_limit == 0 || looked_at_ < tables_.body_size_limit;
  looked_at_ += octets.size();
  if (text.empty() || tables_.body.empty() || !in_reach) return next_.take(octets);
  judge(tables_.body, text, octets, "body");
}

void ContentCheck::end_field() {
  if (field_.empty()) return;
  const std::string field = std::exchange(field_, {});
  if (passes_) return next_.take(field);
  walk_.end_field(field);
  const auto& tables = tables_for(field);
  if (tables.empty() || field.size() > longest_field) return next_.take(field);
  judge(tables, joined(field), field, "header");
}

const ContentTables::List& ContentCheck::tables_for(std::string_view field) const {
  const auto name = lookup::ascii_lower(field.substr(0, field.find_first_of(": \t")));
  if (name.starts_with("content-") || name == "mime-version") return tables_.mime_header;
  if (walk_.place() == MimeWalk::Place::header) return tables_.header;
  // What is no MIME field has no meaning in the header of a part; it is looked at as one all the same.
  return walk_.place() == MimeWalk::Place::part_header ? tables_.mime_header : tables_.nested_header;
}

void ContentCheck::judge(const ContentTables::List& tables, std::string_view subject, std::string_view octets,
                         std::string_view kind) {
  for (const auto& table : tables) {
    const auto answer = table->find_now(subject);
    if (!answer || answer->is_absent()) continue;
    if (answer->is_unavailable()) {
      refusal_ = Reply{451, "4.3.0", "Temporary lookup failure"};
      events_.push_back({ContentAction::Kind::warn, std::string(kind), table->name() + ": " + answer->detail});
      return;
    }
    const auto action = parse_content_action(answer->values.empty() ? std::string_view() : answer->values.front());
    if (action) return obey(*action, subject, octets, kind);
    events_.push_back(
        {ContentAction::Kind::warn, std::string(kind),
         table->name() + " has no known action: " + (answer->values.empty() ? std::string() : answer->values.front())});
    break;
  }
  next_.take(octets);
}

void ContentCheck::note(const ContentAction& action, std::string_view subject, std::string_view kind) {
  if (events_.size() >= most_events) return;
  std::string shown(subject.substr(0, longest_logged));
  for (char& c : shown)
    if (c == '\n') c = '?';
  events_.push_back({action.kind, std::string(kind) + " " + shown, action.text});
}

void ContentCheck::obey(const ContentAction& action, std::string_view subject, std::string_view octets,
                        std::string_view kind) {
  using Kind = ContentAction::Kind;
  if (action.kind != Kind::dunno && action.kind != Kind::ignore && action.kind != Kind::pass)
    note(action, subject, kind);
  switch (action.kind) {
    case Kind::reject:
      refusal_ = refusal_of(action.text);
      return;
    case Kind::ignore:
    case Kind::strip:
      return;
    case Kind::replace:
      return next_.take(action.text + "\r\n");
    case Kind::prepend:
      next_.take(action.text + "\r\n");
      break;
    case Kind::discard:
      effects_.discard = true;
      effects_.discard_reason = action.text;
      passes_ = true;
      break;
    case Kind::hold:
      effects_.hold = true;
      effects_.hold_reason = action.text;
      break;
    case Kind::filter:
      effects_.filter = action.text;
      break;
    case Kind::redirect:
      effects_.redirect = action.text;
      break;
    case Kind::bcc:
      effects_.bcc.push_back(action.text);
      break;
    case Kind::pass:
      passes_ = true;
      break;
    case Kind::info:
    case Kind::warn:
    case Kind::dunno:
      break;
  }
  next_.take(octets);
}

}  // namespace gateway
