#include <fmt/format.h>

#include "gateway/config/key.hpp"
#include "gateway/config/key_texts.hpp"

namespace gateway::config {
namespace {

/// Text for roff: no line may begin with a control character, and a backslash or a minus is not what it seems.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string default_words(const Key& key, const void* blank) {
  if (key.required) return "Required.";
  if (!key.fallback.empty()) return "Default: " + key.fallback + ".";
  const std::string shown = key.show(blank);
  if (shown == "\"\"" || shown == "[]" || shown == "{}") return "";
  return "Default: " + shown + ".";
}

}  // namespace

std::string man_text() {
  std::string page =
      ".TH GATEPOST.YAML 5 \"\" Gatepost \"File formats\"\n"
      ".SH NAME\ngatepost.yaml \\- configuration of the Gatepost mail gateway\n"
      ".SH DESCRIPTION\n"
      "One YAML file, \\fI/etc/gatepost/gatepost.yaml\\fR unless \\fB\\-c\\fR \\fIFILE\\fR or \\fB$GATEPOST_CONFIG\\fR "
      "says otherwise. Unknown and duplicate keys are errors. Relative paths start at the folder of the file.\n"
      ".PP\nDurations are written \\fI30s 5m 4h 5d\\fR, sizes \\fI50M\\fR, rates \\fI60/1m\\fR. In every value "
      "\\fI${credential:NAME}\\fR, \\fI${file:PATH}\\fR and \\fI${env:NAME}\\fR are replaced. Keys that start with "
      "@ * % ! or & must be quoted.\n"
      ".PP\n\\fBgatepost check\\fR tells what is wrong, \\fBgatepost config show \\-\\-changed\\fR what differs from "
      "the "
      "defaults, \\fBgatepost config template\\fR prints a commented file with every key.\n"
      ".SH KEYS\nNAME stands for a name of your choice, [] for an item of a list.\n";
  for_each_key([&](const std::string& path, const Key& key, const void* blank) {
    page += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(path), roff(key.doc));
    const auto otherwise = default_words(key, blank);
    if (!otherwise.empty()) page += roff(otherwise) + "\n";
    if (!key.example.empty()) page += fmt::format("Example: \\fI{}\\fR\n", roff(key.example));
    if (key.restart_only) page += "Takes effect after a restart.\n";
  });
  return page +
         ".SH FILES\n.TP\n\\fI/usr/share/gatepost/gatepost.schema.json\\fR\nJSON Schema of the file, for editors.\n"
         ".TP\n\\fI/usr/share/doc/gatepost/examples\\fR\nWhole configurations.\n"
         ".SH SEE ALSO\ngatepost(8)\n";
}

}  // namespace gateway::config
