#pragma once

#include <string>
#include <string_view>

#include "gateway/local/delivery_order.hpp"

namespace gateway {

/// "From SENDER  Sun Nov 22 02:46:19 2026": the line that starts a message in an mbox, without its end.
std::string from_line(std::string_view sender, SystemTime when);

/// A message as mbox files and programs get it, piece by piece: the From_ line, the lines that final delivery adds, the
/// content with LF line ends.
class MessageText {
 public:
  /// `quoted`: a line that starts with any number of ">" and "From " gets one more ">", and an empty line ends the
  /// message, so that many can stand in one file. `content` must outlive this.
  enum class FromQuoting : bool { no, yes };
  MessageText(const OrderedMail& mail, const Content& content, SystemTime when, FromQuoting quoting);

  /// Replaces `piece` by the next one, at most about 64 KiB; empty at the end. False when the content cannot be read.
  [[nodiscard]] bool next(std::string& piece);

 private:
  void append_quoted(std::string_view text, std::string& into);

  const Content& content_;
  std::string top_;
  std::string raw_;
  std::string line_start_;  // the beginning of a line that is too short yet to know whether it needs quoting
  std::uint64_t offset_ = 0;
  bool quoting_ = false;
  bool held_cr_ = false;
  bool at_line_start_ = true;
  bool ends_line_ = true;
  bool finished_ = false;
};

}  // namespace gateway
