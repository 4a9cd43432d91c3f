#pragma once

#include <cstdint>

#include "gateway/smtp/reply.hpp"

namespace gateway {

/// What filters want to happen at one moment of a session. `reply` is set for refuse and disconnect.
struct FilterVerdict {
  enum class Kind : std::uint8_t { proceed, refuse, discard, disconnect };
  Kind kind = Kind::proceed;
  Reply reply;

  bool is_proceed() const { return kind == Kind::proceed; }
  bool is_refusal() const { return kind == Kind::refuse || kind == Kind::disconnect; }
};

}  // namespace gateway
