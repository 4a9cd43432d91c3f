#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// Divides what the client sends into command lines. Owns a buffer only while octets wait in it.
///
/// Lines end with LF, a CR before it is dropped (Postfix's laxness for commands; content is strict). A line longer than
/// the limit is swallowed whole and reported once, at its end, so that memory stays bounded.
class LineReader {
 public:
  explicit LineReader(std::size_t limit) : limit_(limit) {}

  void feed(std::string_view octets);

  struct Line {
    std::string_view text;  // valid until the next feed() or take_rest()
    bool too_long = false;
  };
  /// The next complete line; nullopt: feed more.
  std::optional<Line> next();

  /// What is left: the start of what follows the last line, as content or TLS may do.
  std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }
  void consume(std::size_t size);
  bool empty() const { return begin_ == buffer_.size(); }
  bool has_line() const { return rest().find('\n') != std::string_view::npos; }

  /// Throws away what is left: octets sent ahead of STARTTLS must never be read as if they had come inside TLS.
  void clear();

 private:
  void release();

  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t limit_;
  bool swallowing_ = false;
};

}  // namespace gateway
