#include "lookup/password.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <vector>

#include "lookup/entry.hpp"

namespace lookup {

namespace {

bool same_octets(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string decode_base64(std::string_view text) {
  std::vector<unsigned char> octets(text.size() / 4 * 3 + 3);
  const int size = EVP_DecodeBlock(octets.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  std::string decoded(octets.begin(), octets.begin() + size);
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
    text.remove_suffix(1);
    decoded.pop_back();
  }
  return decoded;
}

// The digest of the password and the salt, followed by the salt.
bool digest_matches(const EVP_MD* kind, std::string_view coded, const std::string& given) {
  const auto octets = decode_base64(coded);
  const auto size = static_cast<std::size_t>(EVP_MD_get_size(kind));
  if (octets.size() < size) return false;
  const auto salt = std::string_view(octets).substr(size);
  const auto salted = given + std::string(salt);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int made = 0;
  if (EVP_Digest(salted.data(), salted.size(), digest, &made, kind, nullptr) != 1) return false;
  return same_octets({reinterpret_cast<const char*>(digest), made}, std::string_view(octets).substr(0, size));
}

bool crypt_matches(std::string_view coded, const std::string& given) {
  const auto room = std::make_unique<crypt_data>();
  const std::string setting(coded);
  const char* made = crypt_r(given.c_str(), setting.c_str(), room.get());
  return made != nullptr && *made != '*' && same_octets(made, setting);
}

}  // namespace

bool password_matches(std::string_view stored, const std::string& given) {
  if (given.empty() || given.find('\0') != std::string::npos) return false;
  const auto end = stored.starts_with('{') ? stored.find('}') : std::string_view::npos;
  if (end == std::string_view::npos) return same_octets(stored, given);
  const auto scheme = stored.substr(1, end - 1);
  const auto rest = stored.substr(end + 1);
  if (same_name(scheme, "CLEARTEXT")) return same_octets(rest, given);
  if (same_name(scheme, "CRYPT")) return crypt_matches(rest, given);
  if (same_name(scheme, "SSHA") || same_name(scheme, "SHA")) return digest_matches(EVP_sha1(), rest, given);
  if (same_name(scheme, "SSHA256") || same_name(scheme, "SHA256")) return digest_matches(EVP_sha256(), rest, given);
  if (same_name(scheme, "SSHA512") || same_name(scheme, "SHA512")) return digest_matches(EVP_sha512(), rest, given);
  return false;
}

}  // namespace lookup
