#include "lookup/ldap_wait.hpp"

#include <ldap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <thread>

namespace lookup {

LdapAlarm::LdapAlarm() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

LdapAlarm::~LdapAlarm() {
  if (event_ >= 0) ::close(event_);
}

void LdapAlarm::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);  // full is awake, too
}

void LdapAlarm::stop() {
  stopped_ = true;
  {
    const std::lock_guard guard(mutex_);
    if (connecting_ != nullptr) connecting_->cut();
  }
  wake();
}

bool LdapAlarm::wait(int socket, std::chrono::steady_clock::time_point deadline) {
  pollfd both[] = {{event_, POLLIN, 0}, {socket, POLLIN, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  const auto limit = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  if (::poll(both, socket >= 0 ? 2 : 1, stopped_ ? 0 : limit) <= 0) return false;
  std::uint64_t count = 0;
  if ((both[0].revents & POLLIN) != 0) [[maybe_unused]]
    const auto taken = ::read(event_, &count, sizeof count);
  return socket >= 0 && both[1].revents != 0;
}

tl::expected<LdapHandle, LdapFault> LdapAlarm::open(const std::string& server, const LdapOptions& options) {
  LdapCutter cutter;
  std::condition_variable over;
  bool returned = false;
  {
    const std::lock_guard guard(mutex_);
    connecting_ = &cutter;
    if (stopped_) cutter.cut();
  }
  // The library bounds neither the handshake of TLS nor every bind: somebody must watch the clock.
  std::thread watchman([&] {
    std::unique_lock lock(mutex_);
    if (!over.wait_for(lock, options.connect_timeout, [&] { return returned; })) cutter.cut();
  });
  auto session = open_ldap(server, options, cutter);
  {
    const std::lock_guard guard(mutex_);
    returned = true;
    connecting_ = nullptr;
  }
  over.notify_one();
  watchman.join();
  return session;
}

void FreeLdapMessage::operator()(ldapmsg* message) const {
  ldap_msgfree(message);
}

tl::expected<int, LdapFault> start_search(ldap* session, const SearchRequest& request, const LdapControl& control) {
  std::vector<char*> names;
  if (request.attributes)
    for (const auto& name : *request.attributes) names.push_back(const_cast<char*>(name.c_str()));
  names.push_back(nullptr);
  LDAPControl one{const_cast<char*>(control.oid.c_str()),
                  {control.value.size(), const_cast<char*>(control.value.data())},
                  static_cast<char>(control.critical)};
  LDAPControl* controls[] = {&one, nullptr};
  const int scope = request.scope == Scope::base  ? LDAP_SCOPE_BASE
                    : request.scope == Scope::one ? LDAP_SCOPE_ONELEVEL
                                                  : LDAP_SCOPE_SUBTREE;
  int number = -1;
  const int code =
      ldap_search_ext(session, request.base.c_str(), scope, request.filter.c_str(), names.data(), 0,
                      control.oid.empty() ? nullptr : controls, nullptr, nullptr, request.size_limit, &number);
  if (code != LDAP_SUCCESS) return tl::unexpected(explain_ldap(code, nullptr));
  return number;
}

tl::expected<LdapMessage, LdapFault> next_message(ldap* session) {
  timeval none{0, 0};
  LDAPMessage* message = nullptr;
  const int kind = ldap_result(session, LDAP_RES_ANY, LDAP_MSG_ONE, &none, &message);
  if (kind >= 0) return LdapMessage(message);
  int code = LDAP_SERVER_DOWN;
  ldap_get_option(session, LDAP_OPT_RESULT_CODE, &code);
  return tl::unexpected(explain_ldap(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code, "the connection is lost"));
}

bool control_value(ldap* session, ldapmsg* message, const char* oid, std::string& value) {
  LDAPControl** controls = nullptr;
  const int code = ldap_msgtype(message) == LDAP_RES_SEARCH_ENTRY
                       ? ldap_get_entry_controls(session, message, &controls)
                       : ldap_parse_result(session, message, nullptr, nullptr, nullptr, nullptr, &controls, 0);
  if (code != LDAP_SUCCESS) return false;
  auto* found = ldap_control_find(oid, controls, nullptr);
  if (found != nullptr) value.assign(found->ldctl_value.bv_val, found->ldctl_value.bv_len);
  ldap_controls_free(controls);
  return found != nullptr;
}

int socket_of(ldap* session) {
  int socket = -1;
  ldap_get_option(session, LDAP_OPT_DESC, &socket);
  return socket;
}

}  // namespace lookup
