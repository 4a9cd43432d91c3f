#include "gateway/delivery/certificate_match.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <charconv>
#include <memory>
#include <optional>
#include <sstream>

#include "lookup/address.hpp"

namespace gateway {

namespace {

struct Tlsa {
  unsigned usage = 0, selector = 0, matching = 0;
  std::vector<unsigned char> octets;
};

std::optional<Tlsa> parse_tlsa(std::string_view record) {
  std::istringstream in{std::string(record)};
  Tlsa tlsa;
  std::string hex;
  if (!(in >> tlsa.usage >> tlsa.selector >> tlsa.matching >> hex) || hex.size() % 2 != 0) return std::nullopt;
  tlsa.octets.resize(hex.size() / 2);
  for (std::size_t at = 0; at < tlsa.octets.size(); ++at) {
    auto [end, error] = std::from_chars(hex.data() + 2 * at, hex.data() + 2 * at + 2, tlsa.octets[at], 16);
    if (error != std::errc{} || end != hex.data() + 2 * at + 2) return std::nullopt;
  }
  return tlsa;
}

std::string hex_of(const unsigned char* octets, unsigned size) {
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned at = 0; at < size; ++at) {
    hex += digits[octets[at] >> 4];
    hex += digits[octets[at] & 15];
  }
  return hex;
}

/// Lower-case hexadecimal without separators.
std::string plain_hex(std::string_view text) {
  std::string plain = lookup::ascii_lower(text);
  std::erase(plain, ':');
  return plain;
}

}  // namespace

bool is_usable_tlsa(std::string_view record) {
  const auto tlsa = parse_tlsa(record);
  // RFC 7672 3.1.3: SMTP clients use only DANE-TA(2) and DANE-EE(3).
  if (!tlsa || (tlsa->usage != 2 && tlsa->usage != 3) || tlsa->selector > 1) return false;
  switch (tlsa->matching) {
    case 0:
      return !tlsa->octets.empty();
    case 1:
      return tlsa->octets.size() == 32;
    case 2:
      return tlsa->octets.size() == 64;
    default:
      return false;
  }
}

bool add_tlsa(SSL* tls, std::string_view record) {
  const auto tlsa = parse_tlsa(record);
  return tlsa && is_usable_tlsa(record) &&
         SSL_dane_tlsa_add(tls, static_cast<std::uint8_t>(tlsa->usage), static_cast<std::uint8_t>(tlsa->selector),
                           static_cast<std::uint8_t>(tlsa->matching), tlsa->octets.data(), tlsa->octets.size()) > 0;
}

bool has_fingerprint(X509* certificate, const std::vector<std::string>& wanted) {
  struct Algorithm {
    std::string_view name;
    const EVP_MD* digest;
  };
  for (const Algorithm& algorithm :
       {Algorithm{"sha256:", EVP_sha256()}, {"sha1:", EVP_sha1()}, {"sha512:", EVP_sha512()}, {"md5:", EVP_md5()}}) {
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    std::string of_certificate, of_key;
    if (X509_digest(certificate, algorithm.digest, octets, &size) == 1) of_certificate = hex_of(octets, size);
    // Postfix takes the digest of the whole SubjectPublicKeyInfo.
    unsigned char* info = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &info);
    if (length > 0) {
      if (EVP_Digest(info, static_cast<std::size_t>(length), octets, &size, algorithm.digest, nullptr) == 1)
        of_key = hex_of(octets, size);
      OPENSSL_free(info);
    }
    for (const std::string& each : wanted) {
      std::string digest = lookup::ascii_lower(each);
      if (digest.starts_with(algorithm.name)) digest.erase(0, algorithm.name.size());
      digest = plain_hex(digest);
      if (!digest.empty() && (digest == of_certificate || digest == of_key)) return true;
    }
  }
  ERR_clear_error();
  return false;
}

bool is_fingerprint(std::string_view text) {
  std::string digest = lookup::ascii_lower(text);
  std::size_t size = 0;
  for (const auto& [name, octets] :
       {std::pair<std::string_view, std::size_t>{"md5:", 16}, {"sha1:", 20}, {"sha256:", 32}, {"sha512:", 64}})
    if (digest.starts_with(name)) {
      digest.erase(0, name.size());
      size = octets;
      break;
    }
  digest = plain_hex(digest);
  if (digest.find_first_not_of("0123456789abcdef") != std::string::npos) return false;
  const std::size_t found = digest.size();
  return size != 0 ? found == 2 * size : found == 32 || found == 40 || found == 64 || found == 128;
}

bool use_key_text(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace gateway
