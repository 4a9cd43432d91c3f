#include "gateway/delivery/bounce_template.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>

#include "lookup/address.hpp"

namespace gateway {

namespace {

constexpr std::size_t file_limit = std::size_t{1} << 20;

constexpr std::string_view built_in = R"(
failure_template = <<END
Charset: us-ascii
From: MAILER-DAEMON (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Postmaster-Subject: Postmaster Copy: Undelivered Mail

This is the mail system at host $myhostname.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It is attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system
END
delay_template = <<END
Charset: us-ascii
From: MAILER-DAEMON (Mail Delivery System)
Subject: Delayed Mail (still being retried)
Postmaster-Subject: Postmaster Warning: Delayed Mail

This is the mail system at host $myhostname.

THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.

Your message could not be delivered yet. Delivery will be tried
again until the message is $maximal_queue_lifetime_days day(s) old.

                   The mail system
END
success_template = <<END
Charset: us-ascii
From: MAILER-DAEMON (Mail Delivery System)
Subject: Successful Mail Delivery Report

This is the mail system at host $myhostname.

Your message was successfully delivered to the destination(s)
listed below. If it was handed on to another server, no further
report may follow.

                   The mail system
END
)";

struct Unit {
  std::string_view name;
  std::int64_t seconds;
};
constexpr std::array<Unit, 5> units{
    {{"_seconds", 1}, {"_minutes", 60}, {"_hours", 3600}, {"_days", 86400}, {"_weeks", 604800}}};

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// "delay_warning_time_hours" and its like; a time without a unit is in the unit that Postfix's default has.
std::optional<std::string> time_of(std::string_view name, const config::Config& config) {
  const std::array<std::pair<std::string_view, config::Seconds>, 3> times{
      {{"delay_warning_time", config.queue.delay_warning_time},
       {"maximal_queue_lifetime", config.queue.maximal_queue_lifetime},
       {"bounce_queue_lifetime", config.queue.bounce_queue_lifetime}}};
  for (const auto& [base, time] : times) {
    if (!name.starts_with(base)) continue;
    const std::string_view suffix = name.substr(base.size());
    if (suffix.empty()) return fmt::format("{}s", time.count());
    for (const Unit& unit : units)
      if (suffix == unit.name) return std::to_string((time.count() + unit.seconds - 1) / unit.seconds);
  }
  return std::nullopt;
}

std::optional<std::string> value_of(std::string_view name, const config::Config& config) {
  if (name == "myhostname") return config.hostname;
  if (name == "mydomain") return config.mydomain;
  if (name == "myorigin") return config.myorigin;
  if (name == "mail_name") return "Gatepost";
  if (name == "message_size_limit") return std::to_string(config.limits.message_size_limit);
  if (name == "bounce_size_limit") return std::to_string(config.queue.bounce_size_limit);
  return time_of(name, config);
}

/// Calls `literal` for text and `name` for each $name, ${name}, $(name); "$$" is a dollar. False: a "$" that begins
/// nothing.
template <class Literal, class Name>
bool scan(std::string_view body, Literal literal, Name name) {
  while (!body.empty()) {
    const auto dollar = body.find('$');
    literal(body.substr(0, dollar));
    if (dollar == std::string_view::npos) return true;
    body.remove_prefix(dollar + 1);
    if (body.starts_with('$')) {
      literal(body.substr(0, 1));
      body.remove_prefix(1);
      continue;
    }
    const char closing = body.starts_with('{') ? '}' : body.starts_with('(') ? ')' : '\0';
    if (closing != '\0') body.remove_prefix(1);
    std::size_t length = 0;
    while (length < body.size() && (body[length] == '_' || std::isalnum(static_cast<unsigned char>(body[length])) != 0))
      ++length;
    if (length == 0 || (closing != '\0' && (length == body.size() || body[length] != closing))) return false;
    name(body.substr(0, length));
    body.remove_prefix(length + (closing != '\0' ? 1 : 0));
  }
  return true;
}

/// Reads lines one by one and knows where it is.
struct Lines {
  std::string_view rest;
  int number = 0;

