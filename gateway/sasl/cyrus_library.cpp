#include "gateway/sasl/cyrus_library.hpp"

#include <pthread.h>
#include <sasl/sasl.h>

#include <cstdlib>
#include <mutex>

namespace gateway {

namespace {

// What the library's own placeholder gives out as a mutex. libldap installs functions of its own that take a
// pthread_mutex_t as well, so whose come first does not matter.
bool is_placeholder(void* mutex) {
  return mutex == nullptr || mutex == reinterpret_cast<void*>(1);
}

void* make_mutex() {
  auto* const mutex = static_cast<pthread_mutex_t*>(std::calloc(1, sizeof(pthread_mutex_t)));
  if (mutex != nullptr) pthread_mutex_init(mutex, nullptr);
  return mutex;
}

int lock_mutex(void* mutex) {
  if (is_placeholder(mutex)) return SASL_OK;
  return pthread_mutex_lock(static_cast<pthread_mutex_t*>(mutex)) == 0 ? SASL_OK : SASL_FAIL;
}

int unlock_mutex(void* mutex) {
  if (is_placeholder(mutex)) return SASL_OK;
  return pthread_mutex_unlock(static_cast<pthread_mutex_t*>(mutex)) == 0 ? SASL_OK : SASL_FAIL;
}

void free_mutex(void* mutex) {
  if (is_placeholder(mutex)) return;
  pthread_mutex_destroy(static_cast<pthread_mutex_t*>(mutex));
  std::free(mutex);
}

int be_silent(void*, int, const char*) {
  return SASL_OK;
}

// Each login has a log of its own; without this the library would write to syslog beside it.
constexpr unsigned long end = SASL_CB_LIST_END;
const sasl_callback_t silent[] = {{SASL_CB_LOG, as_cyrus_callback(&be_silent), nullptr}, {end, nullptr, nullptr}};

}  // namespace

void prepare_cyrus_threads() {
  static std::once_flag once;
  std::call_once(once, [] { sasl_set_mutex(&make_mutex, &lock_mutex, &unlock_mutex, &free_mutex); });
}

const std::string& prepare_cyrus_server() {
  static const std::string problem = [] {
    prepare_cyrus_threads();
    const int result = sasl_server_init(silent, "smtpd");
    return result == SASL_OK ? std::string() : std::string(sasl_errstring(result, nullptr, nullptr));
  }();
  return problem;
}

}  // namespace gateway
