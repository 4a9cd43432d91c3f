#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/smtp/reply.hpp"

namespace gateway {

/// The class of trouble that a refusal tells of, as `notify_classes` names it: "policy", "protocol", "resource",
/// "software"; "bounce" for an unknown recipient, "" for no trouble or none of these.
std::string_view notice_class_of(const Reply& reply);

/// The dialogue of one session, kept while somebody wants to read of its errors. Bounded: what is over 16 KiB is left
/// out. Passwords never get in.
class SessionTranscript {
 public:
  /// Nothing is kept when `classes` holds none that a session can have.
  explicit SessionTranscript(const std::vector<std::string>& classes);

  void heard(std::string_view command);
  void said(const Reply& reply);

  /// A message was taken without trouble: what led to it is of no interest.
  void forget_if_clean();

  bool is_wanted() const { return trouble_; }

  /// The notice's text after its header, CRLF line ends. `reason`: why the session ended early, or empty.
  std::string text(std::string_view reason) const;

 private:
  void add(std::string_view label, std::string_view line);

  const std::vector<std::string>* classes_ = nullptr;  // null: nothing is kept
  std::string lines_;
  bool trouble_ = false, cut_ = false;
};

}  // namespace gateway
