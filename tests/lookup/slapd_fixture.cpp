#include "slapd_fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

extern char** environ;

namespace lookup_test {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

int spawn(const std::vector<std::string>& command, const std::string& output_file) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t process = 0;
  const int failed = posix_spawn(&process, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  return failed == 0 ? process : -1;
}

}  // namespace

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

int run(const std::vector<std::string>& command, const std::string& output_file) {
  const int process = spawn(command, output_file);
  int status = -1;
  if (process > 0) ::waitpid(process, &status, 0);
  return status;
}

Slapd::Slapd(const std::string& ldif, const std::string& extra) {
  std::string name = std::filesystem::temp_directory_path() / "slapd.XXXXXX";
  folder_ = ::mkdtemp(name.data());
  std::filesystem::create_directory(folder_ + "/db");
  std::ofstream(folder_ + "/slapd.conf") << "include /etc/ldap/schema/core.schema\n"
                                            "include /etc/ldap/schema/cosine.schema\n"
                                            "include /etc/ldap/schema/nis.schema\n"
                                            "include /etc/ldap/schema/inetorgperson.schema\n"
                                            "include /etc/ldap/schema/misc.schema\n"
                                            "modulepath /usr/lib/ldap\n"
                                            "moduleload back_mdb\n"
                                            "moduleload syncprov\n"
                                            "pidfile "
                                         << folder_
                                         << "/pid\n"
                                            "database mdb\n"
                                            "maxsize 67108864\n"
                                            "dbnosync\n"
                                            "suffix dc=example,dc=com\n"
                                            "rootdn cn=admin,dc=example,dc=com\n"
                                            "rootpw secret\n"
                                            "directory "
                                         << folder_
                                         << "/db\n"
                                            "index objectClass,uid,mail,mailLocalAddress,cn eq\n"
                                         << extra << "\n";
  std::ofstream(folder_ + "/content.ldif") << "dn: dc=example,dc=com\n"
                                              "objectClass: dcObject\n"
                                              "objectClass: organization\n"
                                              "dc: example\n"
                                              "o: Example\n\n"
                                           << ldif << "\n";
  const auto loaded = run({"/usr/sbin/slapadd", "-q", "-f", folder_ + "/slapd.conf", "-l", folder_ + "/content.ldif"},
                          folder_ + "/slapadd.log");
  EXPECT_EQ(loaded, 0) << std::ifstream(folder_ + "/slapadd.log").rdbuf();
  port_ = free_port();
  start();
}

Slapd::~Slapd() {
  stop();
  std::filesystem::remove_all(folder_);
}

std::string Slapd::url() const {
  return "ldap://127.0.0.1:" + std::to_string(port_);
}

void Slapd::start() {
  process_ = spawn({"/usr/sbin/slapd", "-d", "0", "-h", url(), "-f", folder_ + "/slapd.conf"}, folder_ + "/slapd.log");
  ASSERT_GT(process_, 0);
  for (int i = 0; i < 1000 && !accepts(port_); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(accepts(port_)) << std::ifstream(folder_ + "/slapd.log").rdbuf();
}

void Slapd::stop() {
  if (process_ <= 0) return;
  thaw();
  ::kill(process_, SIGTERM);
  for (int i = 0; i < 500; ++i) {
    if (::waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = 0;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

void Slapd::freeze() {
  ::kill(process_, SIGSTOP);
}

void Slapd::thaw() {
  ::kill(process_, SIGCONT);
}

}  // namespace lookup_test
