#include "gateway/cli/sendmail_options.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "lookup/address.hpp"

namespace gateway::cli {

namespace {

// Options with a value, which may stand in the same word or in the next one.
constexpr std::string_view with_value = "fFrNRVBCXOALhdp";
constexpr std::string_view without_value = "tivmnGUIsx";

std::optional<SendmailMode> mode_of(char letter) {
  switch (letter) {
    case 'm':
      return SendmailMode::send;
    case 'p':
      return SendmailMode::list_queue;
    case 'i':
    case 'I':
      return SendmailMode::build_aliases;
    case 's':
      return SendmailMode::speak_smtp;
    case 'v':
      return SendmailMode::verify;
    default:
      return std::nullopt;
  }
}

std::string notify_of(const std::string& text) {
  std::string upper;
  for (const char c : text) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

bool is_notify(const std::string& text) {
  if (text == "NEVER") return true;
  std::size_t from = 0;
  while (from <= text.size()) {
    const auto comma = std::min(text.find(',', from), text.size());
    const auto word = text.substr(from, comma - from);
    if (word != "SUCCESS" && word != "FAILURE" && word != "DELAY") return false;
    from = comma + 1;
  }
  return true;
}

std::string bare_address(std::string text) {
  if (text.size() > 1 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  return text;
}

/// "-o..." : all of them are sendmail's own but the dot.
void take_o_option(SendmailOptions& options, std::string_view text) {
  if (text == "i" || text == "i=t" || text == "IgnoreDots") options.dot_ends = false;
}

tl::expected<void, std::string> take(SendmailOptions& options, char name, const std::string& value) {
  switch (name) {
    case 'f':
    case 'r':
      options.sender = bare_address(value);
      break;
    case 'F':
      options.full_name = value;
      break;
    case 'C':
      // Postfix's own folder is no configuration of ours.
      if (value.ends_with(".yaml") || value.ends_with(".yml")) options.config_path = value;
      break;
    case 'N':
      options.notify = notify_of(value);
      if (!is_notify(options.notify)) return tl::unexpected(fmt::format("-N {}: not a word of NOTIFY", value));
      break;
    case 'R': {
      const auto folded = lookup::ascii_lower(value);
      if (folded != "full" && folded != "hdrs") return tl::unexpected(fmt::format("-R {}: it is full or hdrs", value));
      options.ret = folded == "full" ? "FULL" : "HDRS";
      break;
    }
    case 'V':
      if (value.size() > 100 || std::any_of(value.begin(), value.end(), [](char c) { return c <= ' ' || c > '~'; }))
        return tl::unexpected<std::string>("-V: this is no envelope ID");
      options.envid = value;
      break;
    case 't':
      options.from_header = true;
      break;
    case 'i':
      options.dot_ends = false;
      break;
    default:
      break;
  }
  return {};
}

}  // namespace

tl::expected<SendmailOptions, std::string> parse_sendmail_options(std::span<const std::string> arguments) {
  SendmailOptions options;
  std::size_t at = 0;
  for (; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      // Scripts put options behind recipients too.
      options.recipients.push_back(bare_address(word));
      continue;
    }
    for (std::size_t i = 1; i < word.size(); ++i) {
      const char name = word[i];
      if (name == 'b' && i + 1 < word.size()) {
        const auto mode = mode_of(word[++i]);
        if (mode)
          options.mode = *mode;
        else {
          options.mode = SendmailMode::refused;
          options.refusal = fmt::format("-b{} is not done here{}", word[i],
                                        word[i] == 'd' || word[i] == 'l' ? "; run \"gatepost serve\"" : "");
        }
        continue;
      }
      if (name == 'q') {
        // "-q" tries all mail now; "-q30m" would be a daemon's interval, which the configuration has.
        if (options.mode == SendmailMode::send) options.mode = SendmailMode::flush_queue;
        break;
      }
      if (name == 'o' || name == 'e') {
        if (name == 'o') take_o_option(options, std::string_view(word).substr(i + 1));
        break;
      }
      if (without_value.find(name) != std::string_view::npos) {
        if (const auto taken = take(options, name, ""); !taken) return tl::unexpected(taken.error());
        continue;
      }
      if (with_value.find(name) == std::string_view::npos)
        return tl::unexpected(fmt::format("unknown option -{}", name));
      std::string value = word.substr(i + 1);
      if (value.empty()) {
        if (++at >= arguments.size()) return tl::unexpected(fmt::format("option -{} needs a value", name));
        value = arguments[at];
      }
      if (const auto taken = take(options, name, value); !taken) return tl::unexpected(taken.error());
      break;
    }
  }
  for (; at < arguments.size(); ++at) options.recipients.push_back(bare_address(arguments[at]));
  return options;
}

}  // namespace gateway::cli
