#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// Turns a message with octets above 127 into one of 7 bits, for a server that does not offer 8BITMIME (RFC 6152
/// section 3): MIME parts that hold such octets become quoted-printable, those around them are labelled 7bit.
///
/// What needs no change keeps its octets, so that signatures over other parts stay good. Header fields are left as they
/// are. The message is read twice, cut anywhere: first by look(), then by convert(), which writes lines with CRLF.
/// Memory does not depend on the message's size. Total: any octets are a message.
class SevenBitContent {
 public:
  void look(std::string_view bytes);
  void convert(std::string_view bytes, std::string& out);

  /// After the last piece of either reading.
  void end_look();
  void end_convert(std::string& out);

  /// Is there something that can be converted? Known after end_look(); false also for a message of more than 10,000
  /// parts.
  bool has_eight_bit() const { return found_ && !too_complex_; }

 private:
  enum class Change : std::uint8_t { none, encode, relabel };
  enum class Kind : std::uint8_t { leaf, fixed_leaf, multipart, message };

  struct Part {
    std::size_t parent = 0;  // its own place for the outermost
    Kind kind = Kind::leaf;
    bool eight_bit = false;
    bool is_digest = false;  // its parts are messages unless they say otherwise
    Change change() const;
  };
  struct Open {
    std::string boundary;
    std::size_t part = 0;
  };

  void restart();
  void take(std::string_view bytes, std::string* out);
  void take_line(std::string_view text, bool begins, bool ends, std::string* out);
  void take_header(std::string_view text, bool begins, bool ends, std::string* out);
  void take_body(std::string_view text, bool begins, bool ends, std::string* out);
  bool take_boundary(std::string_view text, std::string* out);
  void finish_field(std::string* out);
  void end_header(std::string* out);
  void begin_part(std::size_t parent);
  void encode(std::string_view text, bool ends, std::string& out);

  std::vector<Part> parts_;  // in the order of the message; found by the first reading
  std::vector<Open> open_;
  std::size_t current_ = 0, next_ = 0;
  bool found_ = false, too_complex_ = false, first_reading_ = true;

  bool in_header_ = true, at_line_start_ = true, saw_return_ = false;
  std::string line_;   // of the piece before, when a line is cut
  std::string field_;  // the field that is being read, raw
  std::string type_;   // of the part whose header is being read
  std::string boundary_, encoding_;
  bool has_version_ = false, dropped_encoding_ = false;
  std::size_t column_ = 0;
};

}  // namespace gateway
