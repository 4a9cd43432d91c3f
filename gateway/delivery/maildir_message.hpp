#pragma once

#include <string>
#include <string_view>

#include "gateway/spool/spool.hpp"

namespace gateway {

/// The lines that final delivery puts on top, LF-ended: Return-Path, X-Original-To (when `original` is not empty) and
/// Delivered-To.
std::string trace_lines(std::string_view sender, std::string_view original, std::string_view recipient);

/// Has this message been delivered to `recipient` before? True: it runs in a circle.
bool has_delivered_to(std::string_view header, std::string_view recipient);

/// The header section of `content`, at most 256 KiB of it. For large content `buffer` holds what the view points to.
std::string_view header_of(const Content& content, std::string& buffer);

/// Appends `bytes` with CRLF turned into LF; a CR elsewhere stays. A CR at the very end is left to the caller: true.
bool append_with_lf(std::string_view bytes, std::string& into);

/// The file name below new/: derived from what never changes, so that a second attempt after a crash finds the first
/// one's file. The stem comes first, ",S=size" follows it.
std::string maildir_stem(MessageId id, std::uint32_t recipient, SystemTime arrival, std::string_view host);

}  // namespace gateway
