#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "gateway/spool/envelope.hpp"

namespace gateway {

/// The record of an envelope as docs/spool-format.md lays it out, with a checksum. The ID is the key, not in the
/// record.
std::string encode_envelope(const Envelope& envelope);

/// The envelope of a record, or a sentence that says what is wrong with it. Fields behind the known ones are ignored,
/// so that a record written by a newer version with the same version byte can be read.
[[nodiscard]] tl::expected<Envelope, std::string> decode_envelope(MessageId id, std::string_view record);

/// decode_envelope(), or for a record that cannot be read an envelope in state corrupt whose arrival is told by its ID.
Envelope read_envelope(MessageId id, std::string_view record);

/// `record` with the checksum that fits it; nullopt when it is too short to hold one. For tests of what lies behind it.
std::optional<std::string> with_checksum(std::string record);

/// What the indexes and totals need of a record; costs no allocation.
struct RecordHead {
  MessageState state = MessageState::queued;
  bool content_in_file = false;
  SystemTime next_try{};
  std::uint64_t size = 0;
};

/// nullopt when the record is too short or of an unknown version; does not check the checksum.
std::optional<RecordHead> read_head(std::string_view record);

/// `record` kept as it is behind a mark that makes it unreadable for good: the form of a corrupt message.
std::string mark_as_corrupt(std::string_view record);
bool is_marked_corrupt(std::string_view record);

}  // namespace gateway
