#include "gateway/delivery/sasl_client.hpp"

#include <sasl/sasl.h>
#include <sasl/saslutil.h>

#include <cstring>
#include <mutex>

namespace gateway {

namespace {

// Cyrus would write to syslog; what matters is in our own lines.
int be_silent(void*, int, const char*) {
  return SASL_OK;
}

/// The library takes pointers to functions of every type as int (*)().
template <class Function>
int (*any_callback(Function* function))() {
  return reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(function));
}

bool open_library() {
  static std::once_flag once;
  static int result = SASL_FAIL;
  std::call_once(once, [] {
    static const sasl_callback_t callbacks[] = {
        {SASL_CB_LOG, any_callback(&be_silent), nullptr},
        {SASL_CB_LIST_END, nullptr, nullptr},
    };
    result = sasl_client_init(callbacks);
  });
  return result == SASL_OK;
}

unsigned flag_of(std::string_view option) {
  if (option == "noplaintext") return SASL_SEC_NOPLAINTEXT;
  if (option == "noactive") return SASL_SEC_NOACTIVE;
  if (option == "nodictionary") return SASL_SEC_NODICTIONARY;
  if (option == "noanonymous") return SASL_SEC_NOANONYMOUS;
  if (option == "mutual_auth") return SASL_SEC_MUTUAL_AUTH;
  if (option == "forward_secrecy") return SASL_SEC_FORWARD_SECRECY;
  return 0;
}

std::string complaint(int code) {
  return sasl_errstring(code, nullptr, nullptr);
}

}  // namespace

struct SaslClient::Callbacks {
  explicit Callbacks(const PeerLogin& login) : user(login.user), secret(sizeof(sasl_secret_t) + login.password.size()) {
    auto* held = reinterpret_cast<sasl_secret_t*>(secret.data());
    held->len = login.password.size();
    std::memcpy(held->data, login.password.data(), login.password.size());
    list[0] = {SASL_CB_USER, any_callback(&Callbacks::give_authorization), this};
    list[1] = {SASL_CB_AUTHNAME, any_callback(&Callbacks::give_user), this};
    list[2] = {SASL_CB_PASS, any_callback(&Callbacks::give_secret), this};
    list[3] = {SASL_CB_LOG, any_callback(&be_silent), nullptr};
    list[4] = {SASL_CB_LIST_END, nullptr, nullptr};
  }
  ~Callbacks() { std::memset(secret.data(), 0, secret.size()); }

  static int give_user(void* context, int, const char** result, unsigned* length) {
    const auto& user = static_cast<Callbacks*>(context)->user;
    *result = user.c_str();
    if (length != nullptr) *length = static_cast<unsigned>(user.size());
    return SASL_OK;
  }
  // Nobody else than the user who logs in is to act.
  static int give_authorization(void*, int, const char** result, unsigned* length) {
    *result = "";
    if (length != nullptr) *length = 0;
    return SASL_OK;
  }
  static int give_secret(sasl_conn_t*, void* context, int, sasl_secret_t** result) {
    *result = reinterpret_cast<sasl_secret_t*>(static_cast<Callbacks*>(context)->secret.data());
    return SASL_OK;
  }

  std::string user;
  std::vector<char> secret;
  sasl_callback_t list[5] = {};
};

SaslClient::SaslClient(Wishes wishes)
    : wishes_(std::move(wishes)), callbacks_(std::make_unique<Callbacks>(wishes_.login)) {}

SaslClient::~SaslClient() {
  if (connection_ != nullptr) sasl_dispose(&connection_);
}

tl::expected<SaslClient::Start, std::string> SaslClient::start(const std::vector<std::string>& mechanisms) {
  if (!open_library()) return tl::unexpected<std::string>("the SASL library cannot be set up");
  int code = sasl_client_new("smtp", wishes_.host.c_str(), nullptr, nullptr, callbacks_->list, 0, &connection_);
  if (code != SASL_OK) return tl::unexpected(complaint(code));
  sasl_security_properties_t properties{};
  for (const auto& option : wishes_.security_options) properties.security_flags |= flag_of(option);
  sasl_setprop(connection_, SASL_SEC_PROPS, &properties);
  std::string list;
  for (const auto& each : mechanisms) list += (list.empty() ? "" : " ") + each;
  const char *output = nullptr, *chosen = nullptr;
  unsigned length = 0;
  code = sasl_client_start(connection_, list.c_str(), nullptr, &output, &length, &chosen);
  if (code == SASL_NOMECH) return tl::unexpected<std::string>("no mechanism available");
  if (code != SASL_OK && code != SASL_CONTINUE) return tl::unexpected(complaint(code));
  Start start{chosen == nullptr ? "" : chosen, std::nullopt};
  if (output != nullptr) start.initial = std::string(output, length);
  return start;
}

tl::expected<std::string, std::string> SaslClient::step(std::string_view challenge) {
  std::string octets(challenge.size() + 1, '\0');
  unsigned size = 0;
  if (!challenge.empty() && sasl_decode64(challenge.data(), static_cast<unsigned>(challenge.size()), octets.data(),
                                          static_cast<unsigned>(octets.size()), &size) != SASL_OK)
    return tl::unexpected<std::string>("malformed challenge");
  const char* output = nullptr;
  unsigned length = 0;
  const int code = sasl_client_step(connection_, octets.data(), size, nullptr, &output, &length);
  if (code != SASL_OK && code != SASL_CONTINUE) return tl::unexpected(complaint(code));
  return output == nullptr ? std::string() : std::string(output, length);
}

}  // namespace gateway
