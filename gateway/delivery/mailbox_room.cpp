#include "gateway/delivery/mailbox_room.hpp"

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "gateway/delivery/maildir_quota.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_questions = 1000;
constexpr std::size_t most_answers = 10000;
constexpr std::chrono::seconds lifetime{2};

std::uint64_t look(const MailboxRoom::Mailbox& mailbox) {
  const auto folder = open_maildir(mailbox.base, mailbox.path, CreateFolders::no, {});
  if (!folder) return folder.error() == ENOENT ? mailbox.quota : MailboxRoom::unknown;
  const auto used = MaildirQuota::used_in(*folder, mailbox.quota);
  return used < mailbox.quota ? mailbox.quota - used : 0;
}

}  // namespace

struct MailboxRoom::State {
  struct Question {
    Mailbox mailbox;
    std::function<void(std::uint64_t)> done;
  };
  struct Known {
    std::uint64_t quota = 0, room = 0;
    Clock::time_point until;
  };

  std::optional<std::uint64_t> find(const Mailbox& mailbox) const {
    const auto found = answers.find(mailbox.path);
    if (found == answers.end() || found->second.quota != mailbox.quota || found->second.until < Clock::now())
      return std::nullopt;
    return found->second.room;
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      arrived.wait(lock, [this] { return stopping || !questions.empty(); });
      if (stopping) return;
      const Mailbox mailbox = std::move(questions.front().mailbox);
      current = std::move(questions.front().done);
      questions.pop_front();
      auto room = find(mailbox);
      if (!room) {
        lock.unlock();
        room = look(mailbox);
        lock.lock();
        if (stopping) return;
        if (answers.size() >= most_answers) answers.clear();
        answers[mailbox.path] = {mailbox.quota, *room, Clock::now() + lifetime};
      }
      // Under the lock, so that nobody is called, and nothing of the asker is held, once the owner has gone.
      std::exchange(current, nullptr)(*room);
    }
  }

  mutable std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Question> questions;                  // guarded by mutex
  std::function<void(std::uint64_t)> current;      // guarded by mutex
  std::unordered_map<std::string, Known> answers;  // guarded by mutex
  bool stopping = false, running = false;          // guarded by mutex
};

MailboxRoom::MailboxRoom() : state_(std::make_shared<State>()) {}

MailboxRoom::~MailboxRoom() {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  state_->questions.clear();
  state_->current = nullptr;
  state_->arrived.notify_one();
}

std::optional<std::uint64_t> MailboxRoom::known(const Mailbox& mailbox) const {
  const std::lock_guard lock(state_->mutex);
  return state_->find(mailbox);
}

void MailboxRoom::ask(Mailbox mailbox, std::function<void(std::uint64_t)> done) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->questions.size() < most_questions) {
      state_->questions.push_back({std::move(mailbox), std::move(done)});
      // Nobody waits for it at the end: it may hang on a file server for as long as that is away.
      if (!std::exchange(state_->running, true)) std::thread([state = state_] { state->run(); }).detach();
      state_->arrived.notify_one();
      return;
    }
  }
  done(unknown);
}

}  // namespace gateway
