#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/cli/verbs.hpp"

namespace gateway::cli {
namespace {

struct Outcome {
  int code = 0;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& words) {
  for (const auto& verb : verbs()) {
    if (verb.name != words[0]) continue;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code = verb.run(std::span(words).subspan(1));
    outcome.out = testing::internal::GetCapturedStdout();
    outcome.err = testing::internal::GetCapturedStderr();
    return outcome;
  }
  ADD_FAILURE() << "no verb " << words[0];
  return {};
}

class ConfigVerbs : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("gatepost_verbs_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
};

TEST_F(ConfigVerbs, check_says_ok) {
  const std::string file = write("g.yaml", "hostname: mx.example.com\n");
  const auto outcome = run({"check", "-c", file});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, file + ": ok\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(ConfigVerbs, check_counts_errors) {
  const std::string file =
      write("g.yaml", "hostname: mx.example.com\nlimit: {}\nlisteners:\n  - {name: mx, prot: 25}\n");
  const auto outcome = run({"check", "--config=" + file});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, file + ":2:1: error: unknown key \"limit\"; did you mean \"limits\"?\n" + file +
                             ":4:16: error: unknown key \"prot\" in listeners.mx; did you mean \"port\"?\n" + file +
                             ": 2 errors\n");
}

TEST_F(ConfigVerbs, check_fails_on_warnings_only_when_strict) {
  const std::string file = write("g.yaml", "hostname: mx.example.com\ndomains: {a.example: {class: relay}}\n");
  const auto relaxed = run({"check", "-c", file});
  EXPECT_EQ(relaxed.code, 0);
  EXPECT_EQ(relaxed.out, file + ": 1 warning\n");
  EXPECT_EQ(run({"check", "--strict", "-c", file}).code, 2);
}

TEST_F(ConfigVerbs, unknown_options_are_usage_errors) {
  EXPECT_EQ(run({"check", "--stict"}).code, 64);
  EXPECT_EQ(run({"check", "-c"}).code, 64);
  EXPECT_EQ(run({"config"}).code, 64);
  EXPECT_EQ(run({"config", "shwo"}).code, 64);
  EXPECT_EQ(run({"config", "schema", "x"}).code, 64);
}

TEST_F(ConfigVerbs, the_environment_names_the_file) {
  const std::string file = write("e.yaml", "hostname: mx.example.com\n");
  ::setenv("GATEPOST_CONFIG", file.c_str(), 1);
  const auto outcome = run({"check"});
  ::unsetenv("GATEPOST_CONFIG");
  EXPECT_EQ(outcome.out, file + ": ok\n");
}

TEST_F(ConfigVerbs, show_prints_values) {
  const std::string file = write(
      "g.yaml",
      "hostname: mx.example.com\nlimits: {message_size_limit: 52428800}\nroutes: {default: {relay: \"[h]:25\"}}\n");
  const auto changed = run({"config", "show", "--changed", "-c", file});
  EXPECT_EQ(changed.code, 0);
  EXPECT_EQ(changed.out,
            "hostname: mx.example.com\nroutes.default.relay: [\"[h]:25\"]\nlimits.message_size_limit: 50M\n");
  const auto all = run({"config", "show", "-c", file});
  EXPECT_NE(all.out.find("\nlisteners.mx.port: 25\n"), std::string::npos);
  EXPECT_NE(all.out.find("\nmydomain: example.com\n"), std::string::npos);
}

TEST_F(ConfigVerbs, texts_are_printed) {
  EXPECT_EQ(run({"config", "schema"}).out.substr(0, 2), "{\n");
  EXPECT_NE(run({"config", "reference"}).out.find("# Configuration reference"), std::string::npos);
  EXPECT_NE(run({"config", "template"}).out.find("\nhostname: "), std::string::npos);
}

// Writes NAME.pem and NAME.key for mx.example.com, valid until `days` from now.
void write_certificate(const std::filesystem::path& folder, const std::string& name, int days) {
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* const certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60L * 60 * 24 * 30);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 60L * 60 * 24 * days);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("mx.example.com"), -1, -1, 0);
  // From nobody in particular: the chain to its authority is missing.
  X509_NAME* const issuer = X509_get_subject_name(certificate);
  if (name != "alone") X509_set_issuer_name(certificate, issuer);
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* file = std::fopen((folder / (name + ".pem")).c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen((folder / (name + ".key")).c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  std::filesystem::permissions(folder / (name + ".key"), std::filesystem::perms::owner_read);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TEST_F(ConfigVerbs, live_check_looks_at_certificates) {
  write_certificate(folder_, "good", 100);
  write_certificate(folder_, "old", -1);
  write_certificate(folder_, "soon", 3);
  write_certificate(folder_, "alone", 100);
  const auto checked = [&](const std::string& certificate) {
    const std::string file = write("g.yaml",
                                   "hostname: mx.example.com\nlisteners: [{name: mx, port: 0, address: "
                                   "127.0.0.1}]\ntls:\n  certificates:\n    - " +
                                       certificate + "\n");
    return run({"check", "--live", "-c", file}).err;
  };
  EXPECT_EQ(checked("{names: mx.example.com, cert: good.pem, key: good.key}"), "");
  EXPECT_NE(checked("{cert: old.pem, key: old.key}")
                .find("g.yaml:5:7: error: " + (folder_ / "old.pem").string() + " has expired"),
            std::string::npos);
  EXPECT_NE(
      checked("{cert: soon.pem, key: soon.key}").find("warning: " + (folder_ / "soon.pem").string() + " expires in "),
      std::string::npos);
  EXPECT_NE(checked("{cert: alone.pem, key: alone.key}").find("alone.pem does not lead to an authority"),
            std::string::npos);
  EXPECT_NE(checked("{cert: good.pem, key: old.key}").find("old.key does not belong to "), std::string::npos);
  EXPECT_NE(
      checked("{names: other.example, cert: good.pem, key: good.key}").find("is not for the name \"other.example\""),
      std::string::npos);
  EXPECT_NE(checked("{cert: good.key, key: good.key}").find("holds no PEM certificate"), std::string::npos);
}

TEST_F(ConfigVerbs, live_check_asks_ports_and_directory_servers) {
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(::listen(taken, 4), 0);
  ASSERT_EQ(::getsockname(taken, reinterpret_cast<sockaddr*>(&name), &size), 0);
  const std::string port = std::to_string(ntohs(name.sin_port));
  const std::string file =
      write("g.yaml", "hostname: mx.example.com\nlisteners: [{name: mx, port: " + port +
                          ", address: 127.0.0.1}]\ndirectories:\n  up: {servers: \"ldap://127.0.0.1:" + port +
                          "\"}\n  down: {servers: \"ldap://127.0.0.1:1\"}\n  half: {servers: [\"ldap://127.0.0.1:1\", "
                          "\"ldap://127.0.0.1:" +
                          port + "\"]}\n");
  const auto outcome = run({"check", "--live", "-c", file});
  ::close(taken);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find(":2:13: warning: listener \"mx\": 127.0.0.1 port " + port + ": in use"), std::string::npos)
      << outcome.err;
  // A port that takes connections is no directory server yet: it must answer.
  EXPECT_NE(outcome.err.find("error: directory \"down\": ldap://127.0.0.1:1: "), std::string::npos) << outcome.err;
  for (const auto* mute : {"up", "half"})
    EXPECT_NE(outcome.err.find("error: directory \"" + std::string(mute) + "\": ldap://127.0.0.1:" + port + ": "),
              std::string::npos)
        << outcome.err;
}

}  // namespace
}  // namespace gateway::cli
