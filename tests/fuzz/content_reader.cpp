#include "gateway/smtp/content_reader.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/smtp/header_scan.hpp"

namespace {

class Gathered final : public gateway::ContentSink {
 public:
  void take(std::string_view octets) override {
    if (!scan.ended()) octets.remove_prefix(scan.feed(octets, header));
    text.append(octets);
  }
  struct Header final : ContentSink {
    void take(std::string_view octets) override { text.append(octets); }
    std::string text;
  } header;
  gateway::HeaderScan scan{1000};
  std::string text;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  gateway::ContentReader whole, pieces;
  Gathered at_once, bit_by_bit;
  const auto taken = whole.feed(input, at_once);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < input.size() && !pieces.finished(); ++i)
    sum += pieces.feed(input.substr(i, 1), bit_by_bit);
  if (taken != sum || whole.finished() != pieces.finished() || whole.fault() != pieces.fault()) std::abort();
  if (whole.fault() != gateway::ContentFault::none) return 0;
  if (at_once.header.text + at_once.scan.held() + at_once.text !=
      bit_by_bit.header.text + bit_by_bit.scan.held() + bit_by_bit.text)
    std::abort();
  if (whole.finished() && at_once.text.find('\0') != std::string::npos) std::abort();
  return 0;
}
