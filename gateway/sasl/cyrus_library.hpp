#pragma once

#include <string>

namespace gateway {

/// A function as the library's lists of callbacks hold it, whatever its parameters.
template <class Function>
auto as_cyrus_callback(Function* function) {
  return reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(function));
}

/// Makes libsasl2 safe for several threads. To be called before anything else of the library, by servers and clients
/// alike; any number of times.
void prepare_cyrus_threads();

/// The server side of libsasl2 with its plugins, loaded once for the process. The error is the library's; "" when it is
/// ready.
const std::string& prepare_cyrus_server();

}  // namespace gateway
