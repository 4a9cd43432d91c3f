#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway {

/// Turns stored content into what goes over the wire after DATA: dots stuffed (RFC 5321 4.5.2), lines longer than 998
/// octets folded, stray CR and LF replaced by spaces so that no server can see an end of data that we did not send.
///
/// Fed piece by piece, cut anywhere; end() closes an unfinished last line and adds the final dot.
class OutboundContent {
 public:
  void append(std::string_view bytes, std::string& wire);
  void end(std::string& wire);

 private:
  std::size_t column_ = 0;
  bool carriage_return_ = false;
};

/// Can this go out as it is, with only ".\r\n" behind it?
bool is_clean_for_wire(std::string_view content);

}  // namespace gateway
