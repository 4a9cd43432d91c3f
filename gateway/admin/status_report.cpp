#include "gateway/admin/status_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gateway {

namespace {

using Json = nlohmann::json;

constexpr std::time_t day = 86400;

std::int64_t seconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Json domains_of(const QueueView& queue) {
  auto list = Json::array();
  for (const auto& domain : queue.domains)
    list.push_back({{"domain", domain.domain},
                    {"recipients", domain.recipients},
                    {"by_age", Json(std::vector<std::uint64_t>(std::begin(domain.by_age), std::end(domain.by_age)))},
                    {"oldest", seconds(domain.oldest)},
                    {"next_try", seconds(domain.next_try)},
                    {"reply", domain.last_reply}});
  return list;
}

Json messages_of(const QueueView& queue) {
  auto list = Json::array();
  for (const auto& message : queue.messages)
    list.push_back({{"id", message.id},
                    {"state", message.state},
                    {"sender", message.sender},
                    {"recipient", message.recipient},
                    {"recipients", message.recipients},
                    {"size", message.size},
                    {"attempts", message.attempts},
                    {"arrival", seconds(message.arrival)},
                    {"next_try", seconds(message.next_try)},
                    {"reply", message.last_reply}});
  return list;
}

Json rejects_of(const StatusReport& report) {
  auto list = Json::array();
  for (const auto& reject : report.rejects)
    list.push_back({{"time", reject.time},
                    {"client", reject.client},
                    {"stage", reject.stage},
                    {"reply", reject.reply},
                    {"reason", reject.reason},
                    {"meaning", meaning_of(reject.reason)},
                    {"sender", reject.sender},
                    {"recipient", reject.recipient}});
  return list;
}

Json directories_of(const StatusReport& report) {
  auto list = Json::array();
  for (const auto& directory : report.directories) {
    auto servers = Json::array();
    for (const auto& server : directory.servers) servers.push_back({{"name", server.name}, {"up", server.up}});
    list.push_back({{"name", directory.name},
                    {"servers", servers},
                    {"asked", directory.asked},
                    {"replica", directory.replica},
                    {"entries", directory.entries},
                    {"last_success", directory.last_success},
                    {"trouble", directory.trouble}});
  }
  return list;
}

Json history_of(const StatusReport& report) {
  auto list = Json::array();
  for (const auto& step : report.history)
    list.push_back({step.end, step.accepted, step.delivered, step.refused, step.bounced, step.deferred, step.sessions});
  return list;
}

}  // namespace

Flow judge_flow(const StatusReport& report) {
  const auto& status = report.status;
  if (!status.ready) return {"bad", "No mail is accepted: the gateway is starting or stopping."};
  for (const auto& directory : report.directories) {
    const bool has_servers = !directory.servers.empty() && directory.asked;
    const bool all_down = has_servers && std::none_of(directory.servers.begin(), directory.servers.end(),
                                                      [](const auto& server) { return server.up; });
    if (all_down && directory.replica.empty())
      return {"warning", fmt::format("No server of directory {} is connected.", directory.name)};
    if (directory.replica == "held" || directory.replica == "empty")
      return {"warning", fmt::format("The replica of directory {} is {}.", directory.name, directory.replica)};
  }
  for (const auto& certificate : report.certificates)
    if (certificate.end - static_cast<double>(report.now) < 14 * day)
      return {"warning", fmt::format("Certificate {} ends soon.", certificate.name)};
  double delivered = 0;
  for (const auto& step : report.history) delivered += step.delivered;
  const auto waiting = status.queue.queued;
  if (waiting >= 100 && delivered == 0)
    return {"bad", fmt::format("{} messages wait, and none was delivered in the last hour.", waiting)};
  if (!status.last_reload_ok) return {"warning", "The last reload was refused; the previous configuration is in use."};
  return {"good", waiting == 0 ? "Mail is flowing; nothing waits." : fmt::format("Mail is flowing; {} wait.", waiting)};
}

