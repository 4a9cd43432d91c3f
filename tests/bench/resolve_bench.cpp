// Prints the processor time that one recipient takes through five maps in memory: resolve_bench [SECONDS].
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

#include "gateway/resolve/expansion.hpp"
#include "gateway/resolve/recipient_search.hpp"
#include "gateway/resolve/rewriting.hpp"
#include "lookup/open_table.hpp"

namespace {

using namespace gateway;

/// Processor time: other programs on the machine do not count.
std::chrono::nanoseconds spent() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

constexpr int entries = 1000;

/// A table "NAME0@example.com -> VALUE0@example.com" and so on.
AddressMaps table(const std::string& name, const std::string& value) {
  std::string text = "{";
  for (int i = 0; i < entries; ++i) text += fmt::format("{}{}@example.com={}{}@example.com,", name, i, value, i);
  text.back() = '}';
  auto opened = lookup::open_table(lookup::MapReference{"inline", text});
  if (!opened) std::abort();
  return {{name, opened->table, nullptr}};
}

}  // namespace

int main(int count, char** words) {
  const auto limit = std::chrono::seconds(count > 1 ? std::atoi(words[1]) : 3);
  auto config = std::make_shared<config::Config>();
  config->hostname = config->myorigin = "mx.example.com";
  config->mailboxes.base = "/srv/mail";
  config->recipient_delimiter = "+";
  config::Domain domain;
  domain.name = "example.com";
  domain.domain_class = config::DomainClass::virtual_mailbox;
  config->domains.push_back(domain);
  const auto rules = std::const_pointer_cast<AddressRules>(
      make_address_rules(config, [](const config::MapRefs&) { return AddressMaps{}; }));
  rules->recipient_canonical = table("old", "user");
  rules->canonical = table("other", "user");
  rules->virtual_aliases = table("user", "person");
  rules->relocated = table("gone", "far");
  rules->domains["example.com"].mailboxes = table("person", "home");

  std::uint64_t done = 0;
  const auto begin = spent();
  while (spent() - begin < limit) {
    for (int round = 0; round < 100; ++round) {
      Resolution resolution;
      lookup::Address address{fmt::format("old{}+tag", done % entries), "example.com"};
      const auto rewritten = rewrite_envelope_address(resolution, *rules, address, Services::Role::recipient);
      Envelope envelope;
      envelope.sender = {"sender", "far.example"};
      envelope.recipients.emplace_back().address = **rewritten;
      const auto expanded = expand_recipients(resolution, *rules, envelope, {});
      if (!expanded || !*expanded || (*expanded)->deliveries.front().kind != Delivery::Kind::maildir) std::abort();
      ++done;
    }
  }
  const std::chrono::duration<double, std::micro> took = spent() - begin;
  fmt::print("{:.2f} microseconds a recipient, from RCPT's address to its Maildir, through five maps\n",
             took.count() / static_cast<double>(done));
}
