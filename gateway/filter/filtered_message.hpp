#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/filter/header_edit.hpp"
#include "gateway/filter/held_content.hpp"

namespace gateway {

/// What filters want of a message, apart from its body.
struct MessageEdits {
  struct RecipientChange {
    bool add = false;
    std::string address;
  };

  HeaderEdit header;
  std::optional<std::string> sender;        // as the filter writes it: "<a@b>"
  std::vector<RecipientChange> recipients;  // in the order in which they were asked for
  bool quarantined = false;
};

/// A message while filters look at it, with everything that they change. Used by one session.
class FilteredMessage {
 public:
  struct Limits {
    std::string directory;  // for a replaced body that is large
    std::uint64_t memory_limit = 0;
    std::uint64_t body_limit = 0;  // of a replaced body; 0 = none
  };

  /// `content`: header lines, the empty line, the body.
  [[nodiscard]] static tl::expected<FilteredMessage, SpoolError> open(std::unique_ptr<HeldContent> content,
                                                                      Limits limits);

  MessageEdits edits;

  /// The body as it is now; like HeldContent::read().
  std::int64_t read_body(std::uint64_t offset, char* into, std::size_t size) const;

  /// A filter sends a new body in pieces; it takes the old one's place in use_replacement(). False: it is too large, or
  /// it cannot be kept.
  [[nodiscard]] bool replace_body(std::string_view piece);
  void use_replacement();
  bool has_new_body() const { return has_new_body_; }
  void forget_replacement() { replacement_.reset(); }

  /// Writes header and body as they are now.
  [[nodiscard]] tl::expected<void, SpoolError> write_to(ContentWriter& writer) const;

 private:
  FilteredMessage() = default;

  Limits limits_;
  std::unique_ptr<HeldContent> content_;
  std::uint64_t body_at_ = 0;
  bool has_new_body_ = false;
  std::unique_ptr<HeldContent> replacement_;  // while a filter sends it
};

}  // namespace gateway
