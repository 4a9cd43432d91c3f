#include "gateway/net/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace gateway {

namespace {

int place_in_context() {
  static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

bool use(const TicketKeys::Key& key, const unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
         bool encrypting) {
  std::array<OSSL_PARAM, 3> parameters{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("sha256"), 0),
      OSSL_PARAM_construct_end()};
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), vector, encrypting ? 1 : 0) == 1 &&
         EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

/// Of SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 0 = no ticket or a full handshake, 1 = good, 2 = good, but give a new
/// one.
int ticket_key(SSL* tls, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int encrypting) {
  auto* const keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), place_in_context()));
  if (keys == nullptr) return 0;
  const auto now = TicketKeys::Clock::now();
  const auto current = keys->current(now);
  if (!current) return 0;
  if (encrypting == 1) {
    if (RAND_bytes(vector, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return 0;
    std::copy(current->name.begin(), current->name.end(), name);
    return use(*current, vector, cipher, mac, true) ? 1 : -1;
  }
  const auto key = keys->find(name, now);
  if (!key) return 0;
  if (!use(*key, vector, cipher, mac, false)) return -1;
  return key == current ? 1 : 2;
}

}  // namespace

void TicketKeys::serve(SSL_CTX* context) {
  SSL_CTX_set_ex_data(context, place_in_context(), this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
  SSL_CTX_set_timeout(context, std::chrono::seconds(lifetime).count());
}

std::shared_ptr<const TicketKeys::Key> TicketKeys::current(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (current_ && now - current_->born < lifetime) return current_;
  auto key = std::make_shared<Key>();
  key->born = now;
  if (RAND_bytes(key->name.data(), static_cast<int>(key->name.size())) != 1 ||
      RAND_priv_bytes(key->cipher.data(), static_cast<int>(key->cipher.size())) != 1 ||
      RAND_priv_bytes(key->mac.data(), static_cast<int>(key->mac.size())) != 1)
    return nullptr;
  previous_ = std::exchange(current_, std::move(key));
  return current_;
}

std::shared_ptr<const TicketKeys::Key> TicketKeys::find(const unsigned char* name, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  for (const auto& key : {current_, previous_})
    if (key && now - key->born < 2 * lifetime && std::equal(key->name.begin(), key->name.end(), name)) return key;
  return nullptr;
}

}  // namespace gateway
