#include "gateway/delivery/https_fetch.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <string_view>

#include "lookup/address.hpp"

namespace gateway {

namespace {

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

struct Body {
  std::string octets;
  std::size_t most = 0;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<Body*>(into);
  const std::size_t octets = size * count;
  if (body.octets.size() + octets > body.most) return 0;  // ends the transfer with an error
  body.octets.append(data, octets);
  return octets;
}

bool open_library() {
  static std::once_flag once;
  static bool opened = false;
  std::call_once(once, [] { opened = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; });
  return opened;
}

List addresses_of(const HttpsRequest& request) {
  std::string entry = request.host + ":" + std::to_string(request.port) + ":";
  for (std::size_t at = 0; at < request.addresses.size(); ++at) {
    if (at > 0) entry += ',';
    const std::string& address = request.addresses[at];
    entry += address.find(':') == std::string::npos ? address : "[" + address + "]";
  }
  return {curl_slist_append(nullptr, entry.c_str()), &curl_slist_free_all};
}

}  // namespace

tl::expected<std::string, std::string> fetch_https(const HttpsRequest& request) {
  if (!open_library()) return tl::unexpected<std::string>("the HTTPS client cannot be set up");
  const Curl curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return tl::unexpected<std::string>("the HTTPS client cannot be set up");
  const List addresses = addresses_of(request);
  const std::string url = "https://" + request.host + ":" + std::to_string(request.port) + request.path;
  Body body{{}, request.most_octets};
  char problem[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_RESOLVE, addresses.get());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca_file.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO, request.ca_file.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(request.limit.count()));
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "gatepost");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, problem);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_WRITE_ERROR) return tl::unexpected<std::string>("the document is too large");
  if (code != CURLE_OK) return tl::unexpected<std::string>(*problem != 0 ? problem : curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return tl::unexpected("the server answers with status " + std::to_string(status));
  const char* type = nullptr;
  curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type == nullptr || !lookup::ascii_lower(type).starts_with(request.content_type))
    return tl::unexpected("the document is not of type " + request.content_type);
  return std::move(body.octets);
}

}  // namespace gateway
