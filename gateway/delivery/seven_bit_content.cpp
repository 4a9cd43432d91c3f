#include "gateway/delivery/seven_bit_content.hpp"

#include <algorithm>
#include <utility>

#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::size_t piece_limit = 4096;   // of a line that is looked at as one
constexpr std::size_t field_limit = 65536;  // of a header field
constexpr std::size_t depth_limit = 100;
constexpr std::size_t part_limit = 10000;
constexpr std::size_t column_limit = 75;  // RFC 2045 section 6.7, rule 5: 76 with the "=" of a soft break

bool is_eight_bit(char c) {
  return static_cast<unsigned char>(c) > 0x7f;
}

bool has_eight_bit_octet(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_eight_bit);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// "text/plain" of "Text/Plain; charset=x", lower case.
std::string first_word(std::string_view value) {
  value = trim(value);
  return lookup::ascii_lower(value.substr(0, value.find_first_of(";( \t\r\n")));
}

/// The value of `name=` in a Content-Type field, without quotes; empty when there is none.
std::string parameter_of(std::string_view value, std::string_view name) {
  const std::string lower = lookup::ascii_lower(value);
  for (std::size_t at = lower.find(name); at != std::string::npos; at = lower.find(name, at + 1)) {
    const auto before = at == 0 ? std::string::npos : lower.find_last_not_of(" \t\r\n", at - 1);
    if (before == std::string::npos || lower[before] != ';') continue;
    const auto equals = lower.find_first_not_of(" \t\r\n", at + name.size());
    if (equals == std::string::npos || lower[equals] != '=') continue;
    std::string_view rest = value.substr(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
    std::string found;
    if (!rest.starts_with('"')) return std::string(rest.substr(0, rest.find_first_of("; \t\r\n(")));
    for (std::size_t i = 1; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
      found += rest[i];
    }
    return found;
  }
  return {};
}

}  // namespace

SevenBitContent::Change SevenBitContent::Part::change() const {
  if (!eight_bit || kind == Kind::fixed_leaf) return Change::none;
  return kind == Kind::leaf ? Change::encode : Change::relabel;
}

void SevenBitContent::restart() {
  open_.clear();
  next_ = 0;
  at_line_start_ = true;
  saw_return_ = false;
  line_.clear();
  has_version_ = false;
  begin_part(0);
}

void SevenBitContent::look(std::string_view bytes) {
  if (parts_.empty()) restart();
  take(bytes, nullptr);
}

void SevenBitContent::end_look() {
  if (parts_.empty()) restart();
  if (saw_return_) line_ += '\r';
  if (!line_.empty()) take_line(line_, at_line_start_, false, nullptr);
  if (in_header_) end_header(nullptr);
  first_reading_ = false;
  restart();
}

void SevenBitContent::convert(std::string_view bytes, std::string& out) {
  take(bytes, &out);
}

void SevenBitContent::end_convert(std::string& out) {
  if (saw_return_) line_ += '\r';
  if (!line_.empty()) take_line(line_, at_line_start_, false, &out);
  line_.clear();
  if (in_header_) finish_field(&out);
}

void SevenBitContent::take(std::string_view bytes, std::string* out) {
  while (!bytes.empty()) {
    if (saw_return_) {
      saw_return_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        const std::string line = std::exchange(line_, {});
        take_line(line, std::exchange(at_line_start_, true), true, out);
        continue;
      }
      line_ += '\r';
    }
    const auto end = std::min(bytes.find('\r'), bytes.size());
    const std::size_t room = piece_limit - std::min(piece_limit, line_.size());
    line_.append(bytes.substr(0, std::min(end, room)));
    if (end > room) {
      bytes.remove_prefix(room);
      const std::string piece = std::exchange(line_, {});
      take_line(piece, std::exchange(at_line_start_, false), false, out);
      continue;
    }
    saw_return_ = end < bytes.size();
    bytes.remove_prefix(end + (saw_return_ ? 1 : 0));
  }
}

void SevenBitContent::take_line(std::string_view text, bool begins, bool ends, std::string* out) {
  if (begins && ends && take_boundary(text, out)) return;
  if (in_header_)
    take_header(text, begins, ends, out);
  else
    take_body(text, begins, ends, out);
}

bool SevenBitContent::take_boundary(std::string_view text, std::string* out) {
  if (!text.starts_with("--")) return false;
  if (next_ >= part_limit) too_complex_ = true;
  if (too_complex_) return false;
  for (std::size_t level = open_.size(); level-- > 0;) {
    const std::string& boundary = open_[level].boundary;
    std::string_view rest = text.substr(2);
    if (!rest.starts_with(boundary)) continue;
    rest.remove_prefix(boundary.size());
    const bool last = rest.starts_with("--");
    if (last) rest.remove_prefix(2);
    if (!trim(rest).empty()) continue;
    if (in_header_) end_header(out);
    const std::size_t whole = open_[level].part;
    open_.resize(last ? level : level + 1);
    if (out != nullptr) out->append(text).append("\r\n");
    if (last) {
      current_ = whole;
      in_header_ = false;
    } else {
      begin_part(whole);
    }
    return true;
  }
  return false;
}

