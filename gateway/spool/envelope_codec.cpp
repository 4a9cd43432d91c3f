#include "gateway/spool/envelope_codec.hpp"

#include "gateway/spool/record_fields.hpp"

namespace gateway {

namespace {

constexpr std::uint8_t version = 1;
constexpr char corrupt_mark = '\xff';
constexpr std::size_t head_size = 40;
constexpr std::size_t checksum_at = 4;
constexpr std::size_t smallest_recipient = 9;  // its length, state, notify and six empty texts

enum Flag : std::uint16_t { in_file = 1, smtputf8 = 2, eight_bit = 4, delay_warned = 8, expired = 16 };

// FNV-1a over everything but the checksum itself, folded to 32 bits: finds damaged records, does not resist an
// attacker.
std::uint32_t checksum_of(std::string_view record) {
  std::uint64_t sum = 0xcbf29ce484222325u;
  const auto add = [&sum](std::string_view part) {
    for (const char octet : part) sum = (sum ^ static_cast<std::uint8_t>(octet)) * 0x100000001b3u;
  };
  add(record.substr(0, checksum_at));
  add(record.substr(checksum_at + 4));
  return static_cast<std::uint32_t>(sum ^ (sum >> 32));
}

std::uint64_t micros(SystemTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
SystemTime time_of(std::uint64_t micros) {
  return SystemTime{std::chrono::microseconds{static_cast<std::int64_t>(micros)}};
}

std::uint16_t flags_of(const Envelope& envelope) {
  unsigned flags = 0;
  if (envelope.content_in_file) flags |= in_file;
  if (envelope.smtputf8) flags |= smtputf8;
  if (envelope.eight_bit) flags |= eight_bit;
  if (envelope.delay_warned) flags |= delay_warned;
  if (envelope.expired) flags |= expired;
  return static_cast<std::uint16_t>(flags);
}

void put_recipient(std::string& into, const EnvelopeRecipient& recipient) {
  std::string block;
  put_fixed(block, static_cast<std::uint8_t>(recipient.state));
  put_fixed(block, recipient.notify);
  for (const auto* text : {&recipient.address.local, &recipient.address.domain, &recipient.original, &recipient.orcpt,
                           &recipient.last_reply, &recipient.last_dsn})
    put_text(block, *text);
  if (!recipient.target.empty()) put_text(block, recipient.target);  // older records end before it
  put_text(into, block);
}

bool take_recipient(RecordFields& fields, EnvelopeRecipient& recipient) {
  RecordFields block(fields.text());
  const auto state = block.fixed<std::uint8_t>();
  if (state > static_cast<std::uint8_t>(RecipientState::failed)) return false;
  recipient.state = static_cast<RecipientState>(state);
  recipient.notify = block.fixed<std::uint8_t>();
  for (auto* text : {&recipient.address.local, &recipient.address.domain, &recipient.original, &recipient.orcpt,
                     &recipient.last_reply, &recipient.last_dsn})
    *text = block.text();
  if (block.left() > 0) recipient.target = block.text();
  return fields.good() && block.good();
}

}  // namespace

std::string encode_envelope(const Envelope& envelope) {
  std::string record;
  record.reserve(256 + 96 * envelope.recipients.size());
  put_fixed(record, version);
  put_fixed(record, static_cast<std::uint8_t>(envelope.state));
  put_fixed(record, flags_of(envelope));
  put_fixed(record, std::uint32_t{0});  // the checksum's place
  put_fixed(record, micros(envelope.arrival));
  put_fixed(record, micros(envelope.next_try));
  put_fixed(record, envelope.size);
  put_fixed(record, envelope.attempts);
  put_fixed(record, static_cast<std::uint32_t>(static_cast<std::uint8_t>(envelope.ret)));
  for (const auto* text : {&envelope.sender.local, &envelope.sender.domain, &envelope.envid, &envelope.client_name,
                           &envelope.client_address, &envelope.helo, &envelope.protocol, &envelope.login,
                           &envelope.filter, &envelope.redirect})
    put_text(record, *text);
  put_number(record, envelope.recipients.size());
  for (const auto& recipient : envelope.recipients) put_recipient(record, recipient);

  return *with_checksum(std::move(record));
}

tl::expected<Envelope, std::string> decode_envelope(MessageId id, std::string_view record) {
  if (is_marked_corrupt(record)) return tl::unexpected<std::string>("the record is marked as corrupt");
  if (record.size() < head_size) return tl::unexpected<std::string>("the record is too short");
  RecordFields fields(record);
  if (fields.fixed<std::uint8_t>() != version) return tl::unexpected<std::string>("the record has an unknown version");
  const auto state = fields.fixed<std::uint8_t>();
  const auto flags = fields.fixed<std::uint16_t>();
  if (fields.fixed<std::uint32_t>() != checksum_of(record))
    return tl::unexpected<std::string>("the record does not match its checksum");
  if (state > static_cast<std::uint8_t>(MessageState::corrupt))
    return tl::unexpected<std::string>("the record has an unknown state");

  Envelope envelope;
  envelope.id = id;
  envelope.state = static_cast<MessageState>(state);
  envelope.content_in_file = (flags & in_file) != 0;
  envelope.smtputf8 = (flags & smtputf8) != 0;
  envelope.eight_bit = (flags & eight_bit) != 0;
  envelope.delay_warned = (flags & delay_warned) != 0;
  envelope.expired = (flags & expired) != 0;
  envelope.arrival = time_of(fields.fixed<std::uint64_t>());
  envelope.next_try = time_of(fields.fixed<std::uint64_t>());
  envelope.size = fields.fixed<std::uint64_t>();
  envelope.attempts = fields.fixed<std::uint32_t>();
  envelope.ret = static_cast<char>(fields.fixed<std::uint32_t>());
  for (auto* text : {&envelope.sender.local, &envelope.sender.domain, &envelope.envid, &envelope.client_name,
                     &envelope.client_address, &envelope.helo, &envelope.protocol, &envelope.login, &envelope.filter,
                     &envelope.redirect})
    *text = fields.text();
  const std::uint64_t count = fields.number();
  if (!fields.good() || count > fields.left() / smallest_recipient)
    return tl::unexpected<std::string>("the record ends too early");
  envelope.recipients.resize(count);
  for (auto& recipient : envelope.recipients)
    if (!take_recipient(fields, recipient)) return tl::unexpected<std::string>("a recipient of the record is damaged");
  return envelope;
}

Envelope read_envelope(MessageId id, std::string_view record) {
  auto decoded = decode_envelope(id, record);
  if (decoded) return *std::move(decoded);
  Envelope envelope;
  envelope.id = id;
  envelope.arrival = time_of(id.value);
  envelope.state = MessageState::corrupt;
  return envelope;
}

std::optional<std::string> with_checksum(std::string record) {
  if (record.size() < head_size) return std::nullopt;
  std::string sum;
  put_fixed(sum, checksum_of(record));
  record.replace(checksum_at, sum.size(), sum);
  return record;
}

std::optional<RecordHead> read_head(std::string_view record) {
  if (record.size() < head_size || static_cast<std::uint8_t>(record[0]) != version) return std::nullopt;
  if (static_cast<std::uint8_t>(record[1]) > static_cast<std::uint8_t>(MessageState::corrupt)) return std::nullopt;
  RecordFields fields(record.substr(2));
  RecordHead head;
  head.state = static_cast<MessageState>(record[1]);
  head.content_in_file = (fields.fixed<std::uint16_t>() & in_file) != 0;
  fields.fixed<std::uint32_t>();
  fields.fixed<std::uint64_t>();
  head.next_try = time_of(fields.fixed<std::uint64_t>());
  head.size = fields.fixed<std::uint64_t>();
  return head;
}

std::string mark_as_corrupt(std::string_view record) {
  std::string marked(1, corrupt_mark);
  return marked.append(record);
}

bool is_marked_corrupt(std::string_view record) {
  return !record.empty() && record[0] == corrupt_mark;
}

}  // namespace gateway
