#include "gateway/smtp/header_scan.hpp"

#include "gateway/smtp/parameters.hpp"

namespace gateway {

namespace {

constexpr std::size_t name_limit = 200;
constexpr std::size_t message_id_limit = 1000;

bool is_name_octet(char octet) {
  const auto value = static_cast<unsigned char>(octet);
  return value > 0x20 && value < 0x7f && octet != ':';
}

}  // namespace

std::size_t HeaderScan::feed(std::string_view octets, ContentSink& sink) {
  std::size_t at = 0;
  while (at < octets.size() && !ended_) {
    const char octet = octets[at];
    switch (state_) {
      case State::line_start:
        if (octet == '\r') {
          ended_ = true;
          needs_separator_ = false;
        } else if ((octet == ' ' || octet == '\t') && seen_field_) {
          state_ = State::in_field;
        } else {
          state_ = State::in_name;
        }
        break;
      case State::in_name:
        if (octet == ':' && !held_.empty()) {
          begin_field();
          sink.take(held_);
          held_.clear();
          state_ = State::in_field;
        } else if (held_.size() < name_limit &&
                   (is_name_octet(octet) || ((octet == ' ' || octet == '\t') && !held_.empty()))) {
          held_ += octet;
          ++at;
        } else {
          ended_ = true;
        }
        break;
      case State::in_field: {
        const auto end = octets.find('\n', at);
        const auto part = octets.substr(at, end == std::string_view::npos ? end : end + 1 - at);
        note(part);
        sink.take(part);
        at += part.size();
        if (end != std::string_view::npos) state_ = State::line_start;
        break;
      }
    }
  }
  if (ended_) finish_message_id();
  return at;
}

void HeaderScan::begin_field() {
  finish_message_id();
  seen_field_ = true;
  field_size_ = held_.size();
  const auto name = trim(held_);
  if (equal_ignoring_case(name, "Received")) ++received_;
  if (equal_ignoring_case(name, "Date")) has_date_ = true;
  if (equal_ignoring_case(name, "From")) has_from_ = true;
  in_tls_required_ = equal_ignoring_case(name, "TLS-Required");
  if (equal_ignoring_case(name, "Message-ID") && !has_message_id_) {
    has_message_id_ = true;
    in_message_id_ = true;
  }
}

void HeaderScan::note(std::string_view field_octets) {
  field_size_ += field_octets.size();
  if (field_limit_ != 0 && field_size_ > field_limit_) field_too_big_ = true;
  if (in_tls_required_ && tls_required_.size() < message_id_limit)
    for (const char octet : field_octets)
      if (octet != '\r' && octet != '\n') tls_required_ += octet == '\t' ? ' ' : octet;
  if (!in_message_id_) return;
  for (const char octet : field_octets)
    if (octet != '\r' && octet != '\n' && message_id_.size() < message_id_limit) message_id_ += octet;
}

bool HeaderScan::says_tls_not_required() const {
  return tls_required_.starts_with(':') && equal_ignoring_case(trim(std::string_view(tls_required_).substr(1)), "no");
}

void HeaderScan::finish_message_id() {
  if (!in_message_id_) return;
  in_message_id_ = false;
  std::string_view value = message_id_;
  if (value.starts_with(':')) value.remove_prefix(1);
  message_id_ = std::string(trim(value));
}

}  // namespace gateway