std::string_view meaning_of(std::string_view reason) {
  static constexpr std::pair<std::string_view, std::string_view> meanings[] = {
      {"unknown_recipient", "The domain is ours, the address is in none of its tables."},
      {"unknown_sender", "The sender claims a domain of ours, but no such address exists."},
      {"relay_denied", "The domain is not ours and the client may not relay."},
      {"dnsbl", "A DNS list names the client, its name or the sender's domain."},
      {"access_table", "An access table refuses it."},
      {"policy_service", "A policy service refuses it, or did not answer."},
      {"milter", "A content filter refuses it, or failed."},
      {"greylist", "First contact: a real server comes back."},
      {"rate_limit", "The client is over a limit of its listener."},
      {"helo", "The name in HELO is malformed, not fully qualified or unknown."},
      {"client_name", "The client's address has no name, or name and address do not agree."},
      {"sender_domain", "The sender's domain has neither MX nor address."},
      {"recipient_domain", "The recipient's domain has neither MX nor address."},
      {"non_fqdn", "An address or name is not fully qualified."},
      {"pipelining", "The client spoke before its turn, as bulk senders do."},
      {"tls_required", "The listener wants STARTTLS first."},
      {"auth_required", "The listener wants a login first."},
      {"sender_mismatch", "The login does not own the sender address."},
      {"size", "Larger than message_size_limit."},
      {"lookup_failed", "A table, directory or DNS server did not answer; the client tries again."},
      {"storage", "The mailbox or the queue's disk is full."},
      {"unverified_address", "The server that would take the address has not said yes."},
      {"syntax", "The command or the address is malformed."},
      {"too_many", "More recipients, hops or errors than the limits permit."},
      {"configuration", "The gateway's own configuration cannot be carried out: gatepost check --live."},
      {"restriction", "A plain reject or defer in a list of restrictions."},
      {"content", "The content was refused."},
  };
  for (const auto& [word, meaning] : meanings)
    if (word == reason) return meaning;
  return "";
}

std::string render_status_json(const StatusReport& report) {
  const auto& status = report.status;
  const auto flow = judge_flow(report);
  auto lists = Json::array(), certificates = Json::array();
  for (const auto& list : report.lists) lists.push_back({{"name", list.name}, {"up", list.up}});
  for (const auto& certificate : report.certificates)
    certificates.push_back({{"name", certificate.name}, {"end", static_cast<std::int64_t>(certificate.end)}});
  const Json object = {
      {"hostname", status.hostname},
      {"version", status.version},
      {"uptime", status.uptime},
      {"now", report.now},
      {"ready", status.ready},
      {"level", flow.level},
      {"sentence", flow.sentence},
      {"last_reload_ok", status.last_reload_ok},
      {"sessions", status.sessions},
      {"connections", status.connections_total},
      {"messages", status.messages_total},
      {"listeners", status.listeners},
      {"actions", report.actions},
      {"queue",
       {{"queued", status.queue.queued},
        {"hold", status.queue.hold},
        {"corrupt", status.queue.corrupt},
        {"bytes", status.queue.bytes},
        {"looked_at", report.queue.looked_at},
        {"is_whole", report.queue.is_whole},
        {"domains", domains_of(report.queue)},
        {"messages", messages_of(report.queue)}}},
      {"destinations", Json::parse(report.destinations.empty() ? "[]" : report.destinations, nullptr, false)},
      {"rejects", rejects_of(report)},
      {"directories", directories_of(report)},
      {"lists", lists},
      {"certificates", certificates},
      {"history", {{"step", History::step_seconds}, {"steps", history_of(report)}}}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string render_report_text(const StatusReport& report) {
  std::string text = judge_flow(report).sentence + "\n" + render_status_text(report.status);
  const auto row = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<18} {}\n", name, value);
  };
  for (const auto& directory : report.directories) {
    std::string words = directory.name + ":";
    for (const auto& server : directory.servers)
      words += fmt::format(" {} {},", server.name,
                           server.up         ? "connected"
                           : directory.asked ? "not connected"
                                             : "not asked yet");
    if (!directory.replica.empty())
      words += fmt::format(" replica {}, {} entries,", directory.replica, directory.entries);
    if (directory.servers.empty() && directory.replica.empty()) words += " a file,";
    words.pop_back();
    row("directory", words);
  }
  for (const auto& list : report.lists)
    if (!list.up) row("DNS list", list.name + ": switched off");
  for (const auto& certificate : report.certificates) {
    const auto left = (static_cast<std::time_t>(certificate.end) - report.now) / day;
    row("certificate", certificate.end == 0 ? certificate.name + ": cannot be read"
                                            : fmt::format("{}: {} days left", certificate.name, left));
  }
  return text;
}

}  // namespace gateway
