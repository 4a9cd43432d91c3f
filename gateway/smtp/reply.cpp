#include "gateway/smtp/reply.hpp"

#include <fmt/format.h>

#include <iterator>

namespace gateway {

namespace {

void append_clean(std::string& out, std::string_view text) {
  for (const char octet : text) {
    const auto value = static_cast<unsigned char>(octet);
    out += value < 0x20 || value == 0x7f ? '?' : octet;
  }
}

}  // namespace

Reply softened(Reply reply) {
  if (reply.code < 500) return reply;
  reply.code -= 100;
  if (!reply.dsn.empty()) reply.dsn[0] = '4';
  return reply;
}

void append_reply(std::string& out, const Reply& reply) {
  std::string_view rest = reply.text;
  for (;;) {
    const auto end = rest.find('\n');
    const bool last = end == std::string_view::npos;
    fmt::format_to(std::back_inserter(out), "{:03}{}", reply.code, last ? ' ' : '-');
    if (!reply.dsn.empty()) {
      out += reply.dsn;
      out += ' ';
    }
    append_clean(out, rest.substr(0, end));
    out += "\r\n";
    if (last) return;
    rest.remove_prefix(end + 1);
  }
}

std::string to_string(const Reply& reply) {
  std::string line = fmt::format("{:03} ", reply.code);
  if (!reply.dsn.empty()) line += reply.dsn + " ";
  append_clean(line, reply.text);
  return line;
}

}  // namespace gateway
