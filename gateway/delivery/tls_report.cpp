#include "gateway/delivery/tls_report.hpp"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "gateway/delivery/peer_commands.hpp"

namespace gateway {

namespace {

constexpr std::size_t most_addresses = 5, most_details = 1000;
constexpr std::int64_t day_length = 86400;

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::string time_text(std::int64_t seconds, const char* format) {
  const std::time_t when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

std::optional<std::string> gzip(const std::string& octets) {
  constexpr int gzip_window = 15 + 16;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return std::nullopt;
  std::string result(deflateBound(&stream, octets.size()), '\0');
  std::string input = octets;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int code = deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return std::nullopt;
  return result;
}

std::string report_id(const TlsReportFrame& frame) {
  return fmt::format("{}.{}@{}", frame.day, frame.domain, frame.hostname);
}

/// Base64 in lines of 76.
void append_folded(const std::string& octets, std::string& out) {
  constexpr std::size_t width = 76;
  const std::string text = encode_base64(octets);
  for (std::size_t at = 0; at < text.size(); at += width) out += text.substr(at, width) + "\r\n";
}

}  // namespace

void TlsTally::add(const TlsResult& result) {
  policy = result.policy;
  mx_hosts = result.mx_hosts;
  if (result.failure == TlsFailure::none) {
    ++successes;
    return;
  }
  ++failures;
  Place place{std::string(to_string(result.failure)), result.host, result.address, result.sending_address};
  const auto known = details.find(place);
  if (known != details.end()) {
    ++known->second;
  } else if (details.size() < most_details) {
    details.emplace(std::move(place), 1);
  }
}

std::vector<std::string> parse_report_addresses(std::string_view txt) {
  std::vector<std::string> found;
  bool first = true;
  while (!txt.empty()) {
    const std::size_t end = txt.find(';');
    std::string_view field = trim(txt.substr(0, end));
    txt.remove_prefix(end == std::string_view::npos ? txt.size() : end + 1);
    if (std::exchange(first, false)) {
      if (field != "v=TLSRPTv1") return {};
      continue;
    }
    if (!field.starts_with("rua=")) continue;
    field.remove_prefix(4);
    while (!field.empty() && found.size() < most_addresses) {
      const std::size_t comma = field.find(',');
      std::string_view uri = trim(field.substr(0, comma));
      field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
      if (!uri.starts_with("mailto:")) continue;
      uri.remove_prefix(7);
      const auto address = lookup::parse_address(uri, lookup::AllowUtf8::no);
      if (address && !address->domain.empty()) found.emplace_back(uri);
    }
  }
  return found;
}

std::string write_tls_report(const TlsReportFrame& frame, const TlsTallies& tallies) {
  const std::int64_t start = frame.day * day_length;
  nlohmann::json report;
  report["organization-name"] = frame.organization;
  report["date-range"] = {{"start-datetime", time_text(start, "%Y-%m-%dT%H:%M:%SZ")},
                          {"end-datetime", time_text(start + day_length - 1, "%Y-%m-%dT%H:%M:%SZ")}};
  report["contact-info"] = frame.contact;
  report["report-id"] = report_id(frame);
  report["policies"] = nlohmann::json::array();
  for (const auto& [type, tally] : tallies) {
    nlohmann::json entry;
    entry["policy"] = {{"policy-type", type}, {"policy-domain", frame.domain}};
    if (!tally.policy.empty()) entry["policy"]["policy-string"] = tally.policy;
    if (!tally.mx_hosts.empty()) entry["policy"]["mx-host"] = tally.mx_hosts;
    entry["summary"] = {{"total-successful-session-count", tally.successes},
                        {"total-failure-session-count", tally.failures}};
    nlohmann::json details = nlohmann::json::array();
    for (const auto& [place, count] : tally.details) {
      nlohmann::json detail{{"result-type", std::get<0>(place)}, {"failed-session-count", count}};
      if (!std::get<3>(place).empty()) detail["sending-mta-ip"] = std::get<3>(place);
      if (!std::get<1>(place).empty()) detail["receiving-mx-hostname"] = std::get<1>(place);
      if (!std::get<2>(place).empty()) detail["receiving-ip"] = std::get<2>(place);
      details.push_back(std::move(detail));
    }
    if (!details.empty()) entry["failure-details"] = std::move(details);
    report["policies"].push_back(std::move(entry));
  }
  return report.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<Report> compose_tls_report(const TlsReportFrame& frame, const TlsTallies& tallies, const std::string& to,
                                         SystemTime now) {
  const auto packed = gzip(write_tls_report(frame, tallies));
  if (!packed) return std::nullopt;
  Report report;
  Envelope& envelope = report.envelope;
  envelope.id = next_message_id();
  envelope.arrival = now;
  envelope.sender = lookup::split_address(frame.contact);
  EnvelopeRecipient recipient;
  recipient.address = lookup::split_address(to);
  envelope.recipients.push_back(std::move(recipient));
  // RFC 8460 5.3: a report on TLS that fails must get through all the same.
  envelope.tls_not_required = true;

  const std::int64_t start = frame.day * day_length;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::string id = to_string(envelope.id), date = time_text(seconds, "%a, %d %b %Y %H:%M:%S +0000");
  const std::string boundary = id + "/" + frame.hostname;
  const std::string file =
      fmt::format("{}!{}!{}!{}!001.json.gz", frame.hostname, frame.domain, start, start + day_length - 1);
  std::string& out = report.content;
  out = "Received: by " + frame.hostname + " (Gatepost)\r\n\tid " + id + "; " + date + "\r\n";
  out += "Date: " + date + "\r\nFrom: " + frame.contact + "\r\nTo: " + to + "\r\n";
  out += "Subject: Report Domain: " + frame.domain + " Submitter: " + frame.hostname + "\r\n\tReport-ID: <" +
         report_id(frame) + ">\r\n";
  out += "TLS-Report-Domain: " + frame.domain + "\r\nTLS-Report-Submitter: " + frame.hostname + "\r\n";
  out += "TLS-Required: No\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  out += "Message-Id: <" + id + "@" + frame.hostname + ">\r\n";
  out += "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n\tboundary=\"" + boundary + "\"\r\n\r\n";
  out += "--" + boundary + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
  out += "This is a report about TLS with the mail servers of " + frame.domain + ", as RFC 8460 has it.\r\n\r\n";
  out += "--" + boundary + "\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n";
  out += "Content-Disposition: attachment;\r\n\tfilename=\"" + file + "\"\r\n\r\n";
  append_folded(*packed, out);
  out += "\r\n--" + boundary + "--\r\n";
  envelope.size = out.size();
  return report;
}

}  // namespace gateway