void SevenBitContent::begin_part(std::size_t parent) {
  current_ = next_++;
  if (current_ >= parts_.size()) {
    parts_.emplace_back();
    parts_.back().parent = parent;
  }
  in_header_ = true;
  field_.clear();
  type_.clear();
  boundary_.clear();
  encoding_.clear();
  dropped_encoding_ = false;
  column_ = 0;
}

void SevenBitContent::take_header(std::string_view text, bool begins, bool ends, std::string* out) {
  if (begins && ends && text.empty()) {
    end_header(out);
    if (out != nullptr) out->append("\r\n");
    // The header of the message inside a message/rfc822 follows.
    if (parts_[current_].kind == Kind::message) begin_part(current_);
    return;
  }
  const bool continues = !begins || text.starts_with(' ') || text.starts_with('\t');
  if (!continues || field_.size() > field_limit) finish_field(out);
  field_.append(text);
  if (ends) field_.append("\r\n");
}

void SevenBitContent::finish_field(std::string* out) {
  const std::string field = std::exchange(field_, {});
  const auto colon = field.find(':');
  const std::string name =
      lookup::ascii_lower(trim(std::string_view(field).substr(0, std::min<std::size_t>(colon, 100))));
  const std::string_view value =
      colon == std::string::npos ? std::string_view() : std::string_view(field).substr(colon + 1);
  if (name == "content-type") {
    type_ = first_word(value);
    boundary_ = parameter_of(value, "boundary");
  } else if (name == "content-transfer-encoding") {
    encoding_ = first_word(value);
    if (out != nullptr && parts_[current_].change() != Change::none) {
      dropped_encoding_ = true;
      return;
    }
  } else if (name == "mime-version" && current_ == 0) {
    has_version_ = true;
  }
  if (out != nullptr) out->append(field);
}

void SevenBitContent::end_header(std::string* out) {
  finish_field(out);
  in_header_ = false;
  Part& part = parts_[current_];
  if (first_reading_) {
    const bool identity = encoding_ != "base64" && encoding_ != "quoted-printable";
    if (type_.empty() && current_ != part.parent && parts_[part.parent].is_digest) type_ = "message/rfc822";
    part.is_digest = type_ == "multipart/digest";
    const bool may_open = identity && open_.size() < depth_limit && next_ < part_limit;
    if (type_.starts_with("multipart/") && !boundary_.empty() && may_open)
      part.kind = Kind::multipart;
    else if ((type_ == "message/rfc822" || type_ == "message/global") && may_open)
      part.kind = Kind::message;
    else if (!identity || type_.starts_with("message/") || type_.starts_with("multipart/"))
      part.kind = Kind::fixed_leaf;
  }
  if (part.kind == Kind::multipart) open_.push_back({boundary_, current_});
  if (out == nullptr) return;
  if (part.change() == Change::encode) {
    if (current_ == 0 && !has_version_) out->append("MIME-Version: 1.0\r\n");
    if (current_ == 0 && type_.empty()) out->append("Content-Type: text/plain; charset=unknown-8bit\r\n");
    out->append("Content-Transfer-Encoding: quoted-printable\r\n");
  } else if (part.change() == Change::relabel && dropped_encoding_) {
    out->append("Content-Transfer-Encoding: 7bit\r\n");
  }
}

void SevenBitContent::take_body(std::string_view text, bool, bool ends, std::string* out) {
  Part* part = &parts_[current_];
  if (out == nullptr) {
    if (!has_eight_bit_octet(text)) return;
    found_ = true;
    for (; !part->eight_bit; part = &parts_[part->parent]) part->eight_bit = true;
    return;
  }
  switch (part->change()) {
    case Change::encode:
      return encode(text, ends, *out);
    case Change::relabel:
      // Before the first part or behind the last one: nobody is shown it.
      for (const char c : text) *out += is_eight_bit(c) ? '?' : c;
      break;
    default:
      out->append(text);
  }
  if (ends) out->append("\r\n");
}

void SevenBitContent::encode(std::string_view text, bool ends, std::string& out) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octet = static_cast<unsigned char>(text[at]);
    const bool blank = octet == ' ' || octet == '\t';
    // A blank at the end of a line would be lost on the way; the end of a piece may be the end of the line.
    const bool plain = blank ? at + 1 < text.size() : octet > 0x20 && octet < 0x7f && octet != '=';
    const std::size_t width = plain ? 1 : 3;
    if (column_ + width > column_limit) {
      out += "=\r\n";
      column_ = 0;
    }
    if (plain) {
      out += text[at];
    } else {
      out += '=';
      out += digits[octet >> 4];
      out += digits[octet & 15];
    }
    column_ += width;
  }
  if (!ends) return;
  out += "\r\n";
  column_ = 0;
}

}  // namespace gateway
