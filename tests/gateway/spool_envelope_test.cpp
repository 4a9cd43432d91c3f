#include <gtest/gtest.h>

#include <random>

#include "gateway/spool/envelope_codec.hpp"

namespace gateway {
namespace {

bool equal(const EnvelopeRecipient& a, const EnvelopeRecipient& b) {
  return a.address == b.address && a.original == b.original && a.orcpt == b.orcpt && a.notify == b.notify &&
         a.state == b.state && a.last_reply == b.last_reply && a.last_dsn == b.last_dsn && a.target == b.target;
}

bool equal(const Envelope& a, const Envelope& b) {
  return a.id == b.id && a.arrival == b.arrival && a.sender == b.sender && a.size == b.size && a.state == b.state &&
         a.attempts == b.attempts && a.next_try == b.next_try && a.content_in_file == b.content_in_file &&
         a.smtputf8 == b.smtputf8 && a.eight_bit == b.eight_bit && a.delay_warned == b.delay_warned &&
         a.expired == b.expired && a.envid == b.envid && a.ret == b.ret && a.client_name == b.client_name &&
         a.client_address == b.client_address && a.helo == b.helo && a.protocol == b.protocol && a.login == b.login &&
         a.filter == b.filter && a.redirect == b.redirect &&
         std::equal(a.recipients.begin(), a.recipients.end(), b.recipients.begin(), b.recipients.end(),
                    [](const auto& x, const auto& y) { return equal(x, y); });
}

class Chance {
 public:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool coin() { return below(2) == 0; }
  std::string text() {
    std::string text(below(4) == 0 ? below(400) : below(12), '\0');
    for (auto& octet : text) octet = static_cast<char>(below(256));
    return text;
  }
  SystemTime time() { return SystemTime{std::chrono::microseconds{static_cast<std::int64_t>(below(1ULL << 62))}}; }

  Envelope envelope() {
    Envelope envelope;
    envelope.id = {random_()};
    envelope.arrival = time();
    envelope.next_try = time();
    envelope.sender = {text(), text()};
    envelope.size = random_();
    envelope.state = static_cast<MessageState>(below(3));
    envelope.attempts = static_cast<std::uint32_t>(random_());
    envelope.content_in_file = coin();
    envelope.smtputf8 = coin();
    envelope.eight_bit = coin();
    envelope.delay_warned = coin();
    envelope.expired = coin();
    envelope.ret = "\0FH"[below(3)];
    for (auto* field : {&envelope.envid, &envelope.client_name, &envelope.client_address, &envelope.helo,
                        &envelope.protocol, &envelope.login, &envelope.filter, &envelope.redirect})
      *field = text();
    for (auto count = below(20); count > 0; --count)
      envelope.recipients.push_back({{text(), text()},
                                     text(),
                                     text(),
                                     static_cast<std::uint8_t>(below(16)),
                                     static_cast<RecipientState>(below(3)),
                                     text(),
                                     text(),
                                     coin() ? text() : std::string()});
    return envelope;
  }

 private:
  std::mt19937_64 random_{20261121};
};

TEST(SpoolEnvelope, decode_of_encode_is_the_same_envelope) {
  Chance chance;
  for (int i = 0; i < 2000; ++i) {
    const Envelope envelope = chance.envelope();
    const auto decoded = decode_envelope(envelope.id, encode_envelope(envelope));
    ASSERT_TRUE(decoded) << decoded.error();
    ASSERT_TRUE(equal(*decoded, envelope));
  }
}

TEST(SpoolEnvelope, head_says_the_same_as_the_envelope) {
  Chance chance;
  for (int i = 0; i < 200; ++i) {
    const Envelope envelope = chance.envelope();
    const auto head = read_head(encode_envelope(envelope));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->state, envelope.state);
    EXPECT_EQ(head->content_in_file, envelope.content_in_file);
    EXPECT_EQ(head->next_try, envelope.next_try);
    EXPECT_EQ(head->size, envelope.size);
  }
}

TEST(SpoolEnvelope, every_flipped_bit_is_found) {
  Chance chance;
  std::string record = encode_envelope(chance.envelope());
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_envelope({1}, record)) << "bit " << bit;
    record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST(SpoolEnvelope, every_truncation_is_found) {
  Chance chance;
  const std::string record = encode_envelope(chance.envelope());
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_FALSE(decode_envelope({1}, std::string_view(record).substr(0, size))) << size;
}

TEST(SpoolEnvelope, fields_of_a_newer_version_are_ignored) {
  Chance chance;
  const Envelope envelope = chance.envelope();
  const auto decoded =
      decode_envelope(envelope.id, *with_checksum(encode_envelope(envelope) + "a field of the future"));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(equal(*decoded, envelope));
}

TEST(SpoolEnvelope, unreadable_record_is_a_corrupt_message_with_the_arrival_of_its_id) {
  const Envelope envelope = read_envelope({1'795'000'000'000'000}, "rubbish");
  EXPECT_EQ(envelope.state, MessageState::corrupt);
  EXPECT_EQ(envelope.arrival, SystemTime{std::chrono::seconds{1'795'000'000}});
}

TEST(SpoolEnvelope, marked_record_stays_unreadable_and_keeps_its_octets) {
  Chance chance;
  const std::string record = encode_envelope(chance.envelope()), marked = mark_as_corrupt(record);
  EXPECT_TRUE(is_marked_corrupt(marked));
  EXPECT_FALSE(is_marked_corrupt(record));
  EXPECT_FALSE(decode_envelope({1}, marked));
  EXPECT_FALSE(read_head(marked));
  EXPECT_EQ(marked.substr(1), record);
}

}  // namespace
}  // namespace gateway
