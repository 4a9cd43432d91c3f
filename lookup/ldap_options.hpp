#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lookup {

enum class LdapBind : std::uint8_t { none, simple, external };
enum class LdapTls : std::uint8_t { none, starttls, ldaps };
enum class VerifyCertificate : std::uint8_t { no, yes };
enum class Dereference : std::uint8_t { never, searching, finding, always };

/// How to reach and greet the LDAP servers of one directory.
struct LdapOptions {
  std::vector<std::string> servers;  // ldap:// ldaps:// ldapi:// URLs, preferred first
  LdapBind bind = LdapBind::none;
  std::string bind_dn, bind_password;
  LdapTls tls = LdapTls::none;  // starttls applies to ldap:// only; ldaps turns ldap:// URLs into ldaps://
  std::string ca_file, ca_directory, cert_file, key_file, cipher_suite;
  VerifyCertificate verify = VerifyCertificate::yes;
  std::chrono::milliseconds connect_timeout{2000};  // TCP, TLS and bind together, for each server
  std::chrono::milliseconds search_timeout{3000};
  int version = 3;
  Dereference dereference = Dereference::never;
  bool chase_referrals = false;
  std::size_t window = 64;                         // searches outstanding at the server
  std::size_t waiting = 20'000;                    // searches waiting for room in the window
  std::chrono::milliseconds probe_interval{1000};  // while no server answers
  std::chrono::seconds fail_back{30};              // how often the preferred server is tried again
};

}  // namespace lookup
