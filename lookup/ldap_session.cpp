#include "lookup/ldap_session.hpp"

#include <fmt/core.h>
#include <lber.h>
#include <ldap.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "lookup/ldap_certificate.hpp"

namespace lookup {

namespace {

constexpr ber_len_t largest_message = 64 << 20;

// libldap sets its global options up on first use, and TLS contexts share state: one thread at a time.
std::mutex& library() {
  static std::mutex mutex;
  return mutex;
}

// libldap writes with write(2): to a server that is gone this would end the process.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  });
}

int remember_socket(LDAP*, Sockbuf* buffer, LDAPURLDesc*, struct sockaddr*, struct ldap_conncb* callback) {
  ber_socket_t socket = -1;
  ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &socket);
  auto limit = largest_message;
  ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &limit);
  static_cast<LdapCutter*>(callback->lc_arg)->watch(socket);
  return 0;
}

void forget_socket(LDAP*, Sockbuf*, struct ldap_conncb*) {}

LdapFault last_fault(LDAP* session, int code, const char* step) {
  char* message = nullptr;
  ldap_get_option(session, LDAP_OPT_DIAGNOSTIC_MESSAGE, &message);
  auto fault = explain_ldap(code, message);
  ldap_memfree(message);
  fault.detail = fmt::format("{}: {}", step, fault.detail);
  return fault;
}

/// Sets what must be right before the first octet is sent; the text says what cannot be set.
std::string prepare(LDAP* session, const LdapOptions& options, bool tls) {
  const auto set = [&](int option, const void* value) { return ldap_set_option(session, option, value) == 0; };
  const auto text = [&](int option, const std::string& value) { return value.empty() || set(option, value.c_str()); };
  const int version = options.version == 2 ? LDAP_VERSION2 : LDAP_VERSION3;
  const auto timeout = options.connect_timeout.count();
  const timeval limit{timeout / 1000, static_cast<suseconds_t>(timeout % 1000 * 1000)};
  const int dereference = static_cast<int>(options.dereference);
  set(LDAP_OPT_PROTOCOL_VERSION, &version);
  set(LDAP_OPT_DEREF, &dereference);
  set(LDAP_OPT_REFERRALS, options.chase_referrals ? LDAP_OPT_ON : LDAP_OPT_OFF);
  set(LDAP_OPT_RESTART, LDAP_OPT_ON);
  set(LDAP_OPT_NETWORK_TIMEOUT, &limit);
  set(LDAP_OPT_TIMEOUT, &limit);
  if (!tls) return {};
  const int require = options.verify == VerifyCertificate::yes ? LDAP_OPT_X_TLS_HARD : LDAP_OPT_X_TLS_NEVER;
  const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const int client = 0;
  set(LDAP_OPT_X_TLS_REQUIRE_CERT, &require);
  set(LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest);
  if (!text(LDAP_OPT_X_TLS_CACERTFILE, options.ca_file)) return "CA file " + options.ca_file;
  if (!text(LDAP_OPT_X_TLS_CACERTDIR, options.ca_directory)) return "CA directory " + options.ca_directory;
  if (!text(LDAP_OPT_X_TLS_CERTFILE, options.cert_file)) return "certificate " + options.cert_file;
  if (!text(LDAP_OPT_X_TLS_KEYFILE, options.key_file)) return "key " + options.key_file;
  if (!text(LDAP_OPT_X_TLS_CIPHER_SUITE, options.cipher_suite)) return "ciphers " + options.cipher_suite;
  // The context reads the files; only now does a missing one show.
  if (!set(LDAP_OPT_X_TLS_NEWCTX, &client)) {
    return fmt::format("TLS files cannot be used (CA {}, certificate {}, key {})", options.ca_file, options.cert_file,
                       options.key_file);
  }
  return {};
}

tl::expected<LdapHandle, LdapFault> connect(const std::string& server, const LdapOptions& options, LdapCutter& cutter,
                                            ldap_conncb& callback) {
  ignore_broken_pipes();
  const auto url = server_url(server, options);
  const bool starttls = options.tls == LdapTls::starttls && url.starts_with("ldap://");
  const bool tls = starttls || url.starts_with("ldaps://");
  LDAP* raw = nullptr;
  LdapHandle session;
  {
    const std::lock_guard guard(library());
    const int code = ldap_initialize(&raw, url.c_str());
    if (code != LDAP_SUCCESS) {
      return tl::unexpected(LdapFault{Unavailable::misconfigured, fmt::format("{}: {}", url, ldap_err2string(code))});
    }
    session.reset(raw);
    const auto wrong = prepare(raw, options, tls);
    if (!wrong.empty()) return tl::unexpected(LdapFault{Unavailable::misconfigured, wrong});
  }
  callback.lc_add = remember_socket;
  callback.lc_del = forget_socket;
  callback.lc_arg = &cutter;
  ldap_set_option(raw, LDAP_OPT_CONNECT_CB, &callback);
  if (starttls) {
    const int code = ldap_start_tls_s(raw, nullptr, nullptr);
    if (code != LDAP_SUCCESS) return tl::unexpected(last_fault(raw, code, "StartTLS"));
  }
  return session;
}

