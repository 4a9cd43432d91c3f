#include "lookup/ldap_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

namespace lookup {
namespace {

/// A self-signed certificate for ldap.example.com; it is its own authority.
class LdapCertificate : public ::testing::Test {
 protected:
  explicit LdapCertificate(long ends = 3600)
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), ends);
    X509_set_pubkey(certificate_.get(), key_.get());
    X509_NAME* const name = X509_get_subject_name(certificate_.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("ldap.example.com"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate_.get(), name);
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
    unsigned char* octets = nullptr;
    const int size = i2d_X509(certificate_.get(), &octets);
    encoded_.assign(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
    OPENSSL_free(octets);
    char path[] = "/tmp/gatepost-test-XXXXXX";
    const std::unique_ptr<FILE, decltype(&std::fclose)> file(::fdopen(::mkstemp(path), "w"), &std::fclose);
    PEM_write_X509(file.get(), certificate_.get());
    file_ = path;
  }
  ~LdapCertificate() override { std::filesystem::remove(file_); }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
  std::string encoded_, file_;
};

class ExpiredLdapCertificate : public LdapCertificate {
 protected:
  ExpiredLdapCertificate() : LdapCertificate(-3600) {}
};

TEST_F(LdapCertificate, is_good_for_its_name_and_authority) {
  EXPECT_EQ(judge_certificate(encoded_, "ldap.example.com", file_), "");
}

TEST_F(LdapCertificate, of_an_unknown_authority_is_told) {
  EXPECT_NE(
      judge_certificate(encoded_, "ldap.example.com", "/dev/null").find("CN=ldap.example.com is not trusted: self"),
      std::string::npos);
}

TEST_F(LdapCertificate, for_another_name_is_told) {
  EXPECT_NE(judge_certificate(encoded_, "192.0.2.1", file_).find("not for 192.0.2.1"), std::string::npos);
}

TEST_F(ExpiredLdapCertificate, is_told) {
  EXPECT_NE(judge_certificate(encoded_, "ldap.example.com", file_).find("expired"), std::string::npos);
}

TEST_F(LdapCertificate, that_is_none_says_nothing) {
  EXPECT_EQ(judge_certificate("junk", "ldap.example.com", file_), "");
}

}  // namespace
}  // namespace lookup
