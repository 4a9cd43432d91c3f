#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/answer.hpp"

namespace policy {

/// What judge() may need to know from outside.
enum class Ask : std::uint8_t {
  table,  // where = map reference, key = the one key to look up
  dns_a,  // key = name; values = addresses
  dns_aaaa,
  dns_mx,  // values = "10 host"
  dns_ns,
  dns_txt,
  dnsbl,             // where = zone, key = full query name; values = addresses, guarded (health, 127/8) by the gateway
  recipient_listed,  // key = address; found when the recipient exists in the tables of its class
  sender_listed,     // key = address; the same for a sender of ours
  sender_login,      // key = address; values = the logins that own it
  policy_service,    // where = server, key = the whole request; values[0] = action
  verify_recipient,  // key = address; call-ahead probe: found = deliverable, absent = refused (detail = reply)
  verify_sender,
  rate,      // where = counter, key = subject
  greylist,  // key = triplet; found = known, absent = must wait
};

struct Question {
  Ask ask{};
  std::string where;
  std::string key;

  bool operator==(const Question&) const = default;
};

/// The answers so far of one transaction. Linear search: a chain asks few dozen questions at most.
class Answers {
 public:
  /// nullptr when the question was not answered yet.
  const lookup::Answer* find(Ask ask, std::string_view where, std::string_view key) const;
  void add(Question question, lookup::Answer answer);
  void clear() { known_.clear(); }
  std::size_t size() const { return known_.size(); }

  struct Known {
    Question question;
    lookup::Answer answer;
  };
  const std::vector<Known>& all() const { return known_; }

 private:
  std::vector<Known> known_;
};

}  // namespace policy
