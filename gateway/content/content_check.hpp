#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/content/content_action.hpp"
#include "gateway/content/mime_walk.hpp"
#include "gateway/smtp/content_reader.hpp"
#include "gateway/smtp/reply.hpp"
#include "lookup/table.hpp"
#include "policy/verdict.hpp"

namespace gateway {

/// The tables of content_checks, opened: asked in order, the first hit decides. They answer at once (`check` refuses
/// others), so that a line costs no wait.
struct ContentTables {
  using List = std::vector<std::shared_ptr<lookup::Table>>;
  List header, mime_header, nested_header, body;
  std::uint64_t body_size_limit = 51200;  // octets of each part that are looked at; 0 = all

  bool empty() const { return header.empty() && mime_header.empty() && nested_header.empty() && body.empty(); }
};

/// Asks tables about each header field and each body line while a message arrives, and changes, drops or adds lines on
/// their way to the next sink: header_checks(5), body_checks(5). A field is asked for whole, its lines joined by LF.
///
/// Belongs to one message; the sink gets whole lines, in order. After a refusal it gets nothing more.
class ContentCheck final : public ContentSink {
 public:
  ContentCheck(const ContentTables& tables, ContentSink& next) : tables_(tables), next_(next) {}

  void take(std::string_view octets) override;
  /// The content is over: a last field or line without line end is looked at.
  void finish();

  /// The reply the message deserves, if it was refused.
  const std::optional<Reply>& refusal() const { return refusal_; }
  const policy::Effects& effects() const { return effects_; }

  /// "reject: header Subject: x" and what stands behind the client in the line: for the log, in order.
  struct Event {
    ContentAction::Kind kind;
    std::string what, text;
  };
  const std::vector<Event>& events() const { return events_; }

 private:
  void line(std::string_view octets);
  void end_field();
  void judge(const ContentTables::List& tables, std::string_view subject, std::string_view octets,
             std::string_view kind);
  void obey(const ContentAction& action, std::string_view subject, std::string_view octets, std::string_view kind);
  void note(const ContentAction& action, std::string_view subject, std::string_view kind);
  const ContentTables::List& tables_for(std::string_view field) const;

  const ContentTables& tables_;
  ContentSink& next_;
  MimeWalk walk_;
  std::string pending_;  // a line that is not whole
  std::string field_;    // a header field that may go on
  std::optional<Reply> refusal_;
  policy::Effects effects_;
  std::vector<Event> events_;
  std::uint64_t looked_at_ = 0;  // octets of the segment
  std::uint32_t segment_ = 0;
  bool passes_ = false;  // PASS or DISCARD: nothing more is looked at
};

}  // namespace gateway
