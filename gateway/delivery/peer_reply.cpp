#include "gateway/delivery/peer_reply.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

namespace {

constexpr std::size_t kept_line = 1000;
constexpr std::size_t reply_octets = 65536;
constexpr int reply_lines = 200;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The length of "2.1.5" at the start of `text`, 0 when there is none.
std::size_t dsn_length(std::string_view text) {
  std::size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return 0;
    std::size_t digits = 0;
    while (at < text.size() && is_digit(text[at]) && digits < 4) ++at, ++digits;
    if (digits == 0 || digits > (part == 0 ? 1U : 3U)) return 0;
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

}  // namespace

std::string PeerReply::printable() const {
  std::string line = text;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

std::string PeerReply::dsn() const {
  const std::size_t last = text.rfind('\n');
  std::string_view line = std::string_view(text).substr(last == std::string::npos ? 0 : last + 1);
  line.remove_prefix(std::min<std::size_t>(4, line.size()));
  const std::size_t length = dsn_length(line);
  if (length > 0 && line[0] == text[0]) return std::string(line.substr(0, length));
  return std::string(1, text.empty() ? '4' : text[0]) + ".0.0";
}

PeerReplyParser::Step PeerReplyParser::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    line_.append(part.substr(0, kept_line - std::min(kept_line, line_.size())));
    const std::size_t used = end == std::string_view::npos ? bytes.size() : end + 1;
    bytes.remove_prefix(used);
    octets_ += used;
    if (octets_ > reply_octets) return Step::broken;
    if (end == std::string_view::npos) return Step::need_more;
    const Step step = end_line();
    if (step != Step::need_more) return step;
  }
  return Step::need_more;
}

PeerReplyParser::Step PeerReplyParser::end_line() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  const bool coded = line_.size() >= 3 && line_[0] >= '2' && line_[0] <= '5' && is_digit(line_[1]) &&
                     is_digit(line_[2]) && (line_.size() == 3 || line_[3] == ' ' || line_[3] == '-');
  if (!coded || ++lines_ > reply_lines) return Step::broken;
  if (reply_.code != 0 && reply_.text[0] != line_[0]) return Step::broken;
  const bool last = line_.size() == 3 || line_[3] == ' ';
  reply_.code = (line_[0] - '0') * 100 + (line_[1] - '0') * 10 + (line_[2] - '0');
  for (char& c : line_)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (!reply_.text.empty()) reply_.text += '\n';
  reply_.text += line_;
  line_.clear();
  return last ? Step::complete : Step::need_more;
}

PeerReply PeerReplyParser::take() {
  octets_ = 0;
  lines_ = 0;
  return std::exchange(reply_, {});
}

}  // namespace gateway
