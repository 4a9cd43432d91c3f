// What is wrong between settings and a real server, told by name.
#include "lookup/directory_probe.hpp"

#include <gtest/gtest.h>

#include "company.hpp"
#include "slapd_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using lookup::ProbeFault;
using lookup_test::Slapd;
using Subject = ProbeFault::Subject;

lookup::DirectoryOptions options_for(const std::string& server) {
  lookup::DirectoryOptions options;
  options.name = "people";
  options.ldap.servers = {server};
  options.ldap.connect_timeout = 2s;
  options.ldap.search_timeout = 5s;
  options.search_base = "dc=example,dc=com";
  return options;
}

std::vector<ProbeFault> probe(const lookup::DirectoryOptions& options, const std::string& served = "example.com") {
  return lookup::probe_directory(options, [&](std::string_view domain) { return domain == served; });
}

/// Is there a fault of this subject and severity whose text has these words?
testing::AssertionResult tells(const std::vector<ProbeFault>& faults, Subject subject, bool works,
                               std::string_view words) {
  std::string all;
  for (const auto& fault : faults) {
    if (fault.subject == subject && fault.works == works && fault.text.find(words) != std::string::npos)
      return testing::AssertionSuccess();
    all += "\n  " + fault.text;
  }
  return testing::AssertionFailure() << "nothing of \"" << words << "\" in:" << all;
}

class DirectoryProbe : public testing::Test {
 protected:
  static void SetUpTestSuite() { slapd_ = new Slapd(lookup_test::company); }
  static void TearDownTestSuite() {
    delete slapd_;
    slapd_ = nullptr;
  }
  static Slapd* slapd_;
};

Slapd* DirectoryProbe::slapd_ = nullptr;

TEST_F(DirectoryProbe, finds_the_domains_that_are_not_served) {
  const auto faults = probe(options_for(slapd_->url()));
  EXPECT_EQ(faults.size(), 1U);
  EXPECT_TRUE(tells(faults, Subject::search_base, true,
                    "1 of 10 addresses are in domains that are not served: catch.example (1)"));
}

TEST_F(DirectoryProbe, tells_a_server_that_cannot_be_reached) {
  const auto gone = "ldap://127.0.0.1:" + std::to_string(lookup_test::free_port());
  EXPECT_TRUE(tells(probe(options_for(gone)), Subject::servers, false, gone));
  auto both = options_for(gone);
  both.ldap.servers.push_back(slapd_->url());
  EXPECT_TRUE(tells(probe(both), Subject::servers, true, gone)) << "one server that answers is enough to work";
}

TEST_F(DirectoryProbe, tells_a_refused_bind) {
  auto options = options_for(slapd_->url());
  options.ldap.bind = lookup::LdapBind::simple;
  options.ldap.bind_dn = "cn=admin,dc=example,dc=com";
  options.ldap.bind_password = "wrong";
  EXPECT_TRUE(tells(probe(options), Subject::bind, false, "Invalid credentials"));
}

TEST_F(DirectoryProbe, tells_a_missing_base_and_what_there_is) {
  auto options = options_for(slapd_->url());
  options.search_base = "ou=people,dc=example,dc=org";
  const auto faults = probe(options);
  EXPECT_TRUE(tells(faults, Subject::search_base, false, "\"ou=people,dc=example,dc=org\" does not exist"));
  EXPECT_TRUE(tells(faults, Subject::search_base, false, "it holds dc=example,dc=com"));
}

TEST_F(DirectoryProbe, tells_that_nothing_matches) {
  auto options = options_for(slapd_->url());
  options.search_base = "uid=mvegas,ou=People,dc=example,dc=com";
  options.preset = "custom";
  EXPECT_TRUE(tells(probe(options), Subject::search_base, true, "nothing below it matches preset custom: (mail=%s)"));
}

TEST_F(DirectoryProbe, tells_attributes_that_the_schema_does_not_know) {
  auto options = options_for(slapd_->url());
  options.preset = "iredmail";
  const auto faults = probe(options);
  EXPECT_TRUE(tells(faults, Subject::preset, true, "does not know shadowaddress: nobody is found by it"));
  EXPECT_TRUE(
      tells(faults, Subject::preset, true, "does not know domainstatus: a filter with it below \"!\" matches nobody"));
  options.preset = "custom";
  options.overrides = {{"recipient", "(|(mail=%s)(jpegPhoto=%s))"}};
  EXPECT_TRUE(tells(probe(options), Subject::preset, true, "jpegphoto has no rule for equality"));
}

TEST_F(DirectoryProbe, an_ldif_file_is_no_server) {
  EXPECT_TRUE(probe(options_for("ldif:/nonexistent.ldif")).empty());
}

}  // namespace
