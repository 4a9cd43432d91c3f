#include "gateway/resolve/header_addresses.hpp"

#include <algorithm>
#include <vector>

namespace gateway {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_special(char c) {
  return is_blank(c) || std::string_view("()<>[]:;,\"@.").find(c) != std::string_view::npos;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// What the grammar is made of. A mark is one of "@", ".", ":" and, between brackets, ",".
struct Piece {
  enum class Kind : std::uint8_t { word, mark, comment };
  Kind kind = Kind::word;
  std::size_t begin = 0, end = 0;
};

/// Goes through the body of one field; see change_addresses().
class Changer {
 public:
  Changer(std::string_view body, const AddressChange& change) : body_(body), change_(change) {}

  std::string run() {
    while (at_ < body_.size()) step();
    end_element();
    return out_.append(body_.substr(copied_));
  }

 private:
  void step() {
    const char c = body_[at_];
    if (c == '<') return take_brackets();
    if (c == ',' || c == ';') {
      end_element();
      ++at_;
    } else if (c == ':') {
      pieces_.clear();  // what stood here is the name of a group
      ++at_;
    } else {
      take_piece(pieces_);
    }
  }

  void end_element() {
    if (!has_brackets_) replace(pieces_, body_.size());
    pieces_.clear();
    has_brackets_ = false;
  }

  /// RFC 5322 3.4: name-addr and its route of old (4.4), which is dropped from an address that changes.
  void take_brackets() {
    std::vector<Piece> inside;
    ++at_;
    while (at_ < body_.size() && body_[at_] != '>') take_piece(inside);
    if (at_ == body_.size()) {
      is_broken_ = true;
      return;
    }
    ++at_;
    has_brackets_ = true;
    auto begin = body_.size();
    if (!inside.empty() && body_[inside.front().begin] == '@') {
      const auto colon = std::find_if(inside.begin(), inside.end(), [&](const Piece& piece) {
        return piece.kind == Piece::Kind::mark && body_[piece.begin] == ':';
      });
      if (colon == inside.end()) return;
      begin = inside.front().begin;
      inside.erase(inside.begin(), colon + 1);
    }
    replace(inside, begin);
  }

  void take_piece(std::vector<Piece>& pieces) {
    const char c = body_[at_];
    const auto begin = at_;
    if (is_blank(c)) {
      ++at_;
      return;
    }
    if (c == '"') {
      take_until('"');
    } else if (c == '[') {
      take_until(']');
    } else if (c == '(') {
      take_comment();
      pieces.push_back({Piece::Kind::comment, begin, at_});
      return;
    } else if (is_special(c)) {
      ++at_;
      pieces.push_back({Piece::Kind::mark, begin, at_});
      return;
    } else {
      while (at_ < body_.size() && !is_special(body_[at_])) ++at_;
    }
    pieces.push_back({Piece::Kind::word, begin, at_});
  }

  void take_until(char end) {
    for (++at_; at_ < body_.size(); ++at_) {
      if (body_[at_] == '\\') {
        ++at_;
      } else if (body_[at_] == end) {
        ++at_;
        return;
      }
    }
    at_ = body_.size();
    is_broken_ = true;
  }

  void take_comment() {
    int depth = 0;
    for (; at_ < body_.size(); ++at_) {
      const char c = body_[at_];
      if (c == '\\') {
        ++at_;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        ++at_;
        return;
      }
    }
    at_ = body_.size();
    is_broken_ = true;
  }

  /// Puts the changed address where `pieces` stand, or from `begin` on where that is earlier.
  void replace(const std::vector<Piece>& pieces, std::size_t begin) {
    if (is_broken_) return;
    std::string text, comments;
    std::size_t end = 0;
    bool after_word = false;
    for (const auto& piece : pieces) {
      if (piece.kind == Piece::Kind::comment) continue;
      // Two words side by side are a name without an address.
      if (piece.kind == Piece::Kind::word && after_word) return;
      after_word = piece.kind == Piece::Kind::word;
      const auto written = body_.substr(piece.begin, piece.end - piece.begin);
      if (piece.kind == Piece::Kind::mark && written != "@" && written != ".") return;
      begin = std::min(begin, piece.begin);
      end = piece.end;
      text += written;
    }
    if (text.empty() || has_control(text)) return;
    for (const auto& piece : pieces)
      if (piece.kind == Piece::Kind::comment && piece.begin > begin && piece.end < end)
        comments.append(" ").append(body_.substr(piece.begin, piece.end - piece.begin));
    const auto address = lookup::split_address(text);
    if (address.local.empty()) return;
    const auto changed = change_(address);
    if (!changed || changed->is_null() || *changed == address) return;
    const auto replacement = changed->to_string();
    if (has_control(replacement)) return;
    out_.append(body_.substr(copied_, begin - copied_)).append(replacement).append(comments);
    copied_ = end;
  }

  std::string_view body_;
  const AddressChange& change_;
  std::string out_;
  std::vector<Piece> pieces_;
  std::size_t at_ = 0, copied_ = 0;
  bool has_brackets_ = false;
  bool is_broken_ = false;  // a quote, comment or bracket that does not end: nothing after it is sure
};

bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
}

}  // namespace

HeaderClass class_of_field(std::string_view name) {
  static constexpr std::string_view senders[] = {"from",
                                                 "sender",
                                                 "reply-to",
                                                 "resent-from",
                                                 "resent-sender",
                                                 "resent-reply-to",
                                                 "errors-to",
                                                 "return-receipt-to",
                                                 "disposition-notification-to",
                                                 "mail-followup-to"};
  static constexpr std::string_view recipients[] = {"to",        "cc",         "bcc",          "resent-to",
                                                    "resent-cc", "resent-bcc", "apparently-to"};
  if (name.size() > 30) return HeaderClass::none;
  const auto folded = lookup::ascii_lower(name);
  if (std::find(std::begin(senders), std::end(senders), folded) != std::end(senders)) return HeaderClass::sender;
  if (std::find(std::begin(recipients), std::end(recipients), folded) != std::end(recipients))
    return HeaderClass::recipient;
  return HeaderClass::none;
}

std::string change_addresses(std::string_view body, const AddressChange& change) {
  return Changer(body, change).run();
}

std::size_t for_each_field(
    std::string_view section,
    const std::function<void(std::string_view name, std::string_view body, std::size_t body_at)>& each) {
  std::size_t at = 0;
  while (at < section.size() && section[at] != '\r' && section[at] != '\n') {
    std::size_t end = at;
    do {
      const auto feed = section.find('\n', end);
      end = feed == std::string_view::npos ? section.size() : feed + 1;
    } while (end < section.size() && (section[end] == ' ' || section[end] == '\t'));
    const auto field = section.substr(at, end - at);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) break;
    auto name = field.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (!is_field_name(name)) break;
    each(name, field.substr(colon + 1), at + colon + 1);
    at = end;
  }
  return at;
}

std::string change_header(
    std::string_view section,
    const std::function<std::optional<lookup::Address>(const lookup::Address&, HeaderClass)>& change) {
  std::string out;
  out.reserve(section.size() + 64);
  std::size_t copied = 0;
  for_each_field(section, [&](std::string_view name, std::string_view body, std::size_t body_at) {
    const auto kind = class_of_field(name);
    if (kind == HeaderClass::none) return;
    out.append(section.substr(copied, body_at - copied));
    out.append(change_addresses(body, [&](const lookup::Address& address) { return change(address, kind); }));
    copied = body_at + body.size();
  });
  return out.append(section.substr(copied));
}

}  // namespace gateway
