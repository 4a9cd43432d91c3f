#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/gateway/delivery_world.hpp"
#include "tests/gateway/scripted_peer.hpp"

extern char** environ;

namespace gateway {
namespace {

using testing::DeliveryWorld;
using testing::relay;

/// Postfix's smtp-sink on a free port, when it is installed.
class Sink {
 public:
  explicit Sink(std::vector<std::string> options) {
    {
      port = testing::ScriptedPeer([](testing::PeerTalk&, int) {}).port;
    }
    std::vector<std::string> words{"/usr/sbin/smtp-sink"};
    if (getuid() == 0) words.insert(words.end(), {"-u", "nobody"});
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"127.0.0.1:" + std::to_string(port), "100"});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (posix_spawn(&pid_, words[0].c_str(), nullptr, nullptr, arguments.data(), environ) != 0) pid_ = 0;
  }
  ~Sink() {
    if (pid_ == 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  static bool is_installed() { return access("/usr/sbin/smtp-sink", X_OK) == 0; }
  std::uint16_t port = 0;

 private:
  pid_t pid_ = 0;
};

class DeliverySink : public ::testing::Test, public DeliveryWorld {
 protected:
  void SetUp() override {
    if (!Sink::is_installed()) GTEST_SKIP() << "smtp-sink is not installed";
    config.queue.queue_run_delay = std::chrono::seconds{1};
    resolver.table["@example.org"] = relay("sink");
  }
  void TearDown() override { queue.reset(); }
  void open_towards(const Sink& sink) {
    add_route("sink", {"[127.0.0.1]:" + std::to_string(sink.port)});
    open();
  }
};

TEST_F(DeliverySink, ManyMessagesArriveQuickly) {
  Sink sink({});
  open_towards(sink);
  ASSERT_TRUE(wait_for_log("status=", 0));
  constexpr int count = 5000;
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const auto started = std::chrono::steady_clock::now();
  for (int each = 0; each < count; ++each)
    send(envelope({"lea@example.org"}), "Subject: x\r\n\r\n" + std::string(2000, 'x') + "\r\n");
  ASSERT_TRUE(wait([&] { return spool.count() == 0; }, std::chrono::seconds{60})) << spool.count();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  getrusage(RUSAGE_SELF, &after);
  const auto micros = [](const rusage& use) {
    return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
           static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
  };
  EXPECT_EQ(log.count("status=sent"), count);
  std::printf("relay: %.0f messages/s, %.1f us CPU each\n", count / seconds, (micros(after) - micros(before)) / count);
}

struct Fault {
  const char* name;
  std::vector<std::string> options;
  std::string log;
};
void PrintTo(const Fault& each, std::ostream* out) {
  *out << each.name;
}

class SinkFaults : public ::testing::WithParamInterface<Fault>, public DeliverySink {};

TEST_P(SinkFaults, OnlyDefer) {
  Sink sink(GetParam().options);
  config.queue.minimal_backoff_time = config.queue.maximal_backoff_time = std::chrono::seconds{1};
  open_towards(sink);
  send(envelope({"lea@example.org"}));
  ASSERT_TRUE(wait_for_log(GetParam().log)) << log.all();
  EXPECT_EQ(log.count("status=sent"), 0);
  EXPECT_EQ(log.count("status=bounced"), 0);
  EXPECT_EQ(spool.count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Delivery, SinkFaults,
    ::testing::Values(
        Fault{"disconnects_after_mail", {"-q", "mail"}, "lost connection with 127.0.0.1[127.0.0.1]"},
        Fault{"disconnects_after_dot", {"-q", "."}, "lost connection with 127.0.0.1[127.0.0.1] while"},
        Fault{"says_421_at_rcpt", {"-Q", "rcpt"}, "status=deferred (host 127.0.0.1[127.0.0.1] said: 421"},
        Fault{"rejects_mail_softly", {"-r", "mail"}, "status=deferred (host 127.0.0.1[127.0.0.1] said: 450"},
        Fault{"rejects_the_dot_softly", {"-r", "."}, "status=deferred (host 127.0.0.1[127.0.0.1] said: 450"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace gateway
