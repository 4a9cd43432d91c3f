// The questions of a gateway, put to the same company as an LDIF file and as a live server.
#include <gtest/gtest.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "company.hpp"
#include "lookup/directory_options.hpp"
#include "slapd_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using lookup::Address;
using lookup::Directory;
using lookup::DirectoryAnswer;
using lookup::DirectoryOptions;
using lookup::LoginResult;
using lookup_test::Slapd;
using Clock = std::chrono::steady_clock;
using Addresses = std::vector<std::string>;

class Company {
 public:
  virtual ~Company() = default;

  template <typename Condition>
  void run_until(Condition condition) {
    const auto end = Clock::now() + 10s;
    while (!condition() && Clock::now() < end) {
      loop_.restart();
      loop_.run_one_for(50ms);
    }
    EXPECT_TRUE(condition());
  }

  DirectoryAnswer find(const std::string& local, const std::string& domain = "example.com") {
    std::optional<DirectoryAnswer> answer;
    directory_->find_recipient({local, domain}, [&](const DirectoryAnswer& given) { answer = given; });
    run_until([&] { return answer.has_value(); });
    return answer.value_or(DirectoryAnswer{});
  }

  LoginResult login(const std::string& who, const std::string& password) {
    std::optional<LoginResult> result;
    directory_->check_password(who, password, [&](LoginResult given, const DirectoryAnswer&) { result = given; });
    run_until([&] { return result.has_value(); });
    return result.value_or(LoginResult::unavailable);
  }

  lookup::Answer owns(const std::string& who, const Address& sender) {
    std::optional<lookup::Answer> answer;
    directory_->owns_sender(who, sender, [&](const lookup::Answer& given) { answer = given; });
    run_until([&] { return answer.has_value(); });
    return answer.value_or(lookup::Answer{});
  }

  void open(const DirectoryOptions& options, std::shared_ptr<const lookup::EntryStore> store = nullptr) {
    auto made = lookup::make_directory(options, loop_, std::move(store));
    ASSERT_TRUE(made.has_value()) << made.error();
    directory_ = std::move(*made);
  }

  static DirectoryOptions options(const std::string& server) {
    DirectoryOptions options;
    options.name = "people";
    options.ldap.servers = {server};
    options.ldap.connect_timeout = 1s;
    options.ldap.search_timeout = 2s;
    options.ldap.probe_interval = 50ms;
    options.search_base = "dc=example,dc=com";
    options.local_hosts = {"mx.example.com"};
    return options;
  }

  asio::io_context loop_;
  std::unique_ptr<Directory> directory_;
};

/// A file that is gone after the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path(std::filesystem::temp_directory_path() / ("company." + std::to_string(::getpid()) + ".ldif")) {
    std::ofstream(path) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string path;
};

class DirectoryOf : public testing::TestWithParam<const char*>, public Company {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam()) == "ldif") {
      file_ = std::make_unique<TemporaryFile>(lookup_test::company);
      open(options("ldif:" + file_->path));
    } else {
      slapd_ = std::make_unique<Slapd>(lookup_test::company);
      open(options(slapd_->url()));
    }
    ASSERT_TRUE(directory_);
  }
  void TearDown() override { directory_.reset(); }

  std::unique_ptr<TemporaryFile> file_;
  std::unique_ptr<Slapd> slapd_;
};

TEST_P(DirectoryOf, finds_a_mailbox) {
  const auto answer = find("Vegas", "EXAMPLE.com");
  ASSERT_TRUE(answer.is_found()) << answer.detail;
  EXPECT_EQ(answer.entry.dn, "uid=mvegas,ou=People,dc=example,dc=com");
  EXPECT_EQ(answer.entry.home, "/home/vmail/virtual.example.com/mvegas/");
  EXPECT_EQ(answer.entry.uid, 1006U);
  EXPECT_EQ(answer.entry.gid, 1007U);
  EXPECT_EQ(answer.entry.user, "mvegas");
  EXPECT_EQ(answer.entry.addresses, (Addresses{"mvegas@example.com", "vegas@example.com"}));
  EXPECT_TRUE(answer.entry.forward.empty());
  EXPECT_TRUE(answer.entry.may_receive && answer.entry.may_login);
  EXPECT_FALSE(answer.server.empty());
  EXPECT_NE(answer.filter.find("mailLocalAddress=Vegas@EXAMPLE.com"), std::string::npos) << answer.filter;
}

TEST_P(DirectoryOf, misses_who_is_not_there) {
  for (const auto* local : {"nobody", "*", "mvegas)(uid=*", ")", "\\2a"}) {
    const auto answer = find(local);
    EXPECT_TRUE(answer.is_absent()) << local << ": " << answer.detail;
  }
}

