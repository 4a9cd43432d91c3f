#include <cstdint>
#include <cstdlib>

#include "gateway/local/delivery_order.hpp"

// Any octets give an order or nothing; what was read once is read the same again. The same for answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  const auto head = gateway::decode_order_head(record);
  if (const auto order = gateway::decode_order(record)) {
    if (!head || head->path != order->head.path || head->uid != order->head.uid) std::abort();
    const std::string again = gateway::encode_order(*order);
    const auto twice = gateway::decode_order(again);
    if (!twice || gateway::encode_order(*twice) != again) std::abort();
  }
  const auto outcomes = gateway::decode_outcomes(record, 3);
  if (outcomes && outcomes->size() != 3) std::abort();
  return 0;
}
