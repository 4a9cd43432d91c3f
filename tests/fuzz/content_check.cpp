#include "gateway/content/content_check.hpp"

#include <cstdint>
#include <cstdlib>

#include "lookup/open_table.hpp"

namespace {

struct Gathered final : gateway::ContentSink {
  void take(std::string_view octets) override { text += octets; }
  std::string text;
};

const gateway::ContentTables& tables() {
  static const auto made = [] {
    gateway::ContentTables lists;
    lists.header = {lookup::open_table_content("pcre", "/^X-/ WARN\n/^Content/ INFO", "h")->table};
    lists.mime_header = lists.nested_header = lists.header;
    lists.body = {lookup::open_table_content("pcre", "/a/ WARN b", "b")->table};
    return lists;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  // Tables that change nothing: what goes in comes out, however it is cut.
  for (const std::size_t step : {std::size_t{1}, std::size_t{13}, content.size() + 1}) {
    Gathered gathered;
    gateway::ContentCheck check(tables(), gathered);
    for (std::size_t at = 0; at < content.size(); at += step) check.take(content.substr(at, step));
    check.finish();
    if (gathered.text != content || check.refusal()) std::abort();
  }
  (void)gateway::parse_content_action(content);
  return 0;
}