TEST_P(DirectoryOf, decides_by_host_and_routing_address) {
  const auto away = find("away").entry;
  EXPECT_EQ(away.forward, Addresses{"away@elsewhere.example"});
  EXPECT_EQ(away.mail_host, "");
  const auto inner = find("inner").entry;
  EXPECT_TRUE(inner.forward.empty());
  EXPECT_EQ(inner.mail_host, "exchange.example.com");
  const auto here = find("here").entry;
  EXPECT_EQ(here.mail_host, "") << "a host that is this machine is no relay";
  const auto both = find("both").entry;
  EXPECT_EQ(both.forward, Addresses{"both@inside.example"});
  EXPECT_EQ(both.mail_host, "exchange.example.com");
}

TEST_P(DirectoryOf, answers_for_a_domain_only_when_asked_for_it) {
  EXPECT_TRUE(find("anyone", "catch.example").is_absent());
  const auto answer = find("", "catch.example");
  ASSERT_TRUE(answer.is_found()) << answer.detail;
  EXPECT_EQ(answer.entry.forward, Addresses{"all@example.com"});
  EXPECT_TRUE(find("", "example.com").is_absent());
}

TEST_P(DirectoryOf, refuses_entries_that_must_not_be_used) {
  const auto hostile = find("hostile");
  EXPECT_EQ(hostile.reason, lookup::Unavailable::malformed);
  EXPECT_NE(hostile.detail.find("uid=hostile,ou=People"), std::string::npos) << hostile.detail;
  const auto twin = find("twin");
  EXPECT_EQ(twin.reason, lookup::Unavailable::malformed);
  EXPECT_NE(twin.detail.find("uid=twin1,ou=People"), std::string::npos) << twin.detail;
}

TEST_P(DirectoryOf, expands_groups_in_groups_once) {
  const auto team = find("team");
  ASSERT_TRUE(team.is_found()) << team.detail;
  EXPECT_TRUE(team.entry.is_group);
  auto members = team.entry.members;
  std::sort(members.begin(), members.end());
  EXPECT_EQ(members, (Addresses{"away@example.com", "mvegas@example.com", "outside@partner.example"}));
}

TEST_P(DirectoryOf, checks_passwords) {
  EXPECT_EQ(login("mvegas", "s3cret"), LoginResult::ok);
  EXPECT_EQ(login("vegas@example.com", "s3cret"), LoginResult::ok);
  EXPECT_EQ(login("mvegas", "wrong"), LoginResult::refused);
  EXPECT_EQ(login("mvegas", ""), LoginResult::refused);
  EXPECT_EQ(login("nobody", "s3cret"), LoginResult::refused);
  EXPECT_EQ(login("*", "s3cret"), LoginResult::refused);
  EXPECT_EQ(login("away", "secret"), LoginResult::ok);
}

TEST_P(DirectoryOf, knows_whose_sender_it_is) {
  EXPECT_TRUE(owns("mvegas", {"Vegas", "example.com"}).is_found());
  EXPECT_TRUE(owns("mvegas@example.com", {"mvegas", "example.com"}).is_found());
  EXPECT_TRUE(owns("mvegas", {"away", "example.com"}).is_absent());
  EXPECT_TRUE(owns("nobody", {"mvegas", "example.com"}).is_absent());
}

INSTANTIATE_TEST_SUITE_P(From, DirectoryOf, testing::Values("ldif", "slapd"),
                         [](const auto& test) { return std::string(test.param); });

class DirectoryTest : public testing::Test, public Company {};

TEST_F(DirectoryTest, expands_members_by_name_and_sender_by_filter) {
  TemporaryFile file(lookup_test::company);
  auto options = Company::options("ldif:" + file.path);
  options.overrides = {{"group", "(&(objectClass=groupOfNames)(cn=%u))"},
                       {"sender_owner", "(&(uid=%{login})(mailLocalAddress=%s))"}};
  open(options);
  const auto staff = directory_->find_recipient_now({"staff", "example.com"});
  ASSERT_TRUE(staff && staff->is_found());
  EXPECT_EQ(staff->entry.members, (Addresses{"mvegas@example.com", "away@example.com"}));
  EXPECT_TRUE(owns("mvegas", {"vegas", "example.com"}).is_found());
  EXPECT_TRUE(owns("*", {"vegas", "example.com"}).is_absent());
}

