#include "gateway/admin/status_page.hpp"

namespace gateway {

namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> rows(const Status& status) {
  std::vector<std::pair<std::string, std::string>> rows = {
      {"state", status.ready ? "accepting mail" : "not ready"},
      {"version", status.version},
      {"up", status.uptime},
      {"configuration", status.last_reload_ok ? "current" : "the last reload was refused; the old one is in use"},
      {"sessions", fmt::format("{} now, {} since the start", status.sessions, status.connections_total)},
      {"messages accepted", std::to_string(status.messages_total)},
      {"queue", fmt::format("{} queued, {} on hold, {} corrupt, {} KiB", status.queue.queued, status.queue.hold,
                            status.queue.corrupt, (status.queue.bytes + 1023) / 1024)},
  };
  for (const auto& listener : status.listeners) rows.emplace_back("listener", listener);
  return rows;
}

}  // namespace

std::string render_status_text(const Status& status) {
  std::string text = "gatepost on " + status.hostname + "\n";
  for (const auto& [name, value] : rows(status)) text += fmt::format("  {:<18} {}\n", name, value);
  return text;
}

std::string render_status_page(const Status& status) {
  std::string page = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"10\"><title>Gatepost on {0}</title><style>"
      "body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:44rem;padding:0 1rem}}"
      "table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;padding:.3rem .6rem;border-bottom:1px solid "
      "#ddd}}"
      "th{{width:11rem;font-weight:600}}.ok{{color:#176b2c}}.bad{{color:#a11}}</style></head><body>"
      "<h1>Gatepost on {0}</h1><p class=\"{1}\">{2}</p><table>",
      escape_html(status.hostname), status.ready ? "ok" : "bad", status.ready ? "Mail is accepted." : "Not ready.");
  for (const auto& [name, value] : rows(status))
    page += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape_html(name), escape_html(value));
  return page + "</table><p><a href=\"/metrics\">Metrics</a></p></body></html>\n";
}

}  // namespace gateway
