#include <fmt/core.h>

#include "policy/evaluation.hpp"

// How a run refuses, defers or warns. Nothing here is reached while a message is welcome.

namespace policy {

namespace {

/// What came from outside must not break a reply or a log line.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

std::string Evaluation::rejected(Object object, std::string_view why) const {
  return fmt::format("<{}>: {} rejected: {}", name_of(object, facts_), class_of(object), why);
}

Evaluation::Outcome Evaluation::refuse(int code, std::string_view dsn, Reason reason, std::string text,
                                       ErrorClass error_class) {
  if (code < 400 || code > 599) code = 450;
  text = printable(std::move(text));
  if (warn_only_ && error_class == ErrorClass::policy) {
    log("reject_warning", fmt::format("{} {} {}", code, with_class_of(dsn, code), text));
    return Outcome::dunno;
  }
  verdict_.code = code;
  verdict_.dsn = with_class_of(dsn, code);
  verdict_.text = std::move(text);
  verdict_.reason = reason;
  verdict_.item = std::string(item_);
  if (defer_if_reject_.is_active && code / 100 == 5) {
    // A test that could have permitted did not get its answer: report that instead, and let the client come back.
    verdict_.code = defer_if_reject_.code;
    verdict_.dsn = defer_if_reject_.dsn;
    verdict_.text = defer_if_reject_.text;
    verdict_.reason = defer_if_reject_.reason;
    verdict_.item = defer_if_reject_.item;
  }
  const bool closes = verdict_.code == 421 || verdict_.code == 521;
  verdict_.action = closes ? Verdict::Action::disconnect : Verdict::Action::refuse;
  return Outcome::refuse;
}

Evaluation::Outcome Evaluation::refuse_object(int code, std::string_view dsn, Reason reason, Object object,
                                              std::string_view why) {
  return refuse(code, dsn, reason, rejected(object, why));
}

Evaluation::Outcome Evaluation::refuse_lookup(Object object) {
  return refuse(451, "4.3.0", Reason::lookup_failed,
                fmt::format("<{}>: Temporary lookup failure", name_of(object, facts_)), ErrorClass::software);
}

Evaluation::Outcome Evaluation::refuse_configuration(Object object) {
  return refuse(451, "4.3.5", Reason::configuration, rejected(object, "Server configuration error"),
                ErrorClass::software);
}

Evaluation::Outcome Evaluation::defer_if_permit(std::string_view dsn, Reason reason, std::string text, int code) {
  if (trace_ && mode_ == Mode::decide) (*trace_)[step_].outcome = "defer_if_permit: " + text;
  if (!defer_if_permit_.is_active && !warn_only_)
    defer_if_permit_ = {true, code, with_class_of(dsn, code), printable(std::move(text)), std::string(item_), reason};
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::defer_if_reject(std::string_view dsn, Reason reason, std::string text) {
  if (trace_ && mode_ == Mode::decide) (*trace_)[step_].outcome = "defer_if_reject: " + text;
  if (!defer_if_reject_.is_active)
    defer_if_reject_ = {true, 450, with_class_of(dsn, 450), printable(std::move(text)), std::string(item_), reason};
  return Outcome::dunno;
}

Evaluation::Outcome Evaluation::tempfail(TempfailAction action, std::string_view dsn, Reason reason, std::string text,
                                         int code) {
  if (code / 100 != 4) code = 450;  // the lack of an answer is never final
  if (action == TempfailAction::defer) return refuse(code, dsn, reason, std::move(text));
  return defer_if_permit(dsn, reason, std::move(text), code);
}

void Evaluation::log(std::string_view what, std::string_view text) {
  if (is_blocked_ || mode_ != Mode::decide) return;
  auto line =
      fmt::format("{}: {} from {}: {};", what, protocol_state(stage_, facts_), name_of(Object::client, facts_), text);
  if (facts_.has_sender) line += fmt::format(" from=<{}>", facts_.sender.to_string());
  if (has_recipient_) line += fmt::format(" to=<{}>", facts_.recipient.to_string());
  line += fmt::format(" proto={}", facts_.protocol);
  if (!facts_.helo.empty()) line += fmt::format(" helo=<{}>", facts_.helo);
  effects_.log_lines.push_back(printable(std::move(line)));
}

}  // namespace policy
