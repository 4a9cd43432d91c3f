#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// Follows the structure of a message, line by line, as far as is needed to tell header lines from others: the header,
/// headers of MIME parts, headers of attached messages (RFC 2045, 2046). Pure and total; hostile nesting ends in body.
///
/// Say each line of the message once, without its line end, in order. In a header, say whole fields by end_field().
class MimeWalk {
 public:
  enum class Place : std::uint8_t { header, part_header, nested_header, body };

  /// Where the next line stands, as far as is known before it is read.
  Place place() const { return place_; }

  /// In a header: the empty line behind it. In a body: any line; it may be a boundary.
  void end_header();
  void body_line(std::string_view line);

  /// A whole header field, unfolded or not: its Content-Type decides what follows the header.
  void end_field(std::string_view field);

  /// How many parts and attached messages began: body limits count anew in each.
  std::uint32_t segment() const { return segment_; }

 private:
  enum class Type : std::uint8_t { other, multipart, message };

  void begin_header(Place place);

  Place place_ = Place::header;
  Type type_ = Type::other;
  std::string boundary_;                 // of the header that is read
  std::vector<std::string> boundaries_;  // of the multiparts that are open, outermost first
  std::uint32_t segment_ = 0, messages_ = 0;
};

}  // namespace gateway
