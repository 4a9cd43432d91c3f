#include "gateway/smtp/content_reader.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gateway {

namespace {

/// The first NUL, LF or CR in [at, end), or end.
const char* find_special(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i nul = _mm_setzero_si128(), lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
  for (; end - at >= 16; at += 16) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i hits =
        _mm_or_si128(_mm_cmpeq_epi8(octets, nul), _mm_or_si128(_mm_cmpeq_epi8(octets, lf), _mm_cmpeq_epi8(octets, cr)));
    if (const int mask = _mm_movemask_epi8(hits)) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && *at != '\0' && *at != '\n' && *at != '\r') ++at;
  return at;
}

}  // namespace

std::size_t ContentReader::feed(std::string_view octets, ContentSink& sink) {
  const char* const begin = octets.data();
  const char* const end = begin + octets.size();
  const char* run = begin;  // start of what the sink has not got yet
  const char* at = begin;

  // Hands out [run, to). A CR or a dot held back from an earlier feed is handed out by whoever decides about it.
  const auto hand_out = [&](const char* to) {
    if (to != run && fault_ == ContentFault::none) sink.take({run, static_cast<std::size_t>(to - run)});
  };
  const auto hand_out_held = [&](std::string_view held) {
    if (fault_ == ContentFault::none) sink.take(held);
  };

  while (at != end && state_ != State::finished) {
    switch (state_) {
      case State::line_start:
        if (*at == '.' && framing_ == Framing::dots) {
          hand_out(at);
          run = ++at;
          state_ = State::after_dot;
          break;
        }
        state_ = State::in_line;
        [[fallthrough]];
      case State::in_line:
        at = find_special(at, end);
        if (at == end) break;
        if (*at == '\0') found(ContentFault::nul);
        if (*at == '\n') found(ContentFault::bare_lf);
        if (*at == '\r') state_ = State::after_cr;
        ++at;
        break;
      case State::after_cr:
        if (at == begin) hand_out_held("\r");
        if (*at == '\n') {
          ++at;
          state_ = State::line_start;
        } else {
          found(ContentFault::bare_cr);
          state_ = State::in_line;
        }
        break;
      case State::after_dot:
        if (*at == '\r') {
          run = ++at;
          state_ = State::after_dot_cr;
        } else {
          state_ = State::in_line;  // a stuffed dot, taken away; a lone one of a careless client too (RFC 5321 4.5.2)
        }
        break;
      case State::after_dot_cr:
        if (*at == '\n') {
          run = ++at;
          state_ = State::finished;
        } else {
          found(ContentFault::bare_cr);
          state_ = State::in_line;
        }
        break;
      case State::finished:
        break;
    }
  }
  // A CR at the very end is held back: the next octet decides about it.
  const bool holds_cr = state_ == State::after_cr;
  hand_out(holds_cr ? at - 1 : at);
  return static_cast<std::size_t>(at - begin);
}

void ContentReader::end_chunks(ContentSink& sink) {
  if (state_ == State::after_cr) found(ContentFault::bare_cr);
  if (state_ != State::line_start && fault_ == ContentFault::none) sink.take("\r\n");
  state_ = State::finished;
}

}  // namespace gateway
