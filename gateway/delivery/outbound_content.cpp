#include "gateway/delivery/outbound_content.hpp"

#include <algorithm>
#include <cstring>

namespace gateway {

namespace {

constexpr std::size_t line_limit = 998;

}  // namespace

void OutboundContent::append(std::string_view bytes, std::string& wire) {
  wire.reserve(wire.size() + bytes.size() + bytes.size() / 64 + 8);
  while (!bytes.empty()) {
    if (carriage_return_) {
      carriage_return_ = false;
      if (bytes.front() == '\n') {
        wire += "\r\n";
        column_ = 0;
        bytes.remove_prefix(1);
        continue;
      }
      wire += ' ';
      ++column_;
    }
    if (bytes.front() == '\r') {
      carriage_return_ = true;
      bytes.remove_prefix(1);
      continue;
    }
    if (column_ >= line_limit) {
      wire += "\r\n ";
      column_ = 1;
    }
    if (bytes.front() == '\n') {
      wire += ' ';
      ++column_;
      bytes.remove_prefix(1);
      continue;
    }
    if (column_ == 0 && bytes.front() == '.') wire += '.';
    std::size_t run = std::min(bytes.find_first_of("\r\n"), bytes.size());
    run = std::min(run, line_limit - column_);
    wire.append(bytes.substr(0, run));
    column_ += run;
    bytes.remove_prefix(run);
  }
}

void OutboundContent::end(std::string& wire) {
  if (carriage_return_) {
    wire += ' ';
    ++column_;
  }
  if (column_ > 0) wire += "\r\n";
  wire += ".\r\n";
}

bool is_clean_for_wire(std::string_view content) {
  const char* at = content.data();
  const char* const end = at + content.size();
  while (at < end) {
    if (*at == '.') return false;
    const auto* feed = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (feed == nullptr || feed == at || feed[-1] != '\r') return false;
    const auto length = static_cast<std::size_t>(feed - 1 - at);
    if (length > line_limit || std::memchr(at, '\r', length) != nullptr) return false;
    at = feed + 1;
  }
  return true;
}

}  // namespace gateway
