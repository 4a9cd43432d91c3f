#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The milter protocol of Sendmail, version 6, from the mail server's side: packets of a length, a letter, and octets.
/// Pure; nothing here knows a socket.
namespace gateway::milter {

enum class Command : char {
  negotiate = 'O',
  macros = 'D',
  connect = 'C',
  helo = 'H',
  mail = 'M',
  rcpt = 'R',
  data = 'T',
  header = 'L',
  end_of_header = 'N',
  body = 'B',
  end_of_body = 'E',
  abort = 'A',
  quit = 'Q',
};

constexpr std::uint32_t version = 6;
/// Bodies are sent in pieces of this size.
constexpr std::size_t body_piece = 65535;
/// Add and change header fields, change body, add and delete recipients, quarantine, change sender.
constexpr std::uint32_t offered_actions = 0xff;

/// Bits that a filter may set to spare itself a step, or to leave it unanswered; one may offer what one understands.
constexpr std::uint32_t leading_space = 0x100000;
constexpr std::uint32_t offered_steps = 0x1ff7ff;  // everything but being shown refused recipients
/// The bit with which a filter says that it does not want this command, or 0.
std::uint32_t unwanted_bit(Command command);
/// The bit with which it says that it will not answer to it, or 0.
std::uint32_t unanswered_bit(Command command);

/// Names as in Sendmail: "i", "{auth_type}". Empty values are not sent.
using Macros = std::vector<std::pair<std::string_view, std::string>>;

void append_packet(std::string& out, Command command, std::string_view payload);
void append_macros(std::string& out, Command stage, const Macros& macros);
void append_negotiation(std::string& out);

/// Texts that end with a NUL each, as most payloads are. A NUL inside a text would forge another: it is left out.
std::string join(const std::vector<std::string_view>& texts);
std::string connect_payload(std::string_view client_name, bool is_v6, std::string_view address, std::uint16_t port);

/// Largest packet that is taken; filters send bodies in pieces of 64 KiB.
constexpr std::size_t packet_limit = std::size_t{1} << 20;

/// Cuts a stream into packets. Any division of the octets gives the same packets.
class PacketReader {
 public:
  void feed(std::string_view octets) { buffer_.append(octets); }
  /// The next packet without its length, valid until the next call of any function; nullopt when more is needed.
  std::optional<std::string_view> next();
  /// A length that no packet may have was seen; nothing more comes out.
  bool broken() const { return broken_; }

 private:
  std::string buffer_;
  std::size_t taken_ = 0;
  bool broken_ = false;
};

/// What a filter says. Views are into the packet.
struct Response {
  enum class Kind : char {
    add_rcpt = '+',
    delete_rcpt = '-',
    add_rcpt_with_parameters = '2',
    shutdown = '4',
    accept = 'a',
    replace_body = 'b',
    proceed = 'c',
    discard = 'd',
    change_from = 'e',
    connection_failed = 'f',
    add_header = 'h',
    insert_header = 'i',
    change_header = 'm',
    progress = 'p',
    quarantine = 'q',
    reject = 'r',
    skip = 's',
    tempfail = 't',
    reply_code = 'y',
    negotiate = 'O',
  };
  Kind kind = Kind::proceed;
  std::uint32_t index = 0;  // of insert_header and change_header; the version of negotiate
  std::uint32_t actions = 0, steps = 0;
  std::string_view name;   // of a header field
  std::string_view value;  // of a header field; an address; a body; a reply; a reason

  bool is_change() const;  // allowed only at the end of the body
};

/// nullopt for what is no response of the protocol.
std::optional<Response> parse_response(std::string_view packet);

/// "550 5.7.1 text", also of several lines, taken apart. nullopt when it is no 4xx or 5xx reply.
struct ReplyText {
  int code = 0;
  std::string dsn, text;
};
std::optional<ReplyText> parse_reply_text(std::string_view reply);

}  // namespace gateway::milter
