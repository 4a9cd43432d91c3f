#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gateway {

/// Where decoded content goes: called with runs of octets, CRLF line ends included, in order.
class ContentSink {
 public:
  virtual ~ContentSink() = default;
  virtual void take(std::string_view octets) = 0;
};

/// What makes content unacceptable: octets by which two mail systems could disagree where a message ends.
enum class ContentFault : std::uint8_t { none, bare_lf, bare_cr, nul };

/// Reads message content: undoes dot-stuffing and finds the end, which is CRLF "." CRLF and nothing else (RFC 5321
/// 4.1.1.4; every looser reading is SMTP smuggling). With a fault, reading goes on to the true end, so that nothing
/// behind a false end is ever taken for commands; the sink gets nothing more.
///
/// Pure; any division of the octets into feeds gives the same result. One object reads one message.
class ContentReader {
 public:
  /// `chunks`: BDAT content (RFC 3030), without dots and end mark; finished() stays false.
  enum class Framing : std::uint8_t { dots, chunks };

  explicit ContentReader(Framing framing = Framing::dots) : framing_(framing) {}

  /// Returns how many octets belong to the content: all of them until it is finished.
  std::size_t feed(std::string_view octets, ContentSink& sink);

  bool finished() const { return state_ == State::finished; }
  ContentFault fault() const { return fault_; }

  /// For chunks, after the last one: hands out a CR that was held back, and completes the last line.
  void end_chunks(ContentSink& sink);

 private:
  enum class State : std::uint8_t { line_start, in_line, after_cr, after_dot, after_dot_cr, finished };

  void found(ContentFault fault) {
    if (fault_ == ContentFault::none) fault_ = fault;
  }

  State state_ = State::line_start;
  Framing framing_;
  ContentFault fault_ = ContentFault::none;
};

}  // namespace gateway
