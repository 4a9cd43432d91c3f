#include "gateway/log.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>

#include "gateway/log_line.hpp"

namespace gateway {

namespace {

constexpr auto gathering_time = std::chrono::milliseconds(2);
constexpr std::size_t gathered_limit = 16u << 20;  // beyond this, lines are dropped rather than mail delayed

enum class Target : std::uint8_t { descriptor, syslog, journal };

class GatheringLog final : public Log {
 public:
  explicit GatheringLog(config::Logging logging) : logging_(std::move(logging)), pid_(std::to_string(::getpid())) {
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    host_ = host;
    if (const auto dot = host_.find('.'); dot != std::string::npos) host_.resize(dot);
  }

  ~GatheringLog() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (writer_.joinable()) writer_.join();
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
  }

  tl::expected<void, std::string> start() {
    if (logging_.to == "stderr") {
      descriptor_ = STDERR_FILENO;
    } else if (logging_.to == "syslog" || logging_.to == "journal") {
      target_ = logging_.to == "syslog" ? Target::syslog : Target::journal;
      if (auto opened = open_socket(); !opened) return opened;
    } else if (logging_.to.starts_with("file:")) {
      if (auto opened = open_file(); !opened) return opened;
    } else {
      return tl::unexpected("logging.to: unknown target \"" + logging_.to + "\"");
    }
    writer_ = std::thread([this] { run(); });
    return {};
  }

  void write(Program program, Level level, std::string_view event, std::string_view queue_id, std::string_view text,
             std::initializer_list<LogField> fields) override {
    thread_local std::string line;
    line.clear();
    if (logging_.format == config::LogFormat::json) {
      append_json_line(line, {program, level, event, queue_id, text}, fields);
    } else {
      if (target_ == Target::descriptor) append_syslog_head(line, host_, logging_.syslog_name, program, pid_);
      append_postfix_line(line, {program, level, event, queue_id, text});
    }
    if (target_ == Target::journal) {
      thread_local std::string record;
      record.clear();
      append_journal_record(record, {program, level, event, queue_id, text}, fields, line, logging_.syslog_name, pid_);
      line.swap(record);
    }
    bool was_idle = false;
    {
      const std::lock_guard lock(mutex_);
      if (gathered_.size() > gathered_limit) {
        ++dropped_;
        lost_.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      if (target_ != Target::descriptor) {
        gathered_ += static_cast<char>(syslog_priority(level));
        gathered_ += std::string(program_name(program)) + '\0';
      }
      gathered_ += line;
      gathered_ += target_ == Target::descriptor ? '\n' : '\0';
      was_idle = idle_;
      idle_ = false;
    }
    if (was_idle) wake_.notify_one();
  }

  void flush() override {
    std::unique_lock lock(mutex_);
    written_.wait_for(lock, std::chrono::seconds(2), [this] { return gathered_.empty() && idle_; });
  }

  void reopen() override { reopen_.store(true); }

  std::uint64_t lost() const override { return lost_.load(std::memory_order_relaxed); }

 private:
  tl::expected<void, std::string> open_file() {
    const std::string path = logging_.to.substr(5);
    const int opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (opened < 0) return tl::unexpected("cannot open log file " + path + ": " + std::strerror(errno));
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
    descriptor_ = opened;
    return {};
  }

  tl::expected<void, std::string> open_socket() {
    const char* path = target_ == Target::syslog ? "/dev/log" : "/run/systemd/journal/socket";
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (descriptor_ < 0 || ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return tl::unexpected(std::string("cannot reach ") + path + ": " + std::strerror(errno));
    return {};
  }

  void run() {
    std::string batch;
    std::unique_lock lock(mutex_);
    while (true) {
      while (gathered_.empty()) {
        idle_ = true;
        written_.notify_all();
        if (stopping_) return;
        wake_.wait(lock, [this] { return !gathered_.empty() || stopping_; });
        idle_ = false;
      }
      // Under load each line would wake this thread and cost a write; a moment's patience makes one of many.
      if (!stopping_) {
        lock.unlock();
        std::this_thread::sleep_for(gathering_time);
        lock.lock();
      }
      batch.clear();
      batch.swap(gathered_);
      const std::uint64_t dropped = std::exchange(dropped_, 0);
      lock.unlock();
      if (reopen_.exchange(false) && logging_.to.starts_with("file:")) (void)open_file();
      if (dropped != 0 && target_ == Target::descriptor)
        batch += "gatepost: " + std::to_string(dropped) + " log lines lost\n";
      if (target_ == Target::descriptor)
        write_out(batch);
      else
        send_records(batch);
      lock.lock();
    }
  }

  void write_out(std::string_view rest) {
    while (!rest.empty()) {
      const auto done = ::write(descriptor_, rest.data(), rest.size());
      if (done > 0)
        rest.remove_prefix(static_cast<std::size_t>(done));
      else if (errno != EINTR && errno != EAGAIN)
        return;  // a full disk must not stop the mail; what is lost here is seen as a gap
    }
  }

  // Records are: priority octet, program NUL, line NUL.
  void send_records(std::string_view rest) {
    while (rest.size() > 1) {
      const int priority = rest[0];
      rest.remove_prefix(1);
      const auto program = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(program.size() + 1);
      const auto line = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const std::string record = target_ == Target::journal
                                     ? std::string(line)
                                     : syslog_record(priority, logging_.syslog_name + "/" + std::string(program), line);
      if (::send(descriptor_, record.data(), record.size(), MSG_NOSIGNAL) < 0 && open_socket())
        (void)::send(descriptor_, record.data(), record.size(), MSG_NOSIGNAL);
    }
  }

  std::string syslog_record(int priority, const std::string& tag, std::string_view line) {
    return fmt::format("<{}>{} {}[{}]: {}", LOG_MAIL | priority, syslog_time(), tag, pid_, line);
  }

  config::Logging logging_;
  std::string pid_, host_;
  Target target_ = Target::descriptor;
  int descriptor_ = STDERR_FILENO;
  std::thread writer_;
  std::mutex mutex_;
  std::condition_variable wake_, written_;
  std::string gathered_;
  std::uint64_t dropped_ = 0;  // not yet told
  std::atomic<std::uint64_t> lost_{0};
  bool idle_ = true;
  bool stopping_ = false;
  std::atomic<bool> reopen_{false};
};

}  // namespace

tl::expected<std::unique_ptr<Log>, std::string> open_log(const config::Logging& logging) {
  auto log = std::make_unique<GatheringLog>(logging);
  if (auto started = log->start(); !started) return tl::unexpected(started.error());
  return log;
}

}  // namespace gateway
