#include "gateway/sasl/cyrus_conversation.hpp"

#include <cstring>

#include "gateway/sasl/cyrus_library.hpp"

namespace gateway {

namespace {

/// Whose fault is it? Only what the client did wrong may become 535; nothing else is said against a password.
LoginStep::Kind kind_of(int result) {
  switch (result) {
    case SASL_BADPROT:
    case SASL_BADPARAM:
    case SASL_BADMAC:
    case SASL_BADAUTH:
    case SASL_NOAUTHZ:
    case SASL_TOOWEAK:
    case SASL_ENCRYPT:
    case SASL_EXPIRED:
    case SASL_DISABLED:
    case SASL_NOUSER:
    case SASL_NOVERIFY:
    case SASL_TRANS:
    case SASL_BADSERV:
    case SASL_WRONGMECH:
    case SASL_BADBINDING:
      return LoginStep::Kind::refused;
    default:
      return LoginStep::Kind::unavailable;
  }
}

}  // namespace

CyrusConversation::CyrusConversation(std::shared_ptr<const CyrusService> service, LoginPeer peer)
    : service_(std::move(service)), peer_(std::move(peer)) {
  callbacks_[0] = {SASL_CB_GETOPT, as_cyrus_callback(&CyrusConversation::option), this};
  callbacks_[1] = {SASL_CB_LOG, as_cyrus_callback(&CyrusConversation::complain), this};
  callbacks_[2] = {SASL_CB_LIST_END, nullptr, nullptr};
}

CyrusConversation::~CyrusConversation() {
  if (connection_ != nullptr) sasl_dispose(&connection_);
}

int CyrusConversation::option(void* self, const char*, const char* name, const char** value, unsigned* size) {
  const auto& options = static_cast<const CyrusConversation*>(self)->service_->options;
  const auto found = options.find(std::string_view(name));
  if (found == options.end()) return SASL_FAIL;
  *value = found->second.c_str();
  if (size != nullptr) *size = static_cast<unsigned>(found->second.size());
  return SASL_OK;
}

int CyrusConversation::complain(void* self, int level, const char* text) {
  // SASL_LOG_PASS and the levels before it show traces and passwords, whatever the options ask for.
  if (text != nullptr && (level == SASL_LOG_ERR || level == SASL_LOG_WARN))
    static_cast<CyrusConversation*>(self)->complaints_.emplace_back(text);
  return SASL_OK;
}

bool CyrusConversation::open(std::string& problem) {
  problem = prepare_cyrus_server();
  if (!problem.empty()) return false;
  const auto end = [](const std::string& address, std::uint16_t port) { return address + ";" + std::to_string(port); };
  const std::string server = end(peer_.server_address, peer_.server_port),
                    client = end(peer_.client_address, peer_.client_port);
  const bool named = peer_.server_port != 0 && peer_.client_port != 0;
  int result = sasl_server_new(
      "smtp", service_->hostname.c_str(), service_->realm.empty() ? nullptr : service_->realm.c_str(),
      named ? server.c_str() : nullptr, named ? client.c_str() : nullptr, callbacks_.data(), 0, &connection_);
  // No security layers: SMTP has TLS for that.
  sasl_security_properties_t properties{};
  properties.security_flags = peer_.tls ? service_->tls_security_flags : service_->security_flags;
  if (result == SASL_OK) result = sasl_setprop(connection_, SASL_SEC_PROPS, &properties);
  if (result == SASL_OK && !peer_.certificate_name.empty()) {
    const auto strength = static_cast<sasl_ssf_t>(peer_.tls_bits);
    result = sasl_setprop(connection_, SASL_SSF_EXTERNAL, &strength);
    if (result == SASL_OK) result = sasl_setprop(connection_, SASL_AUTH_EXTERNAL, peer_.certificate_name.c_str());
  }
  if (result == SASL_OK) return true;
  problem = sasl_errstring(result, nullptr, nullptr);
  return false;
}

LoginStep CyrusConversation::start(const std::string& mechanism, const std::optional<std::string>& initial) {
  std::string problem;
  if (!open(problem)) return {LoginStep::Kind::unavailable, {}, {}, std::move(problem)};
  const char* out = nullptr;
  unsigned size = 0;
  const int result = sasl_server_start(connection_, mechanism.c_str(), initial ? initial->data() : nullptr,
                                       initial ? static_cast<unsigned>(initial->size()) : 0, &out, &size);
  // A plugin that went away since it was offered is our fault, not the client's.
  if (result == SASL_NOMECH) return {LoginStep::Kind::unavailable, {}, {}, "no such mechanism"};
  return step_of(result, out, size);
}

LoginStep CyrusConversation::feed(const std::string& octets) {
  const char* out = nullptr;
  unsigned size = 0;
  const int result = sasl_server_step(connection_, octets.data(), static_cast<unsigned>(octets.size()), &out, &size);
  return step_of(result, out, size);
}

LoginStep CyrusConversation::step_of(int result, const char* out, unsigned size) {
  if (result == SASL_CONTINUE)
    return {LoginStep::Kind::challenge, out != nullptr ? std::string(out, size) : std::string(), {}, {}};
  const void* name = nullptr;
  if (result == SASL_OK && sasl_getprop(connection_, SASL_USERNAME, &name) == SASL_OK && name != nullptr)
    return {LoginStep::Kind::accepted, {}, static_cast<const char*>(name), {}};
  if (result == SASL_OK) return {LoginStep::Kind::unavailable, {}, {}, "the library names no user"};
  std::string detail = sasl_errstring(result, nullptr, nullptr);
  if (const char* more = sasl_errdetail(connection_); more != nullptr) {
    // "SASL(-13): authentication failure: checkpass failed" says the first words again.
    const char* const tail = std::strstr(more, detail.c_str());
    const std::string_view rest = tail != nullptr ? tail + detail.size() : more;
    if (rest.size() > 2) detail += tail != nullptr ? std::string(rest) : ": " + std::string(rest);
  }
  return {kind_of(result), {}, {}, std::move(detail)};
}

std::vector<std::string> CyrusConversation::mechanisms() {
  std::string problem;
  const char* list = nullptr;
  if (!open(problem) || sasl_listmech(connection_, nullptr, "", " ", "", &list, nullptr, nullptr) != SASL_OK ||
      list == nullptr) {
    complaints_.push_back(problem.empty() ? "no mechanism is available" : problem);
    return {};
  }
  std::vector<std::string> names;
  for (std::string_view rest(list); !rest.empty();) {
    const auto blank = rest.find(' ');
    if (blank != 0) names.emplace_back(rest.substr(0, blank));
    rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
  }
  return names;
}

}  // namespace gateway
