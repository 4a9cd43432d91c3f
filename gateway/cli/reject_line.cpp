#include "gateway/cli/reject_line.hpp"

#include <nlohmann/json.hpp>

#include "gateway/cli/log_time.hpp"

namespace gateway::cli {

namespace {

using Json = nlohmann::json;

/// Words of a reply, in the order in which they are looked for, and the reason they tell.
struct Sign {
  std::string_view words;
  std::string_view reason;
};
constexpr Sign signs[] = {
    {"blocked using", "dnsbl"},
    {"Sender address rejected: User unknown", "unknown_sender"},
    {"User unknown", "unknown_recipient"},
    {"Relay access denied", "relay_denied"},
    {"reylist", "greylist"},
    {"Temporary lookup failure", "lookup_failed"},
    {"Server configuration", "configuration"},
    {"need fully-qualified", "non_fqdn"},
    {"undeliverable address", "unverified"},
    {"unverified address", "unverified"},
    {"not owned by user", "sender_mismatch"},
    {"not logged in", "sender_mismatch"},
    {"Sender address rejected: Domain not found", "sender_domain"},
    {"Sender address rejected: Malformed DNS", "sender_domain"},
    {"Recipient address rejected: Domain not found", "recipient_domain"},
    {"cannot find your", "client_name"},
    {"Helo command rejected: Access denied", "access_table"},
    {"Helo command rejected", "helo"},
    {"Access denied", "access_table"},
    {"ize exceeds", "size"},
    {"nsufficient system storage", "storage"},
    {"pipelining", "pipelining"},
    {"STARTTLS", "tls_required"},
    {"Session encryption is required", "tls_required"},
    {"uthentication required", "auth_required"},
    {"too many", "too_many"},
    {"Multi-recipient bounce", "too_many"},
    {"rate limit", "rate_limit"},
    {"SPF", "policy"},
};

/// What stands between `from` and the next `to` behind it; "" when it is not there.
std::string_view between(std::string_view text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from);
  if (begin == std::string_view::npos) return {};
  const auto rest = text.substr(begin + from.size());
  const auto end = rest.find(to);
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

void set_client(Reject& reject, std::string_view client) {
  const auto bracket = client.find('[');
  reject.client_name = client.substr(0, bracket);
  if (bracket == std::string_view::npos) return;
  const auto rest = client.substr(bracket + 1);
  reject.client_address = rest.substr(0, rest.find(']'));
}

void set_reply(Reject& reject, std::string_view reply) {
  reject.reply = reply;
  const auto list = between(reply, "blocked using ", ";");
  if (!list.empty()) {
    reject.list = list;
  } else if (const auto at = reply.find("blocked using "); at != std::string_view::npos) {
    const auto name = reply.substr(at + 14);
    reject.list = name.substr(0, name.find(' '));
  }
}

/// "reject: RCPT from NAME[IP]: 554 5.7.1 TEXT; from=<S> to=<R> proto=ESMTP helo=<H>" behind the queue ID; cleanup has
/// the text at the end: "reject: header Subject: x from NAME[IP]; from=<S> to=<R> proto=ESMTP helo=<H>: 5.7.1 TEXT".
std::optional<Reject> parse_text(std::string_view text, bool is_milter) {
  // A client may say "; from=<" in what the reply repeats: the envelope is the last.
  auto envelope_at = text.rfind("; from=<");
  if (envelope_at == std::string_view::npos) envelope_at = text.rfind("; proto=");  // before MAIL
  const auto place = text.substr(0, envelope_at);
  const auto from = text.find(" from ");
  if (envelope_at == std::string_view::npos || from == std::string_view::npos || from > envelope_at)
    return std::nullopt;
  const auto envelope = text.substr(envelope_at);
  Reject reject;
  reject.stage = text.substr(0, text.find(' '));
  reject.sender = between(envelope, " from=<", ">");
  reject.recipient = between(envelope, " to=<", ">");
  reject.helo = between(envelope, " helo=<", ">");
  // At the very end, behind everything that a client may have said.
  if (const auto at = envelope.rfind(" ref="); at != std::string_view::npos)
    if (const auto reference = envelope.substr(at + 5); reference.find_first_of("<> ") == std::string_view::npos)
      reject.reference = reference;
  const bool is_content = reject.stage == "header" || reject.stage == "body";
  const auto client_at = is_content ? place.rfind(" from ") : from;
  const auto client = place.substr(client_at + 6);
  if (is_content) {
    set_client(reject, client);
    const auto said = envelope.rfind(">: ");
    set_reply(reject, said == std::string_view::npos ? std::string_view{} : envelope.substr(said + 3));
    reject.reason = "content";
    return reject;
  }
  const auto end = client.find("]:");
  const auto colon = end == std::string_view::npos ? client.find(": ") : client.find(": ", end);
  if (colon == std::string_view::npos) return std::nullopt;
  set_client(reject, client.substr(0, colon));
  set_reply(reject, client.substr(colon + 2));
  reject.reason = is_milter ? "milter" : reason_of_reply(reject.reply);
  return reject;
}

std::optional<Reject> parse_postfix(std::string_view line, std::time_t now) {
  // Behind "]: ", so that nothing that a client said is taken for it.
  const auto program_end = line.find("]: ");
  if (program_end == std::string_view::npos) return std::nullopt;
  auto text = line.substr(program_end + 3);
  const auto queue_id_end = text.find(": ");
  if (queue_id_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(queue_id_end + 2);
  const bool is_milter = text.starts_with("milter-reject: ");
  if (!is_milter && !text.starts_with("reject: ")) return std::nullopt;
  auto reject = parse_text(text.substr(is_milter ? 15 : 8), is_milter);
  const auto time = parse_log_time(line, now);
  if (!reject || !time) return reject;
  reject->when = line.substr(0, line[3] == ' ' ? 15 : 19);
  reject->time = time->time;
  reject->day = time->day;
  return reject;
}

std::optional<Reject> parse_json(std::string_view line, std::time_t now) {
  const auto object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto field = [&](const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto event = field("event");
  if (event != "reject" && event != "milter-reject") return std::nullopt;
  Reject reject;
  reject.stage = field("stage");
  set_client(reject, field("client"));
  set_reply(reject, field("reply"));
  reject.reason = field("reason");
  if (reject.reason.empty()) reject.reason = event == "reject" ? reason_of_reply(reject.reply) : "milter";
  reject.sender = field("sender");
  reject.recipient = field("recipient");
  reject.helo = field("helo");
  reject.reference = field("reference");
  const auto time_text = field("time");
  if (const auto time = parse_log_time(time_text, now)) {
    reject.when = time_text.substr(0, 19);
    reject.time = time->time;
    reject.day = time->day;
  }
  return reject;
}

}  // namespace

std::string_view reason_of_reply(std::string_view text) {
  for (const auto& sign : signs)
    if (text.find(sign.words) != std::string_view::npos) return sign.reason;
  return "restriction";
}

std::optional<Reject> parse_reject_line(std::string_view line, std::time_t now) {
  // Most lines of a log are about something else.
  if (line.find("reject") == std::string_view::npos) return std::nullopt;
  return line.starts_with('{') ? parse_json(line, now) : parse_postfix(line, now);
}

}  // namespace gateway::cli
