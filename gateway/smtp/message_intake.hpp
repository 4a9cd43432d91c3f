#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/smtp/content_reader.hpp"
#include "gateway/smtp/header_scan.hpp"
#include "gateway/smtp/reply.hpp"
#include "gateway/spool/spool.hpp"

namespace gateway {

/// Where the content of one message goes while it arrives: through the scan of its header into the spool's writer.
/// Notes why the message cannot be taken; from then on content is only counted, and its storage is free again.
class MessageIntake final : public ContentSink {
 public:
  struct Terms {
    std::uint64_t size_limit = 0;  // 0 = none
    std::uint32_t hop_limit = 0;
    std::uint64_t header_field_limit = 0;
    /// Put in Message-ID, Date and From where they lack: for our own users only (RFC 6409 8), never for mail that
    /// passes through, which would break its signature.
    bool completes_header = false;
    /// Keep the header back until replace_header(): addresses in it may change.
    bool holds_header = false;
    std::string hostname, queue_id, from;
    std::time_t time = 0;
  };

  MessageIntake(std::unique_ptr<ContentWriter> writer, Terms terms);

  /// Header lines of ours, each with its CRLF, ahead of everything else.
  void prepend(std::string_view header_lines) { store(header_lines); }

  void take(std::string_view octets) override;
  void finish();

  /// True once the header is whole and held back. Content goes on to be taken meanwhile, but is kept in memory.
  bool awaits_header() const { return holds_ && header_.ended() && !refusal_; }
  const std::string& held_header() const { return held_header_; }
  void replace_header(std::string_view section);

  /// The answer that the message deserves, if not to be stored.
  const std::optional<Reply>& refusal() const { return refusal_; }
  void refuse(Reply reply);

  const HeaderScan& header() const { return header_; }
  /// What was logged as Message-ID: the client's, or the one that was put in.
  const std::string& message_id() const { return message_id_; }
  std::uint64_t received_size() const { return received_size_; }
  bool has_eight_bit() const { return has_eight_bit_; }
  std::unique_ptr<ContentWriter> take_writer() { return std::move(writer_); }

 private:
  struct HeaderPart;
  void write(std::string_view octets);
  void store(std::string_view octets);
  void end_header();

  std::unique_ptr<ContentWriter> writer_;
  Terms terms_;
  HeaderScan header_;
  std::optional<Reply> refusal_;
  bool holds_ = false, header_is_whole_ = false;
  std::string held_header_, held_rest_;
  std::string message_id_;
  std::uint64_t received_size_ = 0;
  bool has_eight_bit_ = false;
};

/// The reply for trouble with the spool: never a permanent one.
Reply reply_for(SpoolError error);

}  // namespace gateway
