#include "gateway/admin/process_metrics.hpp"

#include <dirent.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <optional>
#include <string_view>

namespace gateway {

namespace {

void append(std::string& text, std::string_view name, std::string_view type, std::string_view help, double value) {
  text += fmt::format("# HELP process_{0} {2}\n# TYPE process_{0} {1}\nprocess_{0} {3}\n", name, type, help, value);
}

std::optional<double> open_files() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  double count = 0;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count - 3;  // ".", ".." and the folder itself
}

/// The 22nd field of stat(5), behind the name in parentheses: clock ticks after the boot. The boot is counted back
/// from now, since a hardened unit hides /proc/stat.
double start_time() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::size_t at = name_end + 1;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  const double ticks = std::strtod(text.c_str() + at, nullptr);
  timespec since_boot{}, now{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto seconds = [](const timespec& time) { return double(time.tv_sec) + double(time.tv_nsec) / 1e9; };
  return seconds(now) - seconds(since_boot) + ticks / double(::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::string render_process_metrics() {
  std::string text;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    append(text, "cpu_seconds_total", "counter", "User and system CPU time.",
           seconds(used.ru_utime) + seconds(used.ru_stime));
  }
  double pages = 0, resident = 0;
  if (std::ifstream file("/proc/self/statm"); file >> pages >> resident) {
    const auto page = double(::sysconf(_SC_PAGESIZE));
    append(text, "virtual_memory_bytes", "gauge", "Virtual memory.", pages * page);
    append(text, "resident_memory_bytes", "gauge", "Resident memory.", resident * page);
  }
  if (const auto files = open_files()) append(text, "open_fds", "gauge", "Open file descriptors.", *files);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    append(text, "max_fds", "gauge", "Most file descriptors.", double(limit.rlim_cur));
  if (const double started = start_time(); started > 0)
    append(text, "start_time_seconds", "gauge", "When the process started.", started);
  return text;
}

}  // namespace gateway
