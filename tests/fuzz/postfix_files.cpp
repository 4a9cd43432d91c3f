#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gateway/postfix/main_cf.hpp"
#include "gateway/postfix/master_cf.hpp"
#include "gateway/postfix/restriction_items.hpp"

// main.cf and master.cf from any octets: parameters expand in bounded time and space, lists lose no word.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const gateway::postfix::MainCf main(text, "main.cf");
  for (const auto& [name, setting] : main.settings()) {
    if (name.empty()) std::abort();
    const auto value = main.value(name);
    std::size_t words = 0;
    for (const auto& item : gateway::postfix::restriction_items(value)) {
      if (item.words.empty() || item.verb().empty()) std::abort();
      words += item.words.size();
    }
    if (words != gateway::postfix::words_of(value).size()) std::abort();
  }
  std::vector<gateway::config::Finding> remarks;
  for (const auto& service : gateway::postfix::read_master_cf(text, "master.cf", remarks))
    if (service.name.empty() || service.command.empty()) std::abort();
  return 0;
}
