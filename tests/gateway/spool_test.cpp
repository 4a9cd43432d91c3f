#include "gateway/spool/spool.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "gateway/spool/environment.hpp"
#include "gateway/spool/tables.hpp"

namespace gateway {
namespace {

using std::chrono::microseconds;
namespace fs = std::filesystem;

SystemTime at(std::int64_t seconds) {
  return SystemTime{std::chrono::seconds{seconds}};
}

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    char name[] = "/tmp/gatepost-spool-XXXXXX";
    base_ = mkdtemp(name);
    options_.directory = base_ + "/queue";
    options_.map_size = std::uint64_t{1} << 30;
    options_.inline_limit = 10000;
    options_.warn = [this](const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      warnings_ += sentence + "\n";
    };
  }
  ~SpoolTest() override {
    spool_.reset();
    fs::remove_all(base_);
  }

  void open() {
    spool_.reset();
    auto opened = open_spool(options_);
    ASSERT_TRUE(opened) << opened.error();
    spool_ = std::move(*opened);
  }

  static Envelope envelope(MessageId id, SystemTime next_try = at(1000)) {
    Envelope envelope;
    envelope.id = id;
    envelope.arrival = SystemTime{microseconds{id.value}};
    envelope.next_try = next_try;
    envelope.sender = {"lea", "example.org"};
    envelope.recipients.push_back({{"max", "example.com"}});
    return envelope;
  }

  tl::expected<StoredMessage, SpoolError> store(std::string_view content, Envelope envelope) {
    auto writer = spool_->new_content(envelope.id);
    for (std::size_t i = 0; i < content.size(); i += 3000)
      if (auto appended = writer->append(content.substr(i, 3000)); !appended) return tl::unexpected(appended.error());
    std::promise<tl::expected<StoredMessage, SpoolError>> result;
    spool_->store(std::move(envelope), std::move(writer),
                  [&result](auto stored) { result.set_value(std::move(stored)); });
    return result.get_future().get();
  }

  MessageId store_one(std::string_view content = "Subject: hi\r\n\r\nho\r\n", SystemTime next_try = at(1000)) {
    const MessageId id = next_message_id();
    EXPECT_TRUE(store(content, envelope(id, next_try)));
    return id;
  }

  /// Stores so many at a time, as many sessions do.
  std::vector<MessageId> store_many(std::size_t count, std::string_view content) {
    std::vector<MessageId> ids;
    std::atomic<std::size_t> left{count};
    std::promise<void> over;
    for (std::size_t i = 0; i < count; ++i) {
      const MessageId id = ids.emplace_back(next_message_id());
      auto writer = spool_->new_content(id);
      EXPECT_TRUE(writer->append(content));
      spool_->store(envelope(id), std::move(writer), [&](auto stored) {
        EXPECT_TRUE(stored);
        if (--left == 0) over.set_value();
      });
    }
    over.get_future().wait();
    return ids;
  }

  static AttemptResult attempt_of(std::string reply, SystemTime next_try) {
    AttemptResult result;
    result.recipients.push_back({0, RecipientState::pending, std::move(reply), "4.4.1"});
    result.ended = true;
    result.began_from = at(1000);
    result.next_try = next_try;
    return result;
  }

  static std::vector<Change> removal_of(const std::vector<MessageId>& ids) {
    std::vector<Change> changes;
    for (const auto id : ids) changes.push_back({id, Removal{}});
    return changes;
  }

  tl::expected<void, SpoolError> apply(std::vector<Change> changes) {
    std::promise<tl::expected<void, SpoolError>> result;
    spool_->apply(std::move(changes), [&result](auto applied) { result.set_value(applied); });
    return result.get_future().get();
  }

  std::string read(const Envelope& envelope) {
    const auto content = spool_->open_content(envelope);
    if (!content) return "(no content)";
    std::string text(content->size(), '\0');
    for (std::size_t got = 0; got < text.size();) {
      const auto more = content->read(got, text.data() + got, text.size() - got);
      if (more <= 0) return "(unreadable)";
      got += static_cast<std::size_t>(more);
    }
    return text;
  }

