#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

/// A complete reply of a remote SMTP or LMTP server.
struct PeerReply {
  int code = 0;      // 200..599
  std::string text;  // all lines as they came, codes included, joined by '\n'; control characters are '?'

  bool is_positive() const { return code >= 200 && code < 400; }
  bool is_permanent() const { return code >= 500; }

  /// On one line, as a log or report shows it.
  std::string printable() const;

  /// The enhanced status code (RFC 3463) of the last line, or "X.0.0" of the reply's class when there is none or one of
  /// another class: the code always wins.
  std::string dsn() const;
};

/// Gathers the octets of a server into replies (RFC 5321 4.2). Pure: no socket, no clock.
///
/// Bounded whatever the server sends: a line keeps its first 1,000 octets, a reply may have 200 lines and 64 KiB.
/// Lines without a code and lines of different classes are broken: nothing can be concluded from them.
class PeerReplyParser {
 public:
  enum class Step : std::uint8_t { need_more, complete, broken };

  /// Takes octets from the front of `bytes`, at most to the end of one reply. After `broken` the connection is useless.
  Step feed(std::string_view& bytes);

  /// The reply, once after `complete`.
  PeerReply take();

 private:
  Step end_line();

  PeerReply reply_;
  std::string line_;
  std::size_t octets_ = 0;
  int lines_ = 0;
};

}  // namespace gateway