TEST_F(DirectoryTest, reads_active_directory) {
  TemporaryFile file(
      "dn: CN=Lea,DC=ad\nobjectClass: user\nobjectCategory: person\nsAMAccountName: lea\nproxyAddresses: "
      "smtp:l@example.com\n"
      "proxyAddresses: SMTP:Lea@example.com\nproxyAddresses: x400:c=fr;a= ;\nproxyAddresses: sip:lea@sip.example\n"
      "userPassword: pw\nuserAccountControl: 512\n\n"
      "dn: CN=Room,DC=ad\nobjectClass: user\nobjectCategory: person\nsAMAccountName: room\n"
      "proxyAddresses: SMTP:room@example.com\nuserPassword: pw\nuserAccountControl: 514\n\n"
      "dn: CN=All,DC=ad\nobjectClass: group\nproxyAddresses: SMTP:all@example.com\nmember: CN=Lea,DC=ad\n"
      "member: CN=Inner,DC=ad\n\n"
      "dn: CN=Inner,DC=ad\nobjectClass: group\nmember: CN=Room,DC=ad\nmember: CN=All,DC=ad\n");
  auto options = Company::options("ldif:" + file.path);
  options.preset = "active-directory";
  options.search_base = "DC=ad";
  open(options);
  const auto lea = find("L").entry;
  EXPECT_EQ(lea.addresses, (Addresses{"Lea@example.com", "l@example.com"}));
  EXPECT_EQ(lea.user, "lea");
  const auto room = find("room");
  EXPECT_TRUE(room.is_found()) << "a disabled account may be a meeting room";
  EXPECT_TRUE(room.entry.may_receive);
  EXPECT_FALSE(room.entry.may_login);
  EXPECT_EQ(find("all").entry.members, (Addresses{"Lea@example.com", "room@example.com"}));
  EXPECT_EQ(login("lea", "pw"), LoginResult::ok);
  EXPECT_EQ(login("room", "pw"), LoginResult::refused);
  EXPECT_TRUE(owns("lea", {"l", "example.com"}).is_found());
}

TEST_F(DirectoryTest, refuses_who_has_no_route_when_told_so) {
  TemporaryFile file(lookup_test::company);
  auto options = Company::options("ldif:" + file.path);
  options.overrides = {{"recipient.refuse_unrouted", "yes"}};
  open(options);
  EXPECT_TRUE(find("mvegas").is_absent()) << "neither host nor routing address: sendmail's other choice";
  for (const auto* routed : {"away", "inner", "here", "both"}) EXPECT_TRUE(find(routed).is_found()) << routed;
}

TEST_F(DirectoryTest, shares_one_store) {
  TemporaryFile file(lookup_test::company + std::string("\ndn: uid=broken\nmail\n"));
  const auto options = Company::options("ldif:" + file.path);
  const auto loaded = lookup::load_store(options);
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  ASSERT_EQ(loaded->faults.size(), 1U);
  open(options, loaded->store);
  EXPECT_TRUE(find("mvegas").is_found());
  EXPECT_EQ(loaded->store.use_count(), 3);
}

TEST_F(DirectoryTest, options_that_cannot_work_are_told) {
  asio::io_context loop;
  auto options = Company::options("ldif:/nonexistent.ldif");
  const auto missing = lookup::make_directory(options, loop);
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().find("/nonexistent.ldif"), std::string::npos);
  options.overrides = {{"recipient.hme", "x"}};
  const auto wrong = lookup::make_directory(options, loop);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_NE(wrong.error().find("recipient.home"), std::string::npos) << wrong.error();
}

TEST_F(DirectoryTest, remembers_and_serves_stale_answers_while_the_server_is_gone) {
  Slapd slapd(lookup_test::company);
  auto options = Company::options(slapd.url());
  options.cache_positive = 60s;
  options.cache_negative = 60s;
  open(options);
  EXPECT_EQ(find("mvegas").source, lookup::Source::live);
  EXPECT_EQ(find("mvegas").source, lookup::Source::cache);
  EXPECT_TRUE(find("nobody").is_absent());
  EXPECT_EQ(find("nobody").source, lookup::Source::cache);
  options.cache_positive = options.cache_negative = 0s;
  options.cache_stale = 60s;
  open(options);
  EXPECT_EQ(find("mvegas").source, lookup::Source::live);
  EXPECT_TRUE(find("nobody").is_absent());
  slapd.stop();
  const auto stale = find("mvegas");
  EXPECT_TRUE(stale.is_found());
  EXPECT_EQ(stale.source, lookup::Source::cache);
  EXPECT_TRUE(find("nobody").is_unavailable());
  EXPECT_TRUE(find("away").is_unavailable());
  EXPECT_EQ(login("mvegas", "s3cret"), LoginResult::unavailable);
  slapd.start();
  run_until([&] { return find("away").is_found(); });
}

/// Counts what a directory says of its cache and its questions.
class Counting final : public lookup::DirectoryObserver {
 public:
  void looked_up(lookup::DirectoryQuery, lookup::Source source, lookup::Answer::Kind) override { ++lookups[source]; }
  void operated(lookup::LdapOperation operation, std::string_view, double) override {
    searches += operation == lookup::LdapOperation::search;
  }
  void cache_changed(std::int64_t change, bool evicted) override {
    cached += change;
    evictions += evicted;
  }
  void server_changed(std::string_view, bool) override {}

