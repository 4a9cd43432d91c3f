#include "gateway/assembly/list_check.hpp"

#include <memory>
#include <vector>

#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

struct Canary {
  std::string_view name;  // in front of the zone
  std::string_view what;
  bool must_be_listed;
};

constexpr Canary address_canaries[] = {
    {"1.0.0.127", "127.0.0.1", false},
    {"2.0.0.127", "127.0.0.2", true},
    {"1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "::FFFF:7F00:1", false},
    {"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "::FFFF:7F00:2", true},
};
constexpr Canary name_canaries[] = {{"invalid", "INVALID", false}, {"test", "TEST", true}};

struct Seen {
  std::size_t open = 0, answered = 0;
  bool has_test_entry = false;
  std::string listed, strange, trouble;
  std::function<void(ListCheck)> done;
};

ListCheck verdict(const Seen& seen) {
  if (!seen.listed.empty())
    return {ListState::lists_everything, "lists " + seen.listed + ", which no list may: it lists everybody"};
  if (!seen.strange.empty()) return {ListState::refusing, "answers " + seen.strange + ", which is no listing"};
  if (seen.answered == 0) return {ListState::silent, "does not answer: " + seen.trouble};
  if (seen.has_test_entry) return {};
  return {ListState::no_test_entry, "does not list its test entry (RFC 5782)"};
}

void take(Seen& seen, const Canary& canary, const lookup::Answer& answer) {
  if (answer.is_unavailable()) {
    seen.trouble = answer.detail;
  } else {
    ++seen.answered;
    for (const auto& value : answer.values) {
      if (list_word(value) != ListWord::listing)
        seen.strange = value;
      else if (canary.must_be_listed)
        seen.has_test_entry = true;
      else
        seen.listed = canary.what;
    }
  }
  if (--seen.open == 0) seen.done(verdict(seen));
}

struct Retired {
  std::string_view zone;
  std::string_view what;
};

constexpr std::string_view shut_down = "was shut down", replaced = "is part of zen.spamhaus.org today";

constexpr Retired retired[] = {
    {"ahbl.org", "was shut down and lists everybody since 2015"},
    {"blackholes.us", shut_down},
    {"blackholes.easynet.nl", shut_down},
    {"blackholes.mail-abuse.org", shut_down},
    {"blackholes.wirehub.net", shut_down},
    {"bl.csma.biz", shut_down},
    {"cbl.abuseat.org", replaced},
    {"combined.njabl.org", shut_down},
    {"dnsbl.cyberlogic.net", shut_down},
    {"dsbl.org", shut_down},
    {"dul.ru", shut_down},
    {"mail-abuse.org", shut_down},
    {"njabl.org", shut_down},
    {"ordb.org", "was shut down and lists everybody since 2008"},
    {"osirusoft.com", shut_down},
    {"rfc-ignorant.org", shut_down},
    {"sbl-xbl.spamhaus.org", replaced},
    {"sorbs.net", "was shut down in 2024"},
    {"spamcannibal.org", "was shut down and lists everybody since 2018"},
    {"uribl.swinog.ch", shut_down},
    {"wpbl.info", shut_down},
};

}  // namespace

ListWord list_word(std::string_view value) {
  const auto address = lookup::parse_ip(value);
  if (!address || address->is_v6 || address->bytes[0] != 127) return ListWord::nonsense;
  if (address->bytes[1] == 255 && address->bytes[2] == 255) return ListWord::refusal;
  return ListWord::listing;
}

void check_list(lookup::Resolver& dns, const std::string& zone, ListSubjects subjects,
                std::function<void(ListCheck)> done) {
  std::vector<const Canary*> canaries;
  if (subjects.addresses || !subjects.names)
    for (const auto& canary : address_canaries) canaries.push_back(&canary);
  if (subjects.names)
    for (const auto& canary : name_canaries) canaries.push_back(&canary);
  const auto seen = std::make_shared<Seen>();
  seen->open = canaries.size();
  seen->done = std::move(done);
  for (const auto* canary : canaries)
    dns.ask(lookup::DnsType::a, std::string(canary->name) + "." + zone,
            [seen, canary](const lookup::DnsAnswer& answer) { take(*seen, *canary, answer.answer); });
}

std::string_view retired_list(std::string_view zone) {
  if (zone.ends_with('.')) zone.remove_suffix(1);
  for (const auto& each : retired) {
    if (zone.size() < each.zone.size()) continue;
    const auto tail = zone.substr(zone.size() - each.zone.size());
    const bool is_whole = tail.size() == zone.size() || zone[zone.size() - tail.size() - 1] == '.';
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
    if (is_whole && std::equal(tail.begin(), tail.end(), each.zone.begin(), same)) return each.what;
  }
  return {};
}

}  // namespace gateway
