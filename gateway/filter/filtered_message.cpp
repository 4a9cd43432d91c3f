#include "gateway/filter/filtered_message.hpp"

#include <utility>

namespace gateway {

namespace {

constexpr std::size_t piece_size = 16384;

}  // namespace

tl::expected<FilteredMessage, SpoolError> FilteredMessage::open(std::unique_ptr<HeldContent> content, Limits limits) {
  FilteredMessage message;
  std::string section;
  char piece[piece_size];
  std::size_t end = std::string::npos;
  for (;;) {
    const auto size = content->read(section.size(), piece, sizeof piece);
    if (size < 0) return tl::unexpected(SpoolError::failed);
    const auto searched = section.size() < 3 ? 0 : section.size() - 3;
    section.append(piece, static_cast<std::size_t>(size));
    if (section.starts_with("\r\n")) {
      end = 0;
      message.body_at_ = 2;
    } else if (end = section.find("\r\n\r\n", searched); end != std::string::npos) {
      end += 2;
      message.body_at_ = end + 2;
    } else if (size == 0) {
      end = section.size();
      message.body_at_ = end;
    }
    if (end != std::string::npos) break;
  }
  message.edits.header = HeaderEdit(std::string_view(section).substr(0, end));
  message.content_ = std::move(content);
  message.limits_ = std::move(limits);
  return message;
}

std::int64_t FilteredMessage::read_body(std::uint64_t offset, char* into, std::size_t size) const {
  return content_->read(body_at_ + offset, into, size);
}

bool FilteredMessage::replace_body(std::string_view piece) {
  if (!replacement_) replacement_ = std::make_unique<HeldContent>(limits_.directory, limits_.memory_limit);
  if (limits_.body_limit != 0 && replacement_->size() + piece.size() > limits_.body_limit) return false;
  return replacement_->append(piece).has_value();
}

void FilteredMessage::use_replacement() {
  if (!replacement_) return;
  content_ = std::move(replacement_);
  body_at_ = 0;
  has_new_body_ = true;
}

tl::expected<void, SpoolError> FilteredMessage::write_to(ContentWriter& writer) const {
  std::string out;
  for (const auto& field : edits.header.fields()) out += field.text;
  out += "\r\n";
  auto written = writer.append(out);
  char piece[piece_size];
  std::uint64_t offset = 0;
  while (written) {
    const auto size = read_body(offset, piece, sizeof piece);
    if (size < 0) return tl::unexpected(SpoolError::failed);
    if (size == 0) break;
    written = writer.append({piece, static_cast<std::size_t>(size)});
    offset += static_cast<std::uint64_t>(size);
  }
  return written;
}

}  // namespace gateway
