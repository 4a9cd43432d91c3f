#include <fmt/core.h>

#include <charconv>

#include "policy/item_words.hpp"
#include "policy/rule_parser.hpp"

// The arguments of restrictions: tables, zones, servers, numbers.
//
// reject_dnsbl_score THRESHOLD ZONE[=FILTER][*WEIGHT] ... is Gatepost's own verb, after postscreen's scoring. All zones
// are asked at once, the weights of those that list the client are added (default 1, negative for lists of good
// clients), and the client is refused when the sum reaches the threshold. A list that does not answer counts nothing,
// one with a negative weight counts as if it listed the client.
//
//   reject_dnsbl_score 8 zen.spamhaus.org=127.0.0.[2..11]*5 bl.mailspike.net*3 list.dnswl.org=127.0.[2..15].[1..3]*-4

namespace policy {

namespace {

std::optional<int> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// What a pasted line may hold behind a threshold: "zone*2", "zone=filter*-1"; verbs have neither dot nor star.
bool is_weighted_zone(std::string_view word) {
  return word.find_first_of(".*") != std::string_view::npos;
}

std::optional<std::chrono::seconds> duration_in(std::string_view text) {
  int unit = 1;
  if (text.empty()) return std::nullopt;
  switch (text.back()) {
    case 's':
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86400;
      break;
    default:
      unit = 0;
  }
  const auto number = number_in(unit == 0 ? text : text.substr(0, text.size() - 1));
  if (!number || *number < 0 || *number > 1000000) return std::nullopt;
  return std::chrono::seconds(*number) * (unit == 0 ? 1 : unit);
}

/// Reads "zone", "zone=filter"; nullopt when either is malformed.
std::optional<ListedZone> listed_zone(std::string_view word) {
  ListedZone listed;
  listed.text = std::string(word);
  const auto equals = word.find('=');
  listed.zone = std::string(word.substr(0, equals));
  if (listed.zone.ends_with('.')) listed.zone.pop_back();
  if (listed.zone.empty() || listed.zone.size() > 200 || listed.zone.front() == '.' ||
      listed.zone.find_first_of("/:{}[]*@<>") != std::string::npos)
    return std::nullopt;
  if (equals == std::string_view::npos) return listed;
  const auto filter = DnsblFilter::parse(word.substr(equals + 1));
  if (!filter) return std::nullopt;
  listed.filter = *filter;
  return listed;
}

}  // namespace

bool RuleParser::parse_argument(Argument kind, const std::vector<std::string_view>& words, std::size_t& at,
                                const RulePlace& place, Restriction& restriction) {
  if (kind == Argument::none) return true;
  const auto verb = words[at - 1];
  if (at == words.size()) {
    static constexpr std::string_view needs[] = {"nothing",
                                                 "a table",
                                                 "a table",
                                                 "a zone",
                                                 "a server (inet:HOST:PORT or unix:PATH)",
                                                 "a number of seconds",
                                                 "a threshold and weighted zones (10 zen.example*8)"};
    add(place, Severity::error, fmt::format("'{}' needs {}", verb, needs[static_cast<std::size_t>(kind)]));
    return false;
  }
  if (kind == Argument::score) return parse_score(words, at, place, restriction);
  const auto word = words[at++];
  switch (kind) {
    case Argument::table:
      return parse_table(word, place, restriction);
    case Argument::certificate_table:
      return parse_certificate_table(word, place, restriction);
    case Argument::zone:
      return parse_zone(word, place, restriction);
    case Argument::server:
      return parse_server(word, place, restriction);
    default:
      break;
  }
  const auto seconds = number_in(word);
  if (!seconds || *seconds < 0 || *seconds > 3600) {
    add(place, Severity::error, fmt::format("'sleep' needs a number of seconds from 0 to 3600, not '{}'", word));
    return false;
  }
  restriction.number = *seconds;
  return true;
}

bool RuleParser::parse_table(std::string_view word, const RulePlace& place, Restriction& restriction) {
  const auto& whole = rules_.texts_.whole_key_tables;
  if (!target_ || word.empty() || word.front() == '{' || word.front() == ':') {
    add(place, Severity::error, fmt::format("'{}' is not a table: write a name from tables:, or TYPE:ARGUMENT", word));
    return false;
  }
  if (find_verb(word)) {
    add(place, Severity::error, fmt::format("a table is missing in front of '{}'", word));
    return false;
  }
  restriction.argument = std::string(word);
  restriction.whole_key = word.starts_with("pcre:") || word.starts_with("regexp:") || word.starts_with("cidr:") ||
                          whole.count(restriction.argument) > 0;
  return true;
}

bool RuleParser::parse_certificate_table(std::string_view word, const RulePlace& place, Restriction& restriction) {
  const auto parts = split_braced(word);
  if (!parts || parts->empty()) {
    add(place, Severity::error, "check_ccert_access needs a table");
    return false;
  }
  restriction.certificate_keys = {CertificateKey::cert_fingerprint, CertificateKey::pubkey_fingerprint};
  for (std::size_t i = 1; i < parts->size(); ++i) {
    const auto setting = parse_setting((*parts)[i]);
    if (setting.name != "search_order" || !setting.has_value) {
      add(place, Severity::error, fmt::format("'{}': only search_order may follow the table", (*parts)[i]));
      return false;
    }
    restriction.certificate_keys.clear();
    const auto keys = split_words(setting.value);
    if (!keys) return false;
    for (const auto key : *keys) {
      if (key == "cert_fingerprint") {
        restriction.certificate_keys.push_back(CertificateKey::cert_fingerprint);
      } else if (key == "pubkey_fingerprint") {
        restriction.certificate_keys.push_back(CertificateKey::pubkey_fingerprint);
      } else {
        add(place, Severity::error,
            fmt::format("search_order takes cert_fingerprint and pubkey_fingerprint, not '{}'", key));
        return false;
      }
    }
  }
  return parse_table(parts->front(), place, restriction);
}

bool RuleParser::parse_zone(std::string_view word, const RulePlace& place, Restriction& restriction) {
  auto zone = listed_zone(word);
  if (!zone) {
    add(place, Severity::error,
        fmt::format("'{}' is not a DNS list: write ZONE or ZONE=FILTER, as in zen.example=127.0.0.[2..11]", word));
    return false;
  }
  restriction.zones.push_back(std::move(*zone));
  return true;
}

bool RuleParser::parse_score(const std::vector<std::string_view>& words, std::size_t& at, const RulePlace& place,
                             Restriction& restriction) {
  const auto threshold = number_in(words[at++]);
  bool is_good = threshold && *threshold > 0;
  if (!is_good) add(place, Severity::error, "reject_dnsbl_score needs a threshold above 0 in front of its zones");
  restriction.number = threshold.value_or(1);
  for (; at < words.size() && is_weighted_zone(words[at]); ++at) {
    const auto star = words[at].rfind('*');
    auto zone = listed_zone(words[at].substr(0, star));
    const auto weight = star == std::string_view::npos ? std::optional<int>(1) : number_in(words[at].substr(star + 1));
    if (!zone || !weight || *weight < -1000 || *weight > 1000) {
      add(place, Severity::error, fmt::format("'{}' is not ZONE[=FILTER][*WEIGHT]", words[at]));
      is_good = false;
      continue;
    }
    zone->weight = *weight;
    restriction.zones.push_back(std::move(*zone));
  }
  if (is_good && restriction.zones.empty()) {
    add(place, Severity::error, "reject_dnsbl_score needs at least one zone");
    is_good = false;
  }
  return is_good;
}

bool RuleParser::parse_server(std::string_view word, const RulePlace& place, Restriction& restriction) {
  const auto parts = split_braced(word);
  if (!target_ || !parts || parts->empty() || parts->front().find(':') == std::string_view::npos) {
    add(place, Severity::error, "check_policy_service needs a server: inet:HOST:PORT or unix:PATH");
    return false;
  }
  PolicyServiceUse service;
  service.server = std::string(parts->front());
  service.place = place;
  for (std::size_t i = 1; i < parts->size(); ++i)
    if (!parse_service_setting((*parts)[i], place, service)) return false;
  restriction.argument = service.server;
  restriction.index = rules_.policy_services_.size();
  target_->policy_services_.push_back(std::move(service));
  return true;
}

bool RuleParser::parse_service_setting(std::string_view word, const RulePlace& place, PolicyServiceUse& service) {
  const auto setting = parse_setting(word);
  const auto duration = duration_in(setting.value);
  const auto number = number_in(setting.value);
  bool is_good = setting.has_value;
  if (setting.name == "timeout" && duration) {
    service.timeout = *duration;
  } else if (setting.name == "retry_delay" && duration) {
    service.retry_delay = *duration;
  } else if (setting.name == "try_limit" && number && *number > 0) {
    service.try_limit = *number;
  } else if (setting.name == "default_action" && !setting.value.empty()) {
    service.default_action = std::string(setting.value);
  } else if (setting.name == "policy_context") {
    service.context = std::string(setting.value);
  } else if (setting.name == "max_idle" || setting.name == "max_ttl" || setting.name == "request_limit") {
    add(place, Severity::note, fmt::format("'{}' of a policy service is not needed here", setting.name));
  } else {
    is_good = false;
  }
  if (!is_good)
    add(place, Severity::error,
        fmt::format("'{}': a policy service takes timeout, retry_delay, try_limit, default_action, policy_context",
                    word));
  return is_good;
}

}  // namespace policy