  std::string content_file(MessageId id) const {
    return options_.directory + "/content/" + to_string(id).substr(0, 2) + "/" + to_string(id);
  }

  std::string base_;
  SpoolOptions options_;
  std::unique_ptr<Spool> spool_;
  std::mutex mutex_;
  std::string warnings_;
};

TEST_F(SpoolTest, ContentIsCopiedWhileItIsWritten) {
  open();
  for (const std::size_t size : {std::size_t{100}, std::size_t{10000}, std::size_t{10001}, std::size_t{500000}}) {
    auto writer = spool_->new_content(next_message_id());
    std::string text;
    while (text.size() < size) {
      const auto piece = std::to_string(text.size()).append(std::min<std::size_t>(size, 999), 'x');
      ASSERT_TRUE(writer->append(piece));
      text += piece;
    }
    Envelope made = envelope(next_message_id());
    auto copy = spool_->new_content(made.id);
    ASSERT_TRUE(writer->copy_to(*copy));
    EXPECT_EQ(copy->size(), text.size());
    std::promise<tl::expected<StoredMessage, SpoolError>> promise;
    spool_->store(made, std::move(copy), [&](auto stored) { promise.set_value(std::move(stored)); });
    const auto stored = promise.get_future().get();
    ASSERT_TRUE(stored);
    std::string read(text.size(), '\0');
    std::size_t got = 0;
    while (got < read.size()) {
      const auto piece = stored->content->read(got, read.data() + got, read.size() - got);
      ASSERT_GT(piece, 0);
      got += static_cast<std::size_t>(piece);
    }
    EXPECT_EQ(read, text) << size;
  }
}

TEST_F(SpoolTest, small_message_stays_in_memory_and_survives_a_restart) {
  open();
  const MessageId id = next_message_id();
  const auto stored = store("small", envelope(id));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->content->in_memory(), "small");
  EXPECT_EQ(stored->envelope.size, 5U);
  open();
  const auto found = spool_->find(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sender, (lookup::Address{"lea", "example.org"}));
  EXPECT_EQ(read(*found), "small");
}

TEST_F(SpoolTest, empty_content_is_content) {
  open();
  const MessageId id = store_one("");
  EXPECT_EQ(read(*spool_->find(id)), "");
}

TEST_F(SpoolTest, large_message_is_a_private_file_that_goes_with_it) {
  open();
  const std::string content(200001, 'x');
  const MessageId id = next_message_id();
  const auto stored = store(content, envelope(id));
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->envelope.content_in_file);
  EXPECT_TRUE(stored->content->in_memory().empty());
  struct stat file {};
  ASSERT_EQ(stat(content_file(id).c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  open();
  EXPECT_EQ(read(*spool_->find(id)), content);
  ASSERT_TRUE(apply({{id, Removal{}}}));
  EXPECT_FALSE(spool_->find(id));
  spool_->close();
  EXPECT_FALSE(fs::exists(content_file(id)));
}

TEST_F(SpoolTest, writer_destroyed_unsent_leaves_no_file) {
  open();
  const MessageId id = next_message_id();
  {
    auto writer = spool_->new_content(id);
    ASSERT_TRUE(writer->append(std::string(50000, 'x')));
    EXPECT_TRUE(fs::exists(content_file(id)));
  }
  EXPECT_FALSE(fs::exists(content_file(id)));
}

TEST_F(SpoolTest, content_file_never_follows_a_symbolic_link) {
  open();
  const MessageId id = next_message_id();
  fs::create_directories(fs::path(content_file(id)).parent_path());
  fs::create_symlink(base_ + "/victim", content_file(id));
  auto writer = spool_->new_content(id);
  EXPECT_FALSE(writer->append(std::string(50000, 'x')));
  EXPECT_FALSE(fs::exists(base_ + "/victim"));
}

TEST_F(SpoolTest, many_threads_store_and_remove) {
  open();
  constexpr int threads = 16, messages = 200;
  std::vector<std::thread> running;
  std::atomic<int> failures{0};
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&] {
      for (int i = 0; i < messages; ++i) {
        const MessageId id = next_message_id();
        if (!store(to_string(id), envelope(id))) ++failures;
        if (i % 2 == 0 && !apply({{id, Removal{}}})) ++failures;
      }
    });
  for (auto& thread : running) thread.join();
  EXPECT_EQ(failures, 0);
  open();
  int seen = 0;
  spool_->for_each([&](const Envelope& envelope) {
    EXPECT_EQ(read(envelope), to_string(envelope.id));
    return ++seen, true;
  });
  EXPECT_EQ(seen, threads * messages / 2);
  EXPECT_EQ(spool_->totals().queued, static_cast<std::uint64_t>(seen));
}

