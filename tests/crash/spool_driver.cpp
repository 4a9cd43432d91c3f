// Works on a spool until it is done or dies, and says on standard output what it was promised:
//   spool_driver DIRECTORY life          one small and one large message through all of their states, then a check
//   spool_driver DIRECTORY load SEED     many messages from several threads, for ever
//   spool_driver DIRECTORY check         every message as "have ID STATE ATTEMPTS", after comparing its content
// Each line is written by one call: "stored ID", "updated ID", "held ID", "removing ID", "removed ID", "failed
// STEP".
#include <fmt/core.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <random>
#include <thread>

#include "gateway/spool/spool.hpp"

namespace {

using namespace gateway;

// By writev(), which the spool does not use: errors injected into write() are for content files alone.
void say(const std::string& line) {
  std::string text = line + "\n";
  const iovec piece{text.data(), text.size()};
  if (::writev(STDOUT_FILENO, &piece, 1) < 0) std::_Exit(9);
}

// The content can be told from the ID, so that nothing but the ID must be remembered.
std::string content_of(MessageId id, std::size_t size) {
  std::string content = to_string(id) + " " + std::to_string(size) + "\r\n";
  std::mt19937_64 random(id.value);
  while (content.size() < size) {
    const auto word = random();
    content.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  content.resize(size);
  return content;
}

Envelope envelope_of(MessageId id) {
  Envelope envelope;
  envelope.id = id;
  envelope.arrival = envelope.next_try = SystemTime{std::chrono::microseconds{id.value}};
  envelope.sender = {"lea", "example.org"};
  envelope.recipients.push_back({{"max", "example.com"}});
  return envelope;
}

bool store(Spool& spool, MessageId id, std::size_t size) {
  auto writer = spool.new_content(id);
  if (!writer->append(content_of(id, size))) return say("failed store"), false;
  std::promise<bool> result;
  spool.store(envelope_of(id), std::move(writer), [&](auto stored) {
    if (stored) say("stored " + to_string(id));
    result.set_value(stored.has_value());
  });
  const bool stored = result.get_future().get();
  if (!stored) say("failed store");
  return stored;
}

bool change(Spool& spool, const std::string& word, Change change) {
  std::promise<bool> result;
  const MessageId id = change.id;
  spool.apply({std::move(change)}, [&](auto applied) {
    if (applied) say(word + " " + to_string(id));
    result.set_value(applied.has_value());
  });
  const bool applied = result.get_future().get();
  if (!applied) say("failed " + word);
  return applied;
}

bool update(Spool& spool, MessageId id) {
  const auto envelope = spool.find(id);
  if (!envelope) return false;
  AttemptResult result;
  result.recipients.push_back({0, RecipientState::pending, "connection refused", "4.4.1"});
  result.ended = true;
  result.began_from = result.next_try = envelope->next_try;
  return change(spool, "updated", {id, std::move(result)});
}

bool hold(Spool& spool, MessageId id) {
  return change(spool, "held", {id, QueueOrder{QueueVerb::hold, {}}});
}

bool remove(Spool& spool, MessageId id) {
  say("removing " + to_string(id));
  return change(spool, "removed", {id, Removal{}});
}

int live(Spool& spool) {
  std::vector<MessageId> ids;
  for (const std::size_t size : {std::size_t{3000}, std::size_t{300000}, std::size_t{2000}, std::size_t{250000}}) {
    const MessageId id = next_message_id();
    if (store(spool, id, size)) ids.push_back(id);
  }
  for (const auto id : ids) update(spool, id);
  if (ids.size() > 1) hold(spool, ids[1]);
  for (std::size_t i = 0; i + 2 < ids.size(); ++i) remove(spool, ids[i]);
  // The spool must come back by itself after an error, within some seconds.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!store(spool, next_message_id(), 1000)) {
    if (std::chrono::steady_clock::now() > end) return 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return 0;
}

void load(Spool& spool, std::uint64_t seed) {
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t)
    threads.emplace_back([&spool, seed, t] {
      std::mt19937_64 random(seed * 100 + t);
      for (;;) {
        const MessageId id = next_message_id();
        if (!store(spool, id, random() % 8 == 0 ? 140000 + random() % 100000 : 100 + random() % 20000)) continue;
        if (random() % 3 == 0 && update(spool, id) && random() % 2 == 0) hold(spool, id);
        if (random() % 2 == 0) remove(spool, id);
      }
    });
  for (auto& thread : threads) thread.join();
}

int check(Spool& spool) {
  int code = 0;
  std::uint64_t count = 0;
  spool.for_each([&](const Envelope& envelope) {
    ++count;
    std::string text(envelope.size, '\0');
    const auto content = spool.open_content(envelope);
    std::int64_t got = 0;
    for (std::size_t at = 0; content && at < text.size(); at += static_cast<std::size_t>(got)) {
      got = content->read(at, text.data() + at, text.size() - at);
      if (got <= 0) break;
    }
    const bool sound = envelope.state != MessageState::corrupt && content && content->size() == envelope.size &&
                       text == content_of(envelope.id, envelope.size);
    if (!sound) {
      say("torn " + to_string(envelope.id));
      code = 1;
    }
    say(fmt::format("have {} {} {}", to_string(envelope.id), envelope.state == MessageState::hold ? "hold" : "queued",
                    envelope.attempts));
    return true;
  });
  const auto totals = spool.totals();
  if (totals.queued + totals.hold + totals.corrupt != count) {
    say("totals do not match");
    code = 1;
  }
  return code;
}

}  // namespace

int main(int count, char** values) {
  if (count < 3) return 64;
  const std::string verb = values[2];
  SpoolOptions options;
  options.directory = values[1];
  options.map_size = std::uint64_t{1} << 30;
  auto spool = open_spool(options);
  if (!spool) {
    fmt::print(stderr, "{}\n", spool.error());
    return 3;
  }
  say("open");
  int code = 0;
  if (verb == "life")
    code = live(**spool);
  else if (verb == "load")
    load(**spool, count > 3 ? std::strtoull(values[3], nullptr, 10) : 1);
  else
    code = check(**spool);
  (*spool)->close();
  say("closed");
  return code;
}
