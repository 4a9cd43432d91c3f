#include "gateway/filter/milter_protocol.hpp"

#include <algorithm>

namespace gateway::milter {

namespace {

void append_number(std::string& out, std::uint32_t number) {
  for (const unsigned shift : {24u, 16u, 8u, 0u}) out += static_cast<char>((number >> shift) & 0xff);
}

std::uint32_t read_number(std::string_view octets) {
  std::uint32_t number = 0;
  for (const char octet : octets.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(octet);
  return number;
}

/// Takes a text up to its NUL off the front; false when there is none.
bool take_text(std::string_view& octets, std::string_view& text) {
  const auto end = octets.find('\0');
  if (end == std::string_view::npos) return false;
  text = octets.substr(0, end);
  octets.remove_prefix(end + 1);
  return true;
}

bool is_digit(char octet) {
  return octet >= '0' && octet <= '9';
}

/// "5.7.1" at the start of a text: its size, or 0.
std::size_t dsn_size(std::string_view text) {
  if (text.size() < 5 || (text[0] != '4' && text[0] != '5') || text[1] != '.') return 0;
  std::size_t at = 2;
  for (int part = 0; part < 2; ++part) {
    const auto begin = at;
    while (at < text.size() && at - begin < 3 && is_digit(text[at])) ++at;
    if (at == begin) return 0;
    if (part == 0 && (at == text.size() || text[at++] != '.')) return 0;
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

}  // namespace

std::uint32_t unwanted_bit(Command command) {
  switch (command) {
    case Command::connect:
      return 0x1;
    case Command::helo:
      return 0x2;
    case Command::mail:
      return 0x4;
    case Command::rcpt:
      return 0x8;
    case Command::body:
      return 0x10;
    case Command::header:
      return 0x20;
    case Command::end_of_header:
      return 0x40;
    case Command::data:
      return 0x200;
    default:
      return 0;
  }
}

std::uint32_t unanswered_bit(Command command) {
  switch (command) {
    case Command::header:
      return 0x80;
    case Command::connect:
      return 0x1000;
    case Command::helo:
      return 0x2000;
    case Command::mail:
      return 0x4000;
    case Command::rcpt:
      return 0x8000;
    case Command::data:
      return 0x10000;
    case Command::end_of_header:
      return 0x40000;
    case Command::body:
      return 0x80000;
    default:
      return 0;
  }
}

void append_packet(std::string& out, Command command, std::string_view payload) {
  append_number(out, static_cast<std::uint32_t>(payload.size() + 1));
  out += static_cast<char>(command);
  out += payload;
}

void append_macros(std::string& out, Command stage, const Macros& macros) {
  std::string payload(1, static_cast<char>(stage));
  for (const auto& [name, value] : macros) {
    if (!value.empty()) payload += join({name, value});
  }
  append_packet(out, Command::macros, payload);
}

void append_negotiation(std::string& out) {
  std::string payload;
  append_number(payload, version);
  append_number(payload, offered_actions);
  append_number(payload, offered_steps);
  append_packet(out, Command::negotiate, payload);
}

std::string join(const std::vector<std::string_view>& texts) {
  std::string joined;
  for (const auto text : texts) {
    std::copy_if(text.begin(), text.end(), std::back_inserter(joined), [](char octet) { return octet != '\0'; });
    joined += '\0';
  }
  return joined;
}

std::string connect_payload(std::string_view client_name, bool is_v6, std::string_view address, std::uint16_t port) {
  std::string payload = join({client_name});
  payload += is_v6 ? '6' : '4';
  payload += static_cast<char>(port >> 8);
  payload += static_cast<char>(port & 0xff);
  return payload + join({address});
}

std::optional<std::string_view> PacketReader::next() {
  buffer_.erase(0, std::exchange(taken_, 0));
  if (broken_ || buffer_.size() < 4) return std::nullopt;
  const std::size_t size = read_number(buffer_);
  if (size == 0 || size > packet_limit) {
    broken_ = true;
    return std::nullopt;
  }
  if (buffer_.size() - 4 < size) return std::nullopt;
  taken_ = size + 4;
  return std::string_view(buffer_).substr(4, size);
}

bool Response::is_change() const {
  switch (kind) {
    case Kind::add_rcpt:
    case Kind::add_rcpt_with_parameters:
    case Kind::delete_rcpt:
    case Kind::replace_body:
    case Kind::change_from:
    case Kind::add_header:
    case Kind::insert_header:
    case Kind::change_header:
    case Kind::quarantine:
      return true;
    default:
      return false;
  }
}

std::optional<Response> parse_response(std::string_view packet) {
  if (packet.empty()) return std::nullopt;
  Response response;
  response.kind = static_cast<Response::Kind>(packet.front());
  packet.remove_prefix(1);
  using Kind = Response::Kind;
  switch (response.kind) {
    case Kind::accept:
    case Kind::proceed:
    case Kind::discard:
    case Kind::progress:
    case Kind::reject:
    case Kind::skip:
    case Kind::tempfail:
    case Kind::shutdown:
    case Kind::connection_failed:
      return response;
    case Kind::replace_body:
      response.value = packet;
      return response;
    case Kind::insert_header:
    case Kind::change_header:
      if (packet.size() < 4) return std::nullopt;
      response.index = read_number(packet);
      packet.remove_prefix(4);
      [[fallthrough]];
    case Kind::add_header:
      if (!take_text(packet, response.name) || !take_text(packet, response.value) || response.name.empty())
        return std::nullopt;
      return response;
    case Kind::add_rcpt:
    case Kind::add_rcpt_with_parameters:
    case Kind::delete_rcpt:
    case Kind::change_from:
    case Kind::quarantine:
    case Kind::reply_code:
      if (!take_text(packet, response.value)) return std::nullopt;
      return response;
    case Kind::negotiate:
      // Behind the three numbers a filter may list macros it wants; it gets all there are.
      if (packet.size() < 12) return std::nullopt;
      response.index = read_number(packet);
      response.actions = read_number(packet.substr(4));
      response.steps = read_number(packet.substr(8));
      return response;
  }
  return std::nullopt;
}

std::optional<ReplyText> parse_reply_text(std::string_view reply) {
  ReplyText result;
  bool first = true;
  while (!reply.empty()) {
    const auto end = reply.find('\n');
    auto line = reply.substr(0, end);
    reply.remove_prefix(end == std::string_view::npos ? reply.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() < 3 || (line[0] != '4' && line[0] != '5') || !is_digit(line[1]) || !is_digit(line[2]) ||
        (line.size() > 3 && line[3] != ' ' && line[3] != '-'))
      return std::nullopt;
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    line.remove_prefix(std::min<std::size_t>(4, line.size()));
    const auto size = dsn_size(line);
    if (first) {
      result.code = code;
      result.dsn = size != 0 ? std::string(line.substr(0, size)) : code < 500 ? "4.7.1" : "5.7.1";
      // RFC 2034 4: the class must be that of the reply.
      result.dsn[0] = code < 500 ? '4' : '5';
    } else {
      result.text += '\n';
    }
    line.remove_prefix(size != 0 ? std::min(size + 1, line.size()) : 0);
    first = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
      result.text += line[at];
      if (line[at] == '%' && at + 1 < line.size() && line[at + 1] == '%') ++at;  // Sendmail's way to write one
    }
  }
  if (first) return std::nullopt;
  return result;
}

}  // namespace gateway::milter