  std::map<lookup::Source, int> lookups;
  int searches = 0, evictions = 0;
  std::int64_t cached = 0;
};

TEST_F(DirectoryTest, asks_again_before_an_answer_is_too_old) {
  Slapd slapd(lookup_test::company);
  Counting counted;
  auto options = Company::options(slapd.url());
  options.cache_positive = 2s;
  directory_ = std::move(*lookup::make_directory(options, loop_, nullptr, &counted));
  EXPECT_EQ(find("mvegas").source, lookup::Source::live);
  EXPECT_EQ(counted.searches, 1);
  run_until([&] { return find("mvegas").source == lookup::Source::cache && counted.searches == 2; });
  EXPECT_EQ(counted.lookups[lookup::Source::live], 2) << "nobody waited for the second";
  slapd.stop();
  EXPECT_EQ(find("mvegas").source, lookup::Source::cache);
  directory_.reset();
  EXPECT_EQ(counted.cached, 0);
}

TEST_F(DirectoryTest, a_full_cache_lets_one_go) {
  Slapd slapd(lookup_test::company);
  Counting counted;
  auto options = Company::options(slapd.url());
  options.cache_positive = options.cache_negative = 60s;
  options.cache_entries = 2;
  directory_ = std::move(*lookup::make_directory(options, loop_, nullptr, &counted));
  for (const auto* local : {"mvegas", "away", "nobody", "inner"}) find(local);
  EXPECT_EQ(counted.cached, 2);
  EXPECT_EQ(counted.evictions, 2);
  directory_.reset();
  EXPECT_EQ(counted.cached, 0);
}

/// Entries that are refused for a purpose, with a text that names them, beside one that is not disturbed.
struct BadEntry {
  const char* name;
  std::string lines;
};

class BadEntries : public testing::TestWithParam<BadEntry>, public Company {};

TEST_P(BadEntries, disturb_nobody_else) {
  const std::string head = "objectClass: inetLocalMailRecipient\n";
  TemporaryFile file(
      "dn: uid=good,dc=example,dc=com\n" + head + "uid: good\nmailLocalAddress: good@example.com\nuidNumber: 5000\n\n" +
      "dn: uid=bad,dc=example,dc=com\n" + head + "uid: bad\nmailLocalAddress: bad@example.com\n" + GetParam().lines);
  open(Company::options("ldif:" + file.path));
  const auto bad = find("bad");
  EXPECT_EQ(bad.reason, lookup::Unavailable::malformed);
  EXPECT_NE(bad.detail.find("uid=bad,dc=example,dc=com"), std::string::npos) << bad.detail;
  EXPECT_TRUE(find("good").is_found());
}

INSTANTIATE_TEST_SUITE_P(
    Of, BadEntries,
    testing::Values(BadEntry{"a_home_that_climbs", "homeDirectory: /home/../etc\n"},
                    BadEntry{"two_homes", "homeDirectory: /a\nhomeDirectory: /b\n"},
                    BadEntry{"a_home_of_two_lines", "homeDirectory:: L2hvbWUvYQpsaW5l\n"},
                    BadEntry{"a_home_that_is_no_utf8", "homeDirectory:: L2hvbWUv/4A=\n"},
                    BadEntry{"a_home_without_end", "homeDirectory: /" + std::string(5000, 'a') + "\n"},
                    BadEntry{"a_uid_that_is_no_number", "uidNumber: root\n"},
                    BadEntry{"a_uid_below_zero", "uidNumber: -1\n"},
                    BadEntry{"a_uid_that_is_too_large", "uidNumber: 4294967296\n"},
                    BadEntry{"two_uids", "uidNumber: 1\nuidNumber: 2\n"},
                    BadEntry{"two_hosts", "mailHost: a.example\nmailHost: b.example\n"},
                    BadEntry{"a_routing_address_without_domain", "mailRoutingAddress: nowhere\n"},
                    BadEntry{"a_routing_address_of_two_lines", "mailRoutingAddress:: YUBiLmNvbQpSQ1BU\n"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(DirectoryTest, asks_equal_questions_once_and_may_accept_unseen) {
  auto options = Company::options("ldap://127.0.0.1:" + std::to_string(lookup_test::free_port()));
  options.when_unavailable = lookup::WhenDirectoryUnavailable::accept;
  open(options);
  int accepted = 0;
  for (int i = 0; i < 10; ++i) {
    directory_->find_recipient({"a", "example.com"},
                               [&](const DirectoryAnswer& answer) { accepted += answer.is_found(); });
  }
  run_until([&] { return accepted == 10; });
  EXPECT_TRUE(find("", "example.com").is_unavailable()) << "nobody is accepted for a whole domain";
}

}  // namespace