  std::optional<std::string_view> next() {
    if (rest.empty()) return std::nullopt;
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    return line;
  }
  tl::unexpected<std::string> error(const std::string& what) const {
    return tl::unexpected(fmt::format("line {}: {}", number, what));
  }
};

tl::expected<void, std::string> set_header(const Lines& lines, std::string_view line, BounceTemplate& into) {
  const auto colon = line.find(':');
  const std::string name = lookup::ascii_lower(line.substr(0, colon == std::string_view::npos ? 0 : colon));
  std::string* field = name == "charset"              ? &into.charset
                       : name == "from"               ? &into.from
                       : name == "subject"            ? &into.subject
                       : name == "postmaster-subject" ? &into.postmaster_subject
                                                      : nullptr;
  if (field == nullptr)
    return lines.error("a template begins with Charset, From, Subject, Postmaster-Subject and an empty line");
  *field = trim(line.substr(colon + 1));
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e;
  };
  if (field->empty() || std::any_of(field->begin(), field->end(), is_bad))
    return lines.error("the value of " + name + " must be plain ASCII text");
  return {};
}

/// The lines up to `mark`, where the first of them follows.
tl::expected<BounceTemplate, std::string> read_template(Lines& lines, std::string_view mark) {
  BounceTemplate made;
  bool in_body = false;
  for (auto line = lines.next(); line; line = lines.next()) {
    if (*line == mark) {
      if (made.charset.empty()) made.charset = "us-ascii";
      if (made.subject.empty() || made.from.empty()) return lines.error("the template lacks From or Subject");
      if (!in_body) return lines.error("the template lacks the empty line before its text");
      return made;
    }
    if (in_body) {
      made.body.append(*line).push_back('\n');
    } else if (line->empty()) {
      in_body = true;
    } else if (auto set = set_header(lines, *line, made); !set) {
      return tl::unexpected(set.error());
    }
  }
  return lines.error(fmt::format("the text ends before \"{}\"", mark));
}

tl::expected<void, std::string> check_body(const Lines& lines, const BounceTemplate& made) {
  const config::Config blank;
  std::string unknown;
  const bool sound = scan(
      made.body, [](std::string_view) {},
      [&](std::string_view name) {
        if (!value_of(name, blank)) unknown = std::string(name);
      });
  if (!sound) return lines.error("\"$\" begins no name; write \"$$\" for a dollar");
  if (!unknown.empty()) return lines.error(fmt::format("\"${}\" is not known in reports", unknown));
  const bool ascii = std::all_of(made.body.begin(), made.body.end(), [](char c) { return (c & 0x80) == 0; });
  if (!ascii && lookup::ascii_lower(made.charset) == "us-ascii")
    return lines.error("the text is not us-ascii, as its Charset says");
  return {};
}

tl::expected<BounceTemplates, std::string> parse_over(BounceTemplates templates, std::string_view text) {
  Lines lines{text};
  for (auto line = lines.next(); line; line = lines.next()) {
    const std::string words = trim(*line);
    if (words.empty() || words[0] == '#') continue;
    const auto equals = words.find('=');
    const std::string name = trim(std::string_view(words).substr(0, equals));
    const std::string value = equals == std::string::npos ? "" : trim(std::string_view(words).substr(equals + 1));
    BounceTemplate verify;  // Postfix's answer to "sendmail -bv"; our sendmail answers at once
    BounceTemplate* into = name == "failure_template"   ? &templates.failure
                           : name == "delay_template"   ? &templates.delay
                           : name == "success_template" ? &templates.success
                           : name == "verify_template"  ? &verify
                                                        : nullptr;
    if (into == nullptr)
      return lines.error(fmt::format(
          "\"{}\" is no template (failure_template, delay_template, success_template, verify_template)", name));
    const std::string mark = value.starts_with("<<") ? trim(std::string_view(value).substr(2)) : "";
    if (mark.empty()) return lines.error("\"<<\" and a word that ends the template are expected");
    auto made = read_template(lines, mark);
    if (!made) return tl::unexpected(made.error());
    if (auto sound = check_body(lines, *made); !sound) return tl::unexpected(sound.error());
    if (made->postmaster_subject.empty()) made->postmaster_subject = made->subject;
    *into = *std::move(made);
  }
  return templates;
}

}  // namespace

const BounceTemplates& built_in_bounce_templates() {
  static const BounceTemplates templates = parse_over({}, built_in).value();
  return templates;
}

tl::expected<BounceTemplates, std::string> parse_bounce_templates(std::string_view text) {
  return parse_over(built_in_bounce_templates(), text);
}

tl::expected<BounceTemplates, std::string> read_bounce_templates(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return tl::unexpected(path + ": cannot be read");
  std::string text(file_limit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > file_limit) return tl::unexpected(path + ": is too large");
  auto parsed = parse_bounce_templates(text);
  if (!parsed) return tl::unexpected(path + ": " + parsed.error());
  return parsed;
}

std::string expand_bounce_body(const BounceTemplate& text, const config::Config& config) {
  std::string expanded;
  scan(
      text.body,
      [&](std::string_view part) {
        for (const char c : part) {
          if (c == '\n') expanded += '\r';
          expanded += c;
        }
      },
      [&](std::string_view name) { expanded += value_of(name, config).value_or(""); });
  return expanded;
}

}  // namespace gateway
