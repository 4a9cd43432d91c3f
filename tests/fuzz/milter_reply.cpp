// What filters say, in any octets and any pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/filter/header_edit.hpp"
#include "gateway/filter/milter_protocol.hpp"

namespace {

/// Every field is one: a line end is followed by a blank or by nothing.
void check(const gateway::HeaderEdit& edit) {
  for (const auto& field : edit.fields()) {
    if (field.name_size == 0 || !field.text.ends_with("\r\n")) std::abort();
    for (std::size_t at = 0; at + 1 < field.text.size(); ++at)
      if (field.text[at] == '\n' && field.text[at + 1] != ' ' && field.text[at + 1] != '\t') std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Kind = gateway::milter::Response::Kind;
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  gateway::milter::PacketReader reader;
  gateway::HeaderEdit edit("Received: a\r\nSubject: b\r\n\tc\r\n");
  while (!rest.empty()) {
    reader.feed(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
    while (const auto packet = reader.next()) {
      const auto response = gateway::milter::parse_response(*packet);
      if (!response) return 0;
      const auto blank = data[0] % 2 == 0 ? gateway::HeaderEdit::Blank::given : gateway::HeaderEdit::Blank::implied;
      if (response->kind == Kind::add_header) edit.add(response->name, response->value, blank);
      if (response->kind == Kind::insert_header) edit.insert(response->index, response->name, response->value, blank);
      if (response->kind == Kind::change_header) edit.change(response->index, response->name, response->value, blank);
      if (response->kind == Kind::reply_code) {
        const auto reply = gateway::milter::parse_reply_text(response->value);
        if (reply && (reply->code < 400 || reply->code > 599 || reply->dsn.size() < 5)) std::abort();
        if (reply && (reply->dsn[0] == '4') != (reply->code < 500)) std::abort();
      }
    }
    if (reader.broken()) return 0;
  }
  check(edit);
  return 0;
}