TEST_F(SpoolTest, due_is_in_order_of_time_and_skips) {
  open();
  EXPECT_FALSE(spool_->next_due());
  const MessageId third = store_one("c", at(300)), first = store_one("a", at(100)), second = store_one("b", at(200));
  EXPECT_EQ(spool_->next_due(), at(100));
  const auto ids = [](const std::vector<Envelope>& envelopes) {
    std::vector<MessageId> found;
    for (const auto& envelope : envelopes) found.push_back(envelope.id);
    return found;
  };
  EXPECT_EQ(ids(spool_->due(at(300), 10, nullptr)), (std::vector{first, second, third}));
  EXPECT_EQ(ids(spool_->due(at(299), 10, nullptr)), (std::vector{first, second}));
  EXPECT_EQ(ids(spool_->due(at(300), 2, [&](MessageId id) { return id == first; })), (std::vector{second, third}));
}

TEST_F(SpoolTest, update_moves_the_message_in_the_due_index) {
  open();
  const MessageId id = store_one();
  ASSERT_TRUE(apply({{id, attempt_of("connect to mx: timed out", at(5000))}}));
  EXPECT_TRUE(spool_->due(at(4999), 10, nullptr).empty());
  const auto due = spool_->due(at(5000), 10, nullptr);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].recipients[0].last_reply, "connect to mx: timed out");
}

TEST_F(SpoolTest, held_message_is_never_due) {
  open();
  const MessageId id = store_one();
  ASSERT_TRUE(apply({{id, QueueOrder{QueueVerb::hold, at(2000)}}}));
  EXPECT_FALSE(spool_->next_due());
  EXPECT_EQ(spool_->totals().hold, 1U);
  EXPECT_EQ(spool_->totals().queued, 0U);
  ASSERT_TRUE(apply({{id, QueueOrder{QueueVerb::release, at(3000)}}}));
  EXPECT_EQ(spool_->next_due(), at(3000));
}

TEST_F(SpoolTest, attempt_that_ends_after_a_hold_leaves_the_hold) {
  open();
  const MessageId id = store_one();
  ASSERT_TRUE(apply({{id, QueueOrder{QueueVerb::hold, at(2000)}}}));
  ASSERT_TRUE(apply({{id, attempt_of("450 later", at(5000))}}));
  const auto held = spool_->find(id);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->state, MessageState::hold);
  EXPECT_EQ(held->recipients[0].last_reply, "450 later");
  EXPECT_FALSE(spool_->next_due());
}

TEST_F(SpoolTest, totals_survive_and_return_to_zero) {
  open();
  const MessageId one = store_one("12345"), two = store_one(std::string(20000, 'x'));
  open();
  EXPECT_EQ(spool_->totals().queued, 2U);
  EXPECT_EQ(spool_->totals().bytes, 20005U);
  ASSERT_TRUE(apply({{one, Removal{}}, {two, Removal{}}}));
  EXPECT_EQ(spool_->totals().queued, 0U);
  EXPECT_EQ(spool_->totals().bytes, 0U);
}

