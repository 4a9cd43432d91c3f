#include "policy/facts.hpp"

namespace policy {

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::client:
      return "client";
    case Stage::helo:
      return "helo";
    case Stage::sender:
      return "sender";
    case Stage::relay:
      return "relay";
    case Stage::recipient:
      return "recipient";
    case Stage::data:
      return "data";
    case Stage::end_of_data:
      return "end_of_data";
    case Stage::etrn:
      return "etrn";
  }
  return "unknown";
}

}  // namespace policy