int bind_simple(LDAP* session, const std::string& dn, const std::string& password) {
  berval secret{password.size(), const_cast<char*>(password.data())};
  return ldap_sasl_bind_s(session, dn.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, nullptr);
}

int bind(LDAP* session, const LdapOptions& options) {
  if (options.bind == LdapBind::external) {
    berval nobody_else{0, const_cast<char*>("")};
    const auto ask = [&] {
      return ldap_sasl_bind_s(session, nullptr, "EXTERNAL", &nobody_else, nullptr, nullptr, nullptr);
    };
    const int code = ask();
    // RFC 4422 appendix A: a server that took the empty name for none at all asks for it again.
    return code == LDAP_SASL_BIND_IN_PROGRESS ? ask() : code;
  }
  if (options.bind == LdapBind::simple) return bind_simple(session, options.bind_dn, options.bind_password);
  // An anonymous bind asks for nothing, but proves that something alive answers: a port alone does not.
  const int code = bind_simple(session, {}, {});
  const bool alive = code == LDAP_INAPPROPRIATE_AUTH || code == LDAP_STRONG_AUTH_REQUIRED ||
                     code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_CONFIDENTIALITY_REQUIRED;
  return alive ? LDAP_SUCCESS : code;
}

/// GnuTLS keeps its reasons to itself ("unknown error code"). So the server is asked for its certificate once more,
/// without judging it and without a word about us, and it is judged here. "" when that is not why it failed.
std::string certificate_problem(const std::string& server, const LdapOptions& options, LdapCutter& cutter) {
  const auto url = server_url(server, options);
  const bool has_tls = options.tls == LdapTls::starttls || url.starts_with("ldaps://");
  if (!has_tls || options.verify != VerifyCertificate::yes || cutter.is_cut()) return {};
  LdapOptions lenient = options;
  lenient.verify = VerifyCertificate::no;
  lenient.cert_file.clear();
  lenient.key_file.clear();
  ldap_conncb callback{};
  const auto session = connect(server, lenient, cutter, callback);
  if (!session) return {};
  ldap_connect(session->get());
  berval encoded{0, nullptr};
  LDAPURLDesc* parts = nullptr;
  std::string problem;
  if (ldap_get_option(session->get(), LDAP_OPT_X_TLS_PEERCERT, &encoded) == LDAP_OPT_SUCCESS &&
      ldap_url_parse(url.c_str(), &parts) == LDAP_SUCCESS && encoded.bv_val != nullptr && parts->lud_host != nullptr)
    problem = judge_certificate({encoded.bv_val, encoded.bv_len}, parts->lud_host, options.ca_file);
  ldap_free_urldesc(parts);
  ber_memfree(encoded.bv_val);
  return problem;
}

void forget_callback(LDAP* session, ldap_conncb& callback) {
  // The callback's storage ends with the call that opened the session. Getting this option removes it.
  ldap_get_option(session, LDAP_OPT_CONNECT_CB, &callback);
}

LdapFault timed_out(const std::string& url) {
  return {Unavailable::timed_out, fmt::format("{}: no answer within the time to connect", url)};
}

}  // namespace

void CloseLdap::operator()(ldap* session) const {
  ldap_unbind_ext(session, nullptr, nullptr);
}

LdapCutter::~LdapCutter() {
  release();
}

