#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/metrics.hpp"
#include "gateway/net/shard_thread.hpp"
#include "gateway/smtp/smtp_server.hpp"

namespace gateway::testing {

/// What a test wants of the world around the SMTP server, as "key: value" of a transcript.
struct Wishes {
  std::map<std::string, std::string> values;
  std::string get(const std::string& key, std::string otherwise = "") const;
};

/// Keeps the lines of the mail log as Postfix's format would write them behind the program's name.
class MemoryLog final : public Log {
 public:
  void write(Program, Level level, std::string_view event, std::string_view queue_id, std::string_view text,
             std::initializer_list<LogField> fields) override;
  void flush() override {}
  void reopen() override {}
  std::vector<std::string> lines() const;
  bool wait_for(const std::string& part) const;  // bounded

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable grown_;
  std::vector<std::string> lines_;
};

struct Stored {
  Envelope envelope;
  std::string content;
};

/// A SMTP server on a free loopback port, with the real restrictions and a made-up directory, DNS and spool.
///
/// Known: alice bob slow full old@example.com (relay domain), carol@example.org (virtual mailbox), gone@example.com has
/// moved; login alice with password secret, down cannot be asked. The directory can be "unavailable" or "slow".
class SmtpWorld {
 public:
  explicit SmtpWorld(const Wishes& wishes);
  ~SmtpWorld();

  std::uint16_t port() const;
  const MemoryLog& log() const { return log_; }
  std::vector<Stored> messages() const;
  SmtpServer& server() { return *server_; }
  std::shared_ptr<const SmtpSnapshot> snapshot() const { return snapshot_; }

 private:
  class MemorySpool;
  class MemoryQueue;
  MemoryLog log_;
  Metrics metrics_;
  std::unique_ptr<MemorySpool> spool_;
  std::unique_ptr<MemoryQueue> queue_;
  ShardThread thread_{0};
  std::shared_ptr<const SmtpSnapshot> snapshot_;
  std::unique_ptr<SmtpServer> server_;
};

/// A self-signed certificate for "mx.example.com" with its key, one PEM file in the temporary folder.
std::string make_certificate();

/// A blocking client with a time limit of ten seconds an operation.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  ~TestClient();
  void send(std::string_view octets) const;
  std::optional<std::string> read_line();  // without CRLF; nullopt at the end or limit
  std::string read_reply();                // all lines of one reply, "\n" between
  bool at_end();                           // the server closed
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  std::string buffer_;
};

}  // namespace gateway::testing
