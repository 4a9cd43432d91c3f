#include "gateway/smtp/message_intake.hpp"

#include <fmt/core.h>

#include <cstring>

#include "gateway/smtp/replies.hpp"
#include "gateway/smtp/trace_header.hpp"

namespace gateway {

namespace {

/// A header is held in memory up to this size; the limit of a single field is much smaller.
constexpr std::size_t longest_held_header = 1 << 20;

bool has_high_bit(std::string_view octets) {
  const char* at = octets.data();
  const char* const end = at + octets.size();
  std::uint64_t seen = 0;
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    seen |= word;
  }
  for (; at != end; ++at) seen |= static_cast<unsigned char>(*at);
  return (seen & 0x8080808080808080u) != 0;
}

std::string made_message_id(std::time_t time, const std::string& queue_id, const std::string& hostname) {
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("<{:04}{:02}{:02}{:02}{:02}{:02}.{}@{}>", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, queue_id, hostname);
}

}  // namespace

Reply reply_for(SpoolError error) {
  return error == SpoolError::full ? replies::no_storage() : replies::queue_write_error();
}

/// Header lines as the scan lets them pass.
struct MessageIntake::HeaderPart final : ContentSink {
  explicit HeaderPart(MessageIntake& to) : intake(to) {}
  void take(std::string_view octets) override { intake.write(octets); }
  MessageIntake& intake;
};

MessageIntake::MessageIntake(std::unique_ptr<ContentWriter> writer, Terms terms)
    : writer_(std::move(writer)),
      terms_(std::move(terms)),
      header_(terms_.header_field_limit),
      holds_(terms_.holds_header) {
  if (!writer_) refuse(replies::queue_write_error());
}

void MessageIntake::refuse(Reply reply) {
  if (refusal_) return;
  refusal_ = std::move(reply);
  writer_.reset();
  held_header_ = {};
  held_rest_ = {};
}

void MessageIntake::write(std::string_view octets) {
  if (refusal_ || !holds_) return store(octets);
  if (header_is_whole_) {
    held_rest_ += octets;
  } else if (held_header_.size() + octets.size() > longest_held_header) {
    refuse(replies::header_too_big());
  } else {
    held_header_ += octets;
  }
}

void MessageIntake::replace_header(std::string_view section) {
  holds_ = false;
  store(section);
  store(held_rest_);
  held_header_ = {};
  held_rest_ = {};
}

void MessageIntake::store(std::string_view octets) {
  if (refusal_ || octets.empty()) return;
  const auto written = writer_->append(octets);
  if (!written) refuse(reply_for(written.error()));
}

void MessageIntake::take(std::string_view octets) {
  received_size_ += octets.size();
  if (refusal_) return;
  if (terms_.size_limit != 0 && received_size_ > terms_.size_limit) return refuse(replies::message_too_big());
  if (!has_eight_bit_) has_eight_bit_ = has_high_bit(octets);
  if (!header_.ended()) {
    HeaderPart part(*this);
    octets.remove_prefix(header_.feed(octets, part));
    if (!header_.ended()) return;
    end_header();
  }
  write(octets);
}

void MessageIntake::finish() {
  if (header_.ended()) return;
  header_.end();
  end_header();
}

void MessageIntake::end_header() {
  if (header_.field_too_big()) return refuse(replies::header_too_big());
  if (terms_.hop_limit != 0 && header_.received_count() > terms_.hop_limit) return refuse(replies::too_many_hops());
  message_id_ = header_.message_id();
  if (terms_.completes_header) {
    if (!header_.has_message_id()) {
      message_id_ = made_message_id(terms_.time, terms_.queue_id, terms_.hostname);
      write(fmt::format("Message-Id: {}\r\n", message_id_));
    }
    if (!header_.has_date()) write(fmt::format("Date: {}\r\n", mail_date(terms_.time)));
    if (!header_.has_from()) write(fmt::format("From: {}\r\n", terms_.from.empty() ? "MAILER-DAEMON" : terms_.from));
  }
  header_is_whole_ = true;
  if (header_.needs_separator()) write("\r\n");
  write(header_.held());
}

}  // namespace gateway
