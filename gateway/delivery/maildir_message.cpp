#include "gateway/delivery/maildir_message.hpp"

#include <algorithm>
#include <cstring>

namespace gateway {

namespace {

constexpr std::size_t header_limit = 262144;

bool equal_folded(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
           return lower(x) == lower(y);
         });
}

}  // namespace

std::string trace_lines(std::string_view sender, std::string_view original, std::string_view recipient) {
  std::string lines;
  lines.reserve(64 + sender.size() + original.size() + recipient.size());
  const auto add = [&lines](std::string_view name, std::string_view value, std::string_view end) {
    lines += name;
    // Addresses are parsed, yet whatever comes from a directory must not be able to start a new line.
    for (const char c : value) lines += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    lines += end;
  };
  add("Return-Path: <", sender, ">\n");
  if (!original.empty()) add("X-Original-To: ", original, "\n");
  add("Delivered-To: ", recipient, "\n");
  return lines;
}

bool has_delivered_to(std::string_view header, std::string_view recipient) {
  constexpr std::string_view name = "delivered-to:";
  while (!header.empty()) {
    const std::size_t end = header.find('\n');
    std::string_view line = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    if (line.size() <= name.size() || (line[0] | 0x20) != 'd') continue;
    if (!equal_folded(line.substr(0, name.size()), name)) continue;
    line.remove_prefix(name.size());
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (equal_folded(line, recipient)) return true;
  }
  return false;
}

std::string_view header_of(const Content& content, std::string& buffer) {
  std::string_view whole = content.in_memory();
  if (whole.empty()) {
    buffer.resize(header_limit);
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const std::int64_t got = content.read(filled, buffer.data() + filled, buffer.size() - filled);
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
      if (std::string_view(buffer.data(), filled).find("\r\n\r\n") != std::string_view::npos) break;
    }
    whole = std::string_view(buffer.data(), filled);
  }
  whole = whole.substr(0, header_limit);
  if (whole.starts_with("\r\n")) return {};
  const std::size_t end = whole.find("\r\n\r\n");
  return end == std::string_view::npos ? whole : whole.substr(0, end + 2);
}

bool append_with_lf(std::string_view bytes, std::string& into) {
  const std::size_t start = into.size();
  into.resize(start + bytes.size());
  char* to = into.data() + start;
  const char* from = bytes.data();
  const char* const end = from + bytes.size();
  bool ends_in_cr = false;
  while (from < end) {
    const auto* cr = static_cast<const char*>(std::memchr(from, '\r', static_cast<std::size_t>(end - from)));
    const auto run = static_cast<std::size_t>((cr == nullptr ? end : cr) - from);
    std::memcpy(to, from, run);
    to += run;
    from += run;
    if (cr == nullptr) break;
    if (cr + 1 == end) {
      ends_in_cr = true;
      break;
    }
    if (cr[1] != '\n') *to++ = '\r';
    ++from;
  }
  into.resize(static_cast<std::size_t>(to - into.data()));
  return ends_in_cr;
}

std::string maildir_stem(MessageId id, std::uint32_t recipient, SystemTime arrival, std::string_view host) {
  const auto arrived = std::chrono::floor<std::chrono::seconds>(arrival).time_since_epoch().count();
  std::string stem = std::to_string(arrived) + ".Q" + to_string(id) + "R" + std::to_string(recipient) + ".";
  for (const char c : host) stem += c == '/' || c == ':' || c == ',' ? '-' : c;
  return stem;
}

}  // namespace gateway