TEST_F(SpoolTest, removed_message_is_not_brought_back_by_a_late_update) {
  open();
  const MessageId id = store_one();
  ASSERT_TRUE(apply({{id, Removal{}}}));
  ASSERT_TRUE(apply({{id, attempt_of("450 later", at(5000))}, {id, QueueOrder{QueueVerb::hold, at(2000)}}}));
  EXPECT_FALSE(spool_->find(id));
  EXPECT_FALSE(spool_->next_due());
}

TEST_F(SpoolTest, an_id_used_twice_does_not_overwrite) {
  open();
  const MessageId id = store_one("first");
  EXPECT_FALSE(store("second", envelope(id)));
  EXPECT_EQ(read(*spool_->find(id)), "first");
}

TEST_F(SpoolTest, for_each_goes_by_arrival_and_stops) {
  open();
  const std::vector<MessageId> stored = store_many(1100, "x");
  std::vector<MessageId> seen;
  spool_->for_each([&](const Envelope& envelope) { return seen.push_back(envelope.id), true; });
  EXPECT_EQ(seen, stored);
  int count = 0;
  spool_->for_each([&](const Envelope&) { return ++count < 3; });
  EXPECT_EQ(count, 3);
}

TEST_F(SpoolTest, second_daemon_is_refused_with_a_sentence) {
  open();
  const auto second = open_spool(options_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "another gatepost uses the queue directory " + options_.directory);
}

TEST_F(SpoolTest, absent_queue_is_told_in_a_sentence) {
  const auto absent = open_spool_read_only(options_);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error(), "there is no queue in " + options_.directory);
}

TEST_F(SpoolTest, read_only_spool_reads_and_refuses_changes) {
  open();
  const MessageId id = store_one("look");
  spool_.reset();
  auto opened = open_spool_read_only(options_);
  ASSERT_TRUE(opened) << opened.error();
  spool_ = std::move(*opened);
  EXPECT_EQ(read(*spool_->find(id)), "look");
  const auto refused = apply({{id, Removal{}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), SpoolError::closing);
}

TEST_F(SpoolTest, closed_spool_answers_closing) {
  open();
  spool_->close();
  const auto stored = store("late", envelope(next_message_id()));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error(), SpoolError::closing);
  EXPECT_EQ(apply({}).error(), SpoolError::closing);
}

TEST_F(SpoolTest, damaged_record_becomes_a_corrupt_message_and_is_kept) {
  open();
  const MessageId sound = store_one("sound"), damaged = store_one("damaged");
  spool_.reset();
  {
    auto environment = Environment::open(options_.directory, options_.map_size, Environment::Access::change);
    ASSERT_TRUE(environment);
    MDB_txn* transaction = nullptr;
    ASSERT_EQ(mdb_txn_begin((*environment)->get(), nullptr, 0, &transaction), 0);
    std::string record(*find_value(transaction, (*environment)->message, damaged));
    record.back() ^= 1;
    std::uint64_t id = damaged.value;
    MDB_val key{sizeof id, &id}, value{record.size(), record.data()};
    ASSERT_EQ(mdb_put(transaction, (*environment)->message, &key, &value, 0), 0);
    ASSERT_EQ(mdb_txn_commit(transaction), 0);
  }
  open();
  const auto due = spool_->due(at(2000), 10, nullptr);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].id, sound);
  store_one("the commit behind this one holds the repair");
  EXPECT_EQ(spool_->totals().corrupt, 1U);
  EXPECT_EQ(spool_->totals().queued, 2U);
  const auto found = spool_->find(damaged);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, MessageState::corrupt);
  EXPECT_EQ(read(*found), "damaged");
  EXPECT_NE(warnings_.find(to_string(damaged) + ": the queue's record of this message is damaged"), std::string::npos);
  ASSERT_TRUE(apply({{damaged, Removal{}}}));
  EXPECT_EQ(spool_->totals().corrupt, 0U);
}

TEST_F(SpoolTest, orphans_are_swept_at_start_and_messages_are_not) {
  open();
  const MessageId kept = store_one(std::string(20000, 'k')), orphan = next_message_id();
  spool_.reset();
  std::ofstream(content_file(orphan)) << "left behind by a crash";
  open();
  spool_->close();  // waits for the sweep
  EXPECT_FALSE(fs::exists(content_file(orphan)));
  EXPECT_TRUE(fs::exists(content_file(kept)));
}

