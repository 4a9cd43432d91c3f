#include "gateway/smtp/line_reader.hpp"

namespace gateway {

namespace {

/// A buffer this small may stay with an idle session: it saves an allocation for each command.
constexpr std::size_t kept_capacity = 256;

}  // namespace

void LineReader::feed(std::string_view octets) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  if (swallowing_) {
    const auto end = octets.find('\n');
    if (end == std::string_view::npos) return;
    octets.remove_prefix(end);  // next() sees the line feed and reports
  }
  buffer_.append(octets);
  if (!swallowing_ && buffer_.size() > limit_ && buffer_.find('\n') == std::string::npos) {
    swallowing_ = true;
    buffer_.clear();
    buffer_.shrink_to_fit();
  }
}

std::optional<LineReader::Line> LineReader::next() {
  const auto left = rest();
  const auto end = left.find('\n');
  if (end == std::string_view::npos) {
    if (left.empty()) release();
    return std::nullopt;
  }
  begin_ += end + 1;
  if (swallowing_) {
    swallowing_ = false;
    return Line{{}, true};
  }
  auto text = left.substr(0, end);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.size() > limit_) return Line{{}, true};
  return Line{text, false};
}

void LineReader::consume(std::size_t size) {
  begin_ += size;
  if (empty()) release();
}

void LineReader::clear() {
  begin_ = buffer_.size();
  swallowing_ = false;
  release();
}

void LineReader::release() {
  buffer_.clear();
  begin_ = 0;
  if (buffer_.capacity() > kept_capacity) std::string().swap(buffer_);
}

}  // namespace gateway
