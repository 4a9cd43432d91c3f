#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/smtp/content_reader.hpp"

namespace gateway {

/// Watches the header section of a message go by, in pieces of any size, and notes what is needed of it before the
/// message is accepted. Takes content with CRLF line ends only. Keeps at most the start of one line.
class HeaderScan {
 public:
  explicit HeaderScan(std::uint64_t field_limit) : field_limit_(field_limit) {}

  /// Hands header lines on to `sink`. Returns how many octets it took; less than all when the section has ended: the
  /// rest starts with the empty line, or held() plus the rest is the first line that is no header.
  std::size_t feed(std::string_view octets, ContentSink& sink);

  /// Says that no more comes: a message of nothing but header lines.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  const std::string& held() const { return held_; }

  std::uint32_t received_count() const { return received_; }
  /// The value of Message-ID, trimmed; "" when there is none.
  const std::string& message_id() const { return message_id_; }
  bool has_message_id() const { return has_message_id_; }
  bool has_date() const { return has_date_; }
  bool has_from() const { return has_from_; }
  /// "TLS-Required: No" (RFC 8689 5), once and nothing else.
  bool says_tls_not_required() const;
  bool field_too_big() const { return field_too_big_; }
  /// The section ended without an empty line: one has to be put there.
  bool needs_separator() const { return needs_separator_; }

 private:
  enum class State : std::uint8_t { line_start, in_name, in_field };

  void begin_field();
  void note(std::string_view field_octets);
  void finish_message_id();

  State state_ = State::line_start;
  std::uint64_t field_limit_;
  std::uint64_t field_size_ = 0;
  std::string held_;  // the start of a line that may yet turn out to be no header
  std::string message_id_;
  std::uint32_t received_ = 0;
  std::string tls_required_;  // what follows the name of the field
  bool in_message_id_ = false, in_tls_required_ = false, seen_field_ = false;
  bool has_message_id_ = false, has_date_ = false, has_from_ = false;
  bool field_too_big_ = false, ended_ = false, needs_separator_ = true;
};

}  // namespace gateway
