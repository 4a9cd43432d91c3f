#include "gateway/local/message_text.hpp"

#include <ctime>

#include "gateway/delivery/maildir_message.hpp"

namespace gateway {

namespace {

constexpr std::size_t block = 65536;
constexpr std::string_view from = "From ";

enum class Start { quote, keep, unknown };

/// Does a line that begins like this need quoting?
Start judge(std::string_view line) {
  const std::size_t marks = line.find_first_not_of('>');
  if (marks == std::string_view::npos) return Start::unknown;
  line.remove_prefix(marks);
  if (line.size() >= from.size()) return line.starts_with(from) ? Start::quote : Start::keep;
  return from.starts_with(line) ? Start::unknown : Start::keep;
}

}  // namespace

std::string from_line(std::string_view sender, SystemTime when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char date[64];
  const std::size_t size = std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &parts);
  std::string line = "From ";
  if (sender.empty()) line += "MAILER-DAEMON";
  for (const char c : sender) line += static_cast<unsigned char>(c) <= 0x20 || c == 0x7f ? '_' : c;
  return line.append("  ").append(date, size);
}

MessageText::MessageText(const OrderedMail& mail, const Content& content, SystemTime when, FromQuoting quoting)
    : content_(content),
      top_(from_line(mail.sender, when) + "\n" + trace_lines(mail.sender, mail.original, mail.address)),
      raw_(block, '\0'),
      quoting_(quoting == FromQuoting::yes) {}

bool MessageText::next(std::string& piece) {
  piece.clear();
  if (finished_) return true;
  piece.swap(top_);
  std::string text;
  const std::int64_t got = content_.read(offset_, raw_.data() + held_cr_, raw_.size() - held_cr_);
  if (got < 0) return false;
  if (held_cr_) raw_[0] = '\r';
  offset_ += static_cast<std::uint64_t>(got);
  held_cr_ = append_with_lf(std::string_view(raw_.data(), static_cast<std::size_t>(got) + held_cr_), text);
  if (got == 0 && std::exchange(held_cr_, false)) text += '\r';
  if (!text.empty()) ends_line_ = text.back() == '\n';
  if (quoting_)
    append_quoted(text, piece);
  else
    piece += text;
  if (got > 0) return piece.empty() ? next(piece) : true;
  finished_ = true;
  piece += std::exchange(line_start_, {});
  if (!ends_line_) piece += '\n';
  if (quoting_) piece += '\n';
  return true;
}

void MessageText::append_quoted(std::string_view text, std::string& into) {
  while (!text.empty()) {
    if (at_line_start_) {
      // Only a handful of octets decide; a line that is cut by the end of the piece waits for the next one.
      const std::size_t newline = text.find('\n');
      std::string_view line = text.substr(0, newline);
      line_start_ += line.substr(0, block);
      const Start start = judge(line_start_);
      text.remove_prefix(line.size());
      if (start == Start::unknown && newline == std::string_view::npos && line_start_.size() < block) return;
      if (start == Start::quote) into += '>';
      into += std::exchange(line_start_, {});
      at_line_start_ = false;
      continue;
    }
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) {
      into += text;
      return;
    }
    into += text.substr(0, newline + 1);
    text.remove_prefix(newline + 1);
    at_line_start_ = true;
  }
}

}  // namespace gateway