TEST_F(SpoolTest, ids_go_on_behind_the_highest_ever_given) {
  open();
  const MessageId future{next_message_id().value + 3'600'000'000};
  ASSERT_TRUE(store("from a clock that was ahead", envelope(future)));
  ASSERT_TRUE(apply({{future, Removal{}}}));
  open();
  EXPECT_GT(next_message_id(), future);
}

TEST_F(SpoolTest, space_is_used_again) {
  open();
  const std::string content(8000, 'x');
  const auto round = [&] { ASSERT_TRUE(apply(removal_of(store_many(200, content)))); };
  for (int i = 0; i < 3; ++i) round();
  const auto before = fs::file_size(options_.directory + "/queue.mdb");
  for (int i = 0; i < 10; ++i) round();
  // Without reuse it would grow by 24 MiB.
  EXPECT_LE(fs::file_size(options_.directory + "/queue.mdb"), before + (4U << 20));
}

TEST_F(SpoolTest, full_map_refuses_mail_and_still_lets_it_go) {
  options_.map_size = std::uint64_t{8} << 20;
  open();
  std::vector<MessageId> stored;
  std::optional<SpoolError> refused;
  const std::string content(9000, 'x');
  while (!refused && stored.size() < 5000) {
    const MessageId id = next_message_id();
    const auto result = store(content, envelope(id));
    if (result)
      stored.push_back(id);
    else
      refused = result.error();
  }
  EXPECT_EQ(refused, SpoolError::full);
  EXPECT_FALSE(spool_->has_room(9000));
  EXPECT_FALSE(spool_->has_room(500'000));
  ASSERT_GT(stored.size(), 100U);
  ASSERT_TRUE(apply(removal_of(stored)));
  EXPECT_EQ(spool_->totals().queued, 0U);
  EXPECT_TRUE(store(content, envelope(next_message_id())));
}

TEST_F(SpoolTest, full_disk_refuses_mail_lets_it_go_and_comes_back) {
  fs::create_directory(options_.directory);
  if (mount("tmpfs", options_.directory.c_str(), "tmpfs", 0, "size=12m") != 0)
    GTEST_SKIP() << "no right to mount a small tmpfs";
  const auto run = [&] {
    open();
    std::vector<MessageId> stored;
    for (int i = 0; i < 50; ++i) stored.push_back(store_one(std::string(9000, 'x')));
    std::ofstream ballast(options_.directory + "/ballast");
    const std::string block(65536, 'b');
    while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
    ballast.close();
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // has_room() looks at the disk once a second
    EXPECT_FALSE(spool_->has_room(100));
    std::optional<SpoolError> refused;
    for (int i = 0; i < 1000 && !refused; ++i)
      if (const auto result = store(std::string(9000, 'x'), envelope(next_message_id())); !result)
        refused = result.error();
    EXPECT_EQ(refused, SpoolError::full);
    const auto large = store(std::string(400000, 'x'), envelope(next_message_id()));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error(), SpoolError::full);
    ASSERT_TRUE(apply(removal_of(stored)));
    fs::remove(options_.directory + "/ballast");
    EXPECT_TRUE(store(std::string(400000, 'x'), envelope(next_message_id())));
    EXPECT_TRUE(store("small", envelope(next_message_id())));
  };
  run();
  spool_.reset();
  umount2(options_.directory.c_str(), MNT_DETACH);
}

TEST_F(SpoolTest, minimum_free_is_kept) {
  options_.minimum_free = std::uint64_t{1} << 60;
  open();
  EXPECT_FALSE(spool_->has_room(1));
}

TEST_F(SpoolTest, there_is_room_on_an_ordinary_disk) {
  open();
  EXPECT_TRUE(spool_->has_room(10'000'000));
  EXPECT_FALSE(spool_->has_room(UINT64_MAX));
}

}  // namespace
}  // namespace gateway