void LdapCutter::cut() {
  const std::lock_guard guard(mutex_);
  cut_ = true;
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

bool LdapCutter::is_cut() const {
  const std::lock_guard guard(mutex_);
  return cut_;
}

void LdapCutter::watch(int socket) {
  const std::lock_guard guard(mutex_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = ::dup(socket);
  if (cut_ && socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void LdapCutter::release() {
  const std::lock_guard guard(mutex_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

tl::expected<LdapHandle, LdapFault> open_ldap(const std::string& server, const LdapOptions& options,
                                              LdapCutter& cutter) {
  ldap_conncb callback{};
  auto session = connect(server, options, cutter, callback);
  const auto url = server_url(server, options);
  if (session) {
    const int code = bind(session->get(), options);
    if (code != LDAP_SUCCESS) session = tl::unexpected(last_fault(session->get(), code, "bind"));
  }
  if (!session && session.error().reason == Unavailable::unreachable) {
    const auto problem = certificate_problem(server, options, cutter);
    if (!problem.empty()) session.error().detail = problem;
  }
  if (cutter.is_cut()) return tl::unexpected(timed_out(url));
  cutter.release();
  if (!session) {
    session.error().detail = fmt::format("{}: {}", url, session.error().detail);
  } else {
    forget_callback(session->get(), callback);
  }
  return session;
}

tl::expected<bool, LdapFault> try_password(const std::string& server, const LdapOptions& options, const std::string& dn,
                                           const std::string& password, LdapCutter& cutter, std::string& why) {
  why.clear();
  if (password.empty() || dn.empty()) {
    why = "empty password";
    return false;
  }
  ldap_conncb callback{};
  auto session = connect(server, options, cutter, callback);
  const auto url = server_url(server, options);
  if (!session) {
    if (cutter.is_cut()) return tl::unexpected(timed_out(url));
    return tl::unexpected(LdapFault{session.error().reason, fmt::format("{}: {}", url, session.error().detail)});
  }
  const int code = bind_simple(session->get(), dn, password);
  if (cutter.is_cut()) return tl::unexpected(timed_out(url));
  cutter.release();
  if (code == LDAP_SUCCESS) return true;
  auto fault = last_fault(session->get(), code, "bind");
  if (code == LDAP_INVALID_CREDENTIALS || code == LDAP_NO_SUCH_OBJECT || code == LDAP_INAPPROPRIATE_AUTH ||
      code == LDAP_INVALID_DN_SYNTAX) {
    why = std::move(fault.detail);
    return false;
  }
  if (fault.reason == Unavailable::none) fault.reason = Unavailable::unreachable;
  return tl::unexpected(LdapFault{fault.reason, fmt::format("{}: {}", url, fault.detail)});
}

std::string active_directory_reason(std::string_view message) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> reasons{{
      {"525", "user not found"},
      {"52e", "wrong password"},
      {"530", "logon not permitted at this time"},
      {"531", "logon not permitted at this workstation"},
      {"532", "password expired"},
      {"533", "account disabled"},
      {"534", "logon type not granted"},
      {"701", "account expired"},
      {"773", "password must be changed"},
      {"775", "account locked out"},
  }};
  const auto at = message.find(", data ");
  if (at == std::string_view::npos) return {};
  auto code = message.substr(at + 7);
  code = code.substr(0, code.find_first_of(", "));
  for (const auto& [number, words] : reasons) {
    if (code == number) return std::string(words);
  }
  return {};
}

LdapFault explain_ldap(int code, const char* message) {
  LdapFault fault;
  fault.detail = fmt::format("{} ({})", ldap_err2string(code), code);
  if (message != nullptr && *message != '\0') {
    fault.detail += fmt::format(": {}", message);
    const auto reason = active_directory_reason(message);
    if (!reason.empty()) fault.detail += fmt::format(" [{}]", reason);
  }
  switch (code) {
    case LDAP_SUCCESS:
      fault.reason = Unavailable::none;
      break;
    case LDAP_TIMEOUT:
    case LDAP_TIMELIMIT_EXCEEDED:
      fault.reason = Unavailable::timed_out;
      break;
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
      fault.reason = Unavailable::too_many_results;
      break;
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_AUTH_METHOD_NOT_SUPPORTED:
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_OPERATIONS_ERROR:  // Active Directory: a search before a bind
      fault.reason = Unavailable::rejected_credentials;
      break;
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INVALID_DN_SYNTAX:
    case LDAP_FILTER_ERROR:
    case LDAP_PARAM_ERROR:
    case LDAP_UNDEFINED_TYPE:
    case LDAP_INAPPROPRIATE_MATCHING:
    case LDAP_PROTOCOL_ERROR:
    case LDAP_NOT_SUPPORTED:
      fault.reason = Unavailable::misconfigured;
      break;
    case LDAP_DECODING_ERROR:
    case LDAP_REFERRAL:
    case LDAP_PARTIAL_RESULTS:
      fault.reason = Unavailable::malformed;
      break;
    default:
      fault.reason = Unavailable::unreachable;
      break;
  }
  return fault;
}

std::string server_url(const std::string& server, const LdapOptions& options) {
  const auto with_scheme = server.find("://") == std::string::npos ? "ldap://" + server : server;
  if (options.tls == LdapTls::ldaps && with_scheme.starts_with("ldap://")) return "ldaps" + with_scheme.substr(4);
  return with_scheme;
}

}  // namespace lookup
