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

namespace gateway {

namespace {

constexpr auto gathering_time = std::chrono::milliseconds(2);
constexpr std::size_t gathered_limit = 16u << 20;  // beyond this, lines are dropped rather than mail delayed

std::string_view program_name(Program program) {
  switch (program) {
    case Program::smtpd:
      return "smtpd";
    case Program::cleanup:
      return "cleanup";
    case Program::qmgr:
      return "qmgr";
    case Program::smtp:
      return "smtp";
    case Program::lmtp:
      return "lmtp";
    case Program::virtual_:
      return "virtual";
    case Program::local:
      return "local";
    case Program::bounce:
      return "bounce";
    case Program::error:
      return "error";
    case Program::anvil:
      return "anvil";
    case Program::master:
      return "master";
  }
  return "master";
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::fatal:
      return "fatal";
  }
  return "info";
}

int syslog_priority(Level level) {
  switch (level) {
    case Level::info:
      return LOG_INFO;
    case Level::warning:
      return LOG_WARNING;
    case Level::error:
      return LOG_ERR;
    case Level::fatal:
      return LOG_CRIT;
  }
  return LOG_INFO;
}

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || static_cast<unsigned char>(c) == 0xe2) return false;
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Local time in the two forms of the log; formatted once a second for each thread.
struct ClockText {
  std::time_t second = -1;
  char syslog[20] = {};   // "Nov 21 22:08:11"
  char rfc3339[24] = {};  // "2026-11-21T22:08:11"
  char zone[8] = {};      // "+01:00"

  void refresh(std::time_t now) {
    if (now == second) return;
    second = now;
    std::tm local{};
    localtime_r(&now, &local);
    std::strftime(rfc3339, sizeof rfc3339, "%Y-%m-%dT%H:%M:%S", &local);
    char offset[8];
    std::strftime(offset, sizeof offset, "%z", &local);
    std::snprintf(zone, sizeof zone, "%.3s:%.2s", offset, offset + 3);
    // %e pads the day with a blank, as syslog does; the month is English whatever the locale.
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::snprintf(syslog, sizeof syslog, "%s %2d %02d:%02d:%02d", months[local.tm_mon], local.tm_mday % 100,
                  local.tm_hour % 100, local.tm_min % 100, local.tm_sec % 100);
  }
};

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
    if (logging_.format == config::LogFormat::json)
      format_json(line, program, level, event, queue_id, text, fields);
    else
      format_postfix(line, program, level, queue_id, text);
    bool was_idle = false;
    {
      const std::lock_guard lock(mutex_);
      if (gathered_.size() > gathered_limit) {
        ++dropped_;
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

 private:
  void format_postfix(std::string& line, Program program, Level level, std::string_view queue_id,
                      std::string_view text) {
    if (target_ == Target::descriptor) {
      thread_local ClockText clock;
      clock.refresh(std::time(nullptr));
      line += clock.syslog;
      line += ' ';
      line += host_;
      line += ' ';
      line += logging_.syslog_name;
      line += '/';
      line += program_name(program);
      line += '[';
      line += pid_;
      line += "]: ";
    }
    if (!queue_id.empty()) {
      line += queue_id;
      line += ": ";
    }
    if (level == Level::warning && queue_id.empty() && !text.starts_with("warning: ")) line += "warning: ";
    if (level == Level::error) line += "error: ";
    if (level == Level::fatal) line += "fatal: ";
    if (is_plain(text))
      line += text;
    else
      line += escape_for_log(text);
  }

  void format_json(std::string& line, Program program, Level level, std::string_view event, std::string_view queue_id,
                   std::string_view text, std::initializer_list<LogField> fields) {
    thread_local ClockText clock;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    clock.refresh(now.tv_sec);
    line += "{\"time\":\"";
    line += clock.rfc3339;
    line += fmt::format(".{:06}", now.tv_nsec / 1000);
    line += clock.zone;
    line += "\",\"program\":\"";
    line += program_name(program);
    line += "\",\"level\":\"";
    line += level_name(level);
    line += "\",\"event\":";
    append_json_string(line, event);
    if (!queue_id.empty()) {
      line += ",\"queue_id\":";
      append_json_string(line, queue_id);
    }
    line += ",\"text\":";
    append_json_string(line, is_plain(text) ? std::string(text) : escape_for_log(text));
    for (const auto& field : fields) {
      line += ',';
      append_json_string(line, field.name);
      line += ':';
      if (field.number)
        line += field.value;
      else
        append_json_string(line, field.value);
    }
    line += '}';
  }

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
      const std::string tag = logging_.syslog_name + "/" + std::string(program);
      const std::string record =
          target_ == Target::journal ? journal_record(priority, tag, line) : syslog_record(priority, tag, line);
      if (::send(descriptor_, record.data(), record.size(), MSG_NOSIGNAL) < 0 && open_socket())
        (void)::send(descriptor_, record.data(), record.size(), MSG_NOSIGNAL);
    }
  }

  std::string syslog_record(int priority, const std::string& tag, std::string_view line) {
    ClockText clock;
    clock.refresh(std::time(nullptr));
    return fmt::format("<{}>{} {}[{}]: {}", LOG_MAIL | priority, clock.syslog, tag, pid_, line);
  }

  // The journal's native protocol: FIELD=value lines. Lines of ours never hold a line feed.
  std::string journal_record(int priority, const std::string& tag, std::string_view line) {
    std::string record = fmt::format(
        "MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER={}\nSYSLOG_FACILITY=2\nSYSLOG_PID={}\n", line, priority, tag, pid_);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos && colon >= 6 && colon <= 16 &&
        line.find_first_not_of("0123456789ABCDEF") == colon)
      record += fmt::format("GATEPOST_QUEUE_ID={}\n", line.substr(0, colon));
    return record;
  }

  config::Logging logging_;
  std::string pid_, host_;
  Target target_ = Target::descriptor;
  int descriptor_ = STDERR_FILENO;
  std::thread writer_;
  std::mutex mutex_;
  std::condition_variable wake_, written_;
  std::string gathered_;
  std::uint64_t dropped_ = 0;
  bool idle_ = true;
  bool stopping_ = false;
  std::atomic<bool> reopen_{false};
};

}  // namespace

std::string escape_for_log(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
      continue;
    }
    // U+2028..U+202E and U+2066..U+2069 break lines or turn the direction of what follows.
    if (c == 0xe2 && i + 2 < text.size()) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      if ((second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9)) {
        out += '?';
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

tl::expected<std::unique_ptr<Log>, std::string> open_log(const config::Logging& logging) {
  auto log = std::make_unique<GatheringLog>(logging);
  if (auto started = log->start(); !started) return tl::unexpected(started.error());
  return log;
}

}  // namespace gateway
