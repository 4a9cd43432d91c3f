// Prints what a replica costs and how fast it answers: replica_bench [ENTRIES] [PRESET].
#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <random>

#include "lookup/replica_content.hpp"
#include "lookup/replica_record.hpp"
#include "lookup/store_answers.hpp"

namespace {

/// Processor time of this thread: what other programs of the machine do is left out as far as it can be.
double seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Octets that the program holds.
double held() {
  const auto state = mallinfo2();
  return static_cast<double>(state.uordblks + state.hblkhd);
}

/// A mail user as directories have them: about 350 octets.
lookup::Entry person(std::size_t number) {
  const auto uid = fmt::format("user{:07}", number);
  lookup::Entry entry;
  entry.name = fmt::format("uid={},ou=People,dc=example,dc=com", uid);
  for (const auto* name : {"inetOrgPerson", "posixAccount", "inetLocalMailRecipient"}) entry.add("objectClass", name);
  entry.add("uid", uid);
  entry.add("uidNumber", std::to_string(10'000 + number));
  entry.add("gidNumber", "5000");
  entry.add("homeDirectory", fmt::format("/home/vmail/example.com/{}/", uid));
  entry.add("mailLocalAddress", uid + "@example.com");
  entry.add("mailLocalAddress", fmt::format("first.last{}@example.com", number));
  return entry;
}

void measure(const char* what, lookup::StoreAnswers& answers, const std::vector<lookup::Address>& questions,
             lookup::Answer::Kind expected) {
  constexpr int rounds = 5;
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto start = seconds();
    for (const auto& question : questions) {
      if (answers.recipient(question).kind == expected) continue;
      fmt::print(stderr, "wrong answer for {}\n", question.local);
      std::exit(1);
    }
    best = std::min(best, (seconds() - start) / static_cast<double>(questions.size()));
  }
  fmt::print("{:32} {:8.2f} us\n", what, best * 1e6);
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t entries = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1'000'000;
  auto preset = lookup::find_preset(count > 2 ? arguments[2] : "inet-local-mail-recipient");
  if (!preset || entries == 0) return 64;
  const auto layout = std::make_shared<const lookup::Layout>(std::move(*preset), "dc=example,dc=com",
                                                             std::vector<std::string>{"mx.example.com"});
  const auto before = held();
  lookup::ReplicaContent content;
  for (std::size_t i = 0; i < entries; ++i) {
    const auto number = fmt::format("{:016}", i);  // as long as an entryUUID
    content.put(number, lookup::encode_entry(person(i)));
  }
  const auto followed = held();
  auto indexed = layout->indexed();
  for (const auto* name : {"mail", "uid", "cn", "mailLocalAddress"}) indexed.emplace_back(name);
  const auto start = seconds();
  const auto built = content.build(*layout, indexed);
  const auto packing = seconds() - start;
  const auto packed = held();
  const auto each = [&](double octets) { return octets / static_cast<double>(entries); };
  fmt::print("{} entries\n", entries);
  fmt::print("{:32} {:8.0f} octets an entry\n", "to follow the server", each(followed - before));
  fmt::print("{:32} {:8.0f} octets an entry\n", "to answer", each(packed - followed));
  fmt::print("{:32} {:8.2f} s\n", "packing", packing);

  lookup::StoreAnswers answers(layout, built.store);
  std::minstd_rand random(1);
  std::vector<lookup::Address> known, unknown;
  for (int i = 0; i < 200'000; ++i) {
    known.push_back({fmt::format("First.Last{}", random() % entries), "example.com"});
    unknown.push_back({fmt::format("nobody{}", random()), "example.com"});
  }
  measure("a known recipient", answers, known, lookup::Answer::Kind::found);
  measure("an unknown recipient", answers, unknown, lookup::Answer::Kind::absent);
  return 0;
}
