#include "tests/crash/driver.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <sstream>

namespace crash {

namespace {

void take_line(Life& run, const std::string& line) {
  std::istringstream words(line);
  std::string word, id;
  words >> word >> id;
  if (word == "open")
    run.opened = true;
  else if (word == "closed")
    run.closed = true;
  else if (word == "stored" || word == "updated" || word == "held")
    run.stored[id] = word;
  else if (word == "removing")
    run.removing.insert(id);
  else if (word == "removed")
    run.removed.insert(id);
  else if (word == "failed")
    run.failed.insert(id);
  else if (word == "have")
    std::getline(words >> std::ws, run.have[id]);
  else
    run.complaints.push_back(line);
}

}  // namespace

Life run(const std::vector<std::string>& command, int kill_after_ms) {
  Life result;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return result;
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
  };
  constexpr int longest_ms = 60000;
  const int end_ms = kill_after_ms != 0 ? kill_after_ms : longest_ms;
  std::string text;
  bool killed = false;
  for (char piece[65536];;) {
    if (!killed && elapsed() >= end_ms) killed = kill(child, SIGKILL) == 0;
    pollfd wait{ends[0], POLLIN, 0};
    if (poll(&wait, 1, 5) <= 0) continue;
    const ssize_t got = read(ends[0], piece, sizeof piece);
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  waitpid(child, &result.status, 0);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) take_line(result, line);
  return result;
}

Life check(const std::string& directory, const Life& before) {
  Life now = run({SPOOL_DRIVER, directory, "check"});
  if (!now.closed) now.complaints.push_back("the spool could not be opened and read");
  for (const auto& [id, promise] : before.stored) {
    if (before.removed.count(id) != 0) {
      if (now.have.count(id) != 0) now.complaints.push_back(id + " was removed and is there");
      continue;
    }
    const auto found = now.have.find(id);
    if (found == now.have.end()) {
      if (before.removing.count(id) == 0) now.complaints.push_back(id + " was acknowledged and is lost");
    } else if (promise == "updated" && found->second.substr(found->second.size() - 2) != " 1") {
      now.complaints.push_back(id + " was updated and is " + found->second);
    } else if (promise == "held" && !found->second.starts_with("hold ")) {
      now.complaints.push_back(id + " was held and is " + found->second);
    }
  }
  return now;
}

std::string text_of(const Life& run) {
  std::string text;
  for (const auto& complaint : run.complaints) text += complaint + "\n";
  return text;
}

std::vector<std::string> orphans(const std::string& directory, const Life& checked) {
  std::vector<std::string> found;
  const std::string contents = directory + "/content";
  if (!std::filesystem::exists(contents)) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(contents))
    if (entry.is_regular_file() && checked.have.count(entry.path().filename()) == 0)
      found.push_back(entry.path().filename());
  return found;
}

}  // namespace crash
