#include "gateway/sasl/dovecot_protocol.hpp"

#include "gateway/sasl/base64.hpp"

namespace gateway {

namespace {

constexpr char escape = '\001';

/// Values are made of what users typed: a TAB must not begin a parameter, a line feed not a command.
void append_escaped(std::string& out, std::string_view value) {
  for (const char octet : value) {
    const char* const coded = octet == '\0'     ? "0"
                              : octet == escape ? "1"
                              : octet == '\t'   ? "t"
                              : octet == '\r'   ? "r"
                              : octet == '\n'   ? "n"
                                                : nullptr;
    if (coded) {
      out += escape;
      out += coded;
    } else {
      out += octet;
    }
  }
}

std::string unescaped(std::string_view value) {
  std::string text;
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] != escape || at + 1 == value.size()) {
      text += value[at];
      continue;
    }
    const char coded = value[++at];
    text += coded == '0' ? '\0' : coded == '1' ? escape : coded == 't' ? '\t' : coded == 'r' ? '\r' : '\n';
  }
  return text;
}

/// The fields of a line, one after the other.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  bool at_end() const { return ended_; }

  std::string_view next() {
    const auto tab = rest_.find('\t');
    const auto field = rest_.substr(0, tab);
    ended_ = tab == std::string_view::npos;
    rest_ = ended_ ? std::string_view() : rest_.substr(tab + 1);
    return field;
  }

  std::optional<std::uint32_t> number() {
    const auto field = ended_ ? std::string_view() : next();
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return value;
  }

 private:
  std::string_view rest_;
  bool ended_ = false;
};

DovecotLine malformed() {
  DovecotLine line;
  line.kind = DovecotLine::Kind::malformed;
  return line;
}

DovecotLine answer(DovecotLine::Kind kind, Fields fields) {
  DovecotLine line;
  line.kind = kind;
  const auto id = fields.number();
  if (!id) return malformed();
  line.id = *id;
  if (kind == DovecotLine::Kind::challenge) {
    auto octets = decode_base64(fields.at_end() ? std::string_view() : fields.next());
    if (!octets) return malformed();
    line.octets = std::move(*octets);
    return line;
  }
  while (!fields.at_end()) {
    const auto field = fields.next();
    if (field.starts_with("user=")) line.user = unescaped(field.substr(5));
    if (field.starts_with("reason=")) line.reason = unescaped(field.substr(7));
    if (field == "temp" || field == "code=temp_fail") line.is_temporary = true;
  }
  return line;
}

}  // namespace

DovecotLine parse_dovecot_line(std::string_view text) {
  using Kind = DovecotLine::Kind;
  Fields fields(text);
  const auto command = fields.next();
  if (command == "OK") return answer(Kind::accepted, fields);
  if (command == "CONT") return answer(Kind::challenge, fields);
  if (command == "FAIL") return answer(Kind::refused, fields);
  DovecotLine line;
  if (command == "DONE") {
    line.kind = Kind::done;
  } else if (command == "VERSION") {
    const auto major = fields.number();
    if (!major) return malformed();
    line.kind = Kind::version;
    line.major = *major;
  } else if (command == "MECH") {
    line.mechanism = fields.at_end() ? std::string() : std::string(fields.next());
    if (line.mechanism.empty()) return malformed();
    line.kind = Kind::mechanism;
    while (!fields.at_end()) line.properties.emplace_back(fields.next());
  }
  return line;
}

std::string dovecot_hello(std::uint32_t client) {
  return fmt::format("VERSION\t1\t1\nCPID\t{}\n", client);
}

std::string dovecot_request(std::uint32_t id, std::string_view mechanism, const LoginPeer& peer,
                            const std::optional<std::string>& initial) {
  std::string text =
      fmt::format("AUTH\t{}\t{}\tservice=smtp\tnologin\tlip={}\trip={}\tlport={}\trport={}", id, mechanism,
                  peer.server_address, peer.client_address, peer.server_port, peer.client_port);
  if (peer.tls) text += "\tsecured=tls";
  if (!peer.certificate_name.empty()) {
    text += "\tvalid-client-cert\tcert_username=";
    append_escaped(text, peer.certificate_name);
  }
  // The response must be the last parameter.
  if (initial) text += "\tresp=" + encode_base64(*initial);
  return text + "\n";
}

std::string dovecot_continuation(std::uint32_t id, std::string_view octets) {
  return fmt::format("CONT\t{}\t{}\n", id, encode_base64(octets));
}

}  // namespace gateway
