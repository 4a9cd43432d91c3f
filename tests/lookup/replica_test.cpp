// A directory that is followed: what is published, held, kept on disk, and answered while no server does.
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "company.hpp"
#include "lookup/replica_directory.hpp"
#include "lookup/replica_source.hpp"
#include "slapd_fixture.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace std::chrono_literals;
using lookup::DirectoryAnswer;
using lookup::ReplicaMode;
using lookup::ReplicaOptions;
using lookup::ReplicaSource;
using lookup::ReplicaState;
using lookup::Source;
using lookup::WhenReplicaIsOld;
using lookup_test::Slapd;
using Clock = std::chrono::steady_clock;

template <typename Condition>
::testing::AssertionResult within(std::chrono::milliseconds limit, Condition condition) {
  const auto end = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > end) return ::testing::AssertionFailure() << "not within " << limit.count() << " ms";
    std::this_thread::sleep_for(5ms);
  }
  return ::testing::AssertionSuccess();
}

std::string person(const std::string& uid) {
  return "dn: uid=" + uid +
         ",ou=People,dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: inetLocalMailRecipient\nsn: x\ncn: " +
         uid + "\nuid: " + uid + "\nuserPassword: secret\nmailLocalAddress: " + uid + "@example.com\n\n";
}

std::string people(int count) {
  std::string ldif;
  for (int i = 0; i < count; ++i) ldif += person("p" + std::to_string(i));
  return ldif;
}

class Replica : public ::testing::TestWithParam<ReplicaMode> {
 protected:
  Replica()
      : slapd_(lookup_test::company + std::string("\n") + people(40), "overlay syncprov\nsizelimit unlimited\n") {}

  ReplicaOptions options() const {
    ReplicaOptions options;
    options.directory.name = "people";
    options.directory.ldap.servers = {slapd_.url()};
    options.directory.ldap.connect_timeout = 1s;
    options.directory.ldap.search_timeout = 2s;
    options.directory.ldap.probe_interval = 50ms;
    options.directory.search_base = "dc=example,dc=com";
    options.mode = GetParam();
    options.interval = std::chrono::seconds(1);
    options.file = folder_.path() + "/people.replica";
    return options;
  }

  void open(const ReplicaOptions& options) {
    directory_.reset();
    source_.reset();
    auto source = ReplicaSource::open(options, nullptr);
    ASSERT_TRUE(source.has_value()) << source.error();
    source_ = std::move(*source);
    auto directory = lookup::make_replica_directory(source_, loop_, nullptr);
    ASSERT_TRUE(directory.has_value()) << directory.error();
    directory_ = std::move(*directory);
    source_->start();
  }

  void open_and_load(const ReplicaOptions& options) {
    open(options);
    ASSERT_TRUE(within(5s, [&] { return source_->status().state == ReplicaState::current; }))
        << source_->status().trouble;
  }

  DirectoryAnswer find(const std::string& local) {
    std::optional<DirectoryAnswer> answer;
    directory_->find_recipient({local, "example.com"}, [&](const DirectoryAnswer& given) { answer = given; });
    const auto end = Clock::now() + 10s;
    while (!answer && Clock::now() < end) {
      loop_.restart();
      loop_.run_one_for(20ms);
    }
    return answer.value_or(DirectoryAnswer{});
  }

  bool has(const std::string& local) {
    const auto answer = find(local);
    return answer.is_found() && answer.source == Source::replica;
  }

  void change(const std::string& ldif) {
    const auto file = folder_.path() + "/change.ldif";
    std::ofstream(file) << ldif;
    ASSERT_EQ(lookup_test::run({"/usr/bin/ldapmodify", "-c", "-x", "-H", slapd_.url(), "-D",
                                "cn=admin,dc=example,dc=com", "-w", "secret", "-f", file},
                               folder_.path() + "/change.log"),
              0)
        << std::ifstream(folder_.path() + "/change.log").rdbuf();
  }

  static std::string removal(const std::string& uid) {
    return "dn: uid=" + uid + ",ou=People,dc=example,dc=com\nchangetype: delete\n\n";
  }

  std::string remove_people(int count) {
    std::string ldif;
    for (int i = 0; i < count; ++i) ldif += removal("p" + std::to_string(i));
    return ldif;
  }

  ReplicaSource::Outcome sync(ReplicaSource::Refresh refresh, bool accept) {
    auto outcome = std::make_shared<ReplicaSource::Outcome>();
    auto given = std::make_shared<std::atomic<bool>>(false);
    source_->sync(refresh, accept, [outcome, given](const ReplicaSource::Outcome& what) {
      *outcome = what;
      *given = true;
    });
    EXPECT_TRUE(within(10s, [&] { return given->load(); }));
    return given->load() ? *outcome : ReplicaSource::Outcome{};
  }

  // A poll sees a change with its next round.
  std::chrono::milliseconds visible() const { return GetParam() == ReplicaMode::poll ? 4s : 1s; }

  TemporaryFolder folder_;
  Slapd slapd_;
  asio::io_context loop_;
  std::shared_ptr<ReplicaSource> source_;
  std::unique_ptr<lookup::Directory> directory_;
};

TEST_P(Replica, KnowsEverybodyAndIsTrustedToSayNo) {
  open_and_load(options());
  EXPECT_TRUE(has("mvegas"));
  EXPECT_TRUE(has("p39"));
  const auto nobody = find("nobody");
  EXPECT_TRUE(nobody.is_absent());
  EXPECT_EQ(nobody.source, Source::replica);
  EXPECT_EQ(source_->status().server, slapd_.url());
}

TEST_P(Replica, FollowsAdditionsChangesAndRemovals) {
  open_and_load(options());
  auto added = person("new");
  change(added.insert(added.find('\n') + 1, "changetype: add\n"));
  EXPECT_TRUE(within(visible(), [&] { return has("new"); }));
  change(
      "dn: uid=new,ou=People,dc=example,dc=com\nchangetype: modify\nreplace: mailLocalAddress\n"
      "mailLocalAddress: renewed@example.com\n\n");
  EXPECT_TRUE(within(visible(), [&] { return has("renewed"); }));
  EXPECT_TRUE(find("new").is_absent());
  // All of a burst arrives, down to its last event.
  change(removal("new") + removal("p0") + removal("p1") + removal("p2") + removal("p3"));
  EXPECT_TRUE(within(visible(), [&] { return find("renewed").is_absent() && find("p3").is_absent(); }));
}

TEST_P(Replica, HidesNoPasswordInItsStoreOrFile) {
  open_and_load(options());
  source_->stop();
  std::ifstream file(options().file, std::ios::binary);
  const std::string octets{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(octets.find("mvegas@example.com"), std::string::npos);
  EXPECT_EQ(octets.find("SSHA"), std::string::npos);
}

TEST_P(Replica, AnswersWhileTheServerIsGone) {
  open_and_load(options());
  slapd_.stop();
  ASSERT_TRUE(within(5s, [&] { return source_->status().state == ReplicaState::stale; }));
  EXPECT_TRUE(has("mvegas"));
  EXPECT_TRUE(find("nobody").is_absent()) << "it is young enough to say no";
  slapd_.start();
  ASSERT_TRUE(within(5s, [&] { return source_->status().state == ReplicaState::current; }));
  change(removal("p3"));
  EXPECT_TRUE(within(visible(), [&] { return find("p3").is_absent(); })) << "it follows again";
}

TEST_P(Replica, SaysNoLongerNoWhenItIsOld) {
  const std::pair<WhenReplicaIsOld, std::pair<bool, bool>> cases[] = {
      {WhenReplicaIsOld::replica, {true, false}},  // known is found, unknown is not
      {WhenReplicaIsOld::defer, {false, false}},
  };
  for (const auto& [when, expected] : cases) {
    auto given = options();
    given.max_age = 2s;
    given.when_old = when;
    if (!slapd_.is_running()) slapd_.start();
    open_and_load(given);
    slapd_.stop();
    ASSERT_TRUE(within(6s, [&] { return !source_->is_trusted(); }));
    EXPECT_EQ(find("mvegas").is_found(), expected.first);
    EXPECT_EQ(find("mvegas").is_unavailable(), !expected.first);
    EXPECT_TRUE(find("nobody").is_unavailable());
  }
}

TEST_P(Replica, OutlivesARestartDuringAnOutage) {
  open_and_load(options());
  source_->stop();
  slapd_.stop();
  open(options());
  EXPECT_TRUE(has("mvegas"));
  EXPECT_TRUE(find("nobody").is_absent());
  EXPECT_EQ(source_->status().state, ReplicaState::stale);
  slapd_.start();
  ASSERT_TRUE(within(5s, [&] { return source_->status().state == ReplicaState::current; }));
  change(removal("p7"));
  EXPECT_TRUE(within(visible(), [&] { return find("p7").is_absent(); }));
  EXPECT_TRUE(has("p8"));
}

TEST_P(Replica, LearnsOfRemovalsDuringItsAbsence) {
  open_and_load(options());
  source_->stop();
  change(removal("p1") + removal("p2") + "dn: uid=p4,ou=People,dc=example,dc=com\nchangetype: modify\n" +
         "add: mailLocalAddress\nmailLocalAddress: four@example.com\n\n");
  open_and_load(options());
  EXPECT_TRUE(find("p1").is_absent());
  EXPECT_TRUE(find("p2").is_absent());
  EXPECT_TRUE(has("four"));
  EXPECT_TRUE(has("p5"));
}

TEST_P(Replica, ThrowsAwayAFileOfOtherSettings) {
  open_and_load(options());
  source_->stop();
  slapd_.stop();
  auto other = options();
  other.directory.search_base = "ou=Elsewhere,dc=example,dc=com";
  open(other);
  EXPECT_EQ(source_->snapshot(), nullptr);
  EXPECT_TRUE(find("mvegas").is_unavailable());
}

TEST_P(Replica, ThrowsAwayADamagedFile) {
  std::ofstream(options().file) << std::string(50'000, 'x');
  open_and_load(options());
  EXPECT_TRUE(has("mvegas"));
}

TEST_P(Replica, DoesNotBelieveAnEmptiedDirectory) {
  open_and_load(options());
  change(remove_people(40));
  ASSERT_TRUE(within(visible(), [&] { return source_->status().state == ReplicaState::held; }));
  EXPECT_TRUE(has("p39"));
  const auto nobody = find("nobody");
  EXPECT_TRUE(nobody.is_absent());
  EXPECT_EQ(nobody.source, Source::live) << "a state that is held does not say no by itself";
  EXPECT_FALSE(sync(ReplicaSource::Refresh::whole, false).good);
  EXPECT_TRUE(has("p39"));
  EXPECT_TRUE(sync(ReplicaSource::Refresh::changes, true).good);
  EXPECT_TRUE(find("p39").is_absent());
  EXPECT_TRUE(has("mvegas"));
  EXPECT_EQ(source_->status().state, ReplicaState::current);
}

TEST_P(Replica, ReleasesWhatWasHeldWhenTheEntriesAreBack) {
  open_and_load(options());
  change(remove_people(30));
  ASSERT_TRUE(within(visible(), [&] { return source_->status().state == ReplicaState::held; }));
  std::string again;
  for (int i = 0; i < 30; ++i) {
    auto one = person("p" + std::to_string(i));
    again += one.insert(one.find('\n') + 1, "changetype: add\n");
  }
  change(again);
  EXPECT_TRUE(within(visible(), [&] { return source_->status().state == ReplicaState::current; }));
  EXPECT_TRUE(has("p0"));
}

TEST_P(Replica, DoesNotBelieveADirectoryThatShowsNothing) {
  auto given = options();
  given.directory.search_base = "ou=Nothing,dc=example,dc=com";
  change("dn: ou=Nothing,dc=example,dc=com\nchangetype: add\nobjectClass: organizationalUnit\nou: Nothing\n\n");
  open(given);
  ASSERT_TRUE(within(5s, [&] { return source_->status().state == ReplicaState::held; }));
  EXPECT_EQ(source_->snapshot(), nullptr);
}

TEST_P(Replica, AsksTheServerForPasswords) {
  open_and_load(options());
  std::optional<lookup::LoginResult> result;
  const auto login = [&] {
    result.reset();
    directory_->check_password("mvegas", "secret",
                               [&](lookup::LoginResult given, const DirectoryAnswer&) { result = given; });
    const auto end = Clock::now() + 10s;
    while (!result && Clock::now() < end) {
      loop_.restart();
      loop_.run_one_for(20ms);
    }
    return result;
  };
  EXPECT_NE(login(), lookup::LoginResult::unavailable);
  slapd_.stop();
  EXPECT_EQ(login(), lookup::LoginResult::unavailable);
}

TEST_P(Replica, AcceptsTheUnknownWhenToldSo) {
  auto given = options();
  given.max_age = 2s;
  given.when_old = WhenReplicaIsOld::accept;
  given.directory.when_unavailable = lookup::WhenDirectoryUnavailable::accept;
  open_and_load(given);
  slapd_.stop();
  ASSERT_TRUE(within(6s, [&] { return !source_->is_trusted(); }));
  EXPECT_TRUE(has("mvegas"));
  const auto nobody = find("nobody");
  EXPECT_TRUE(nobody.is_found());
  EXPECT_EQ(nobody.source, Source::live);
}

TEST_P(Replica, AsksAtOnceWhenToldSo) {
  auto given = options();
  given.interval = 1h;
  open_and_load(given);
  change(removal("p3"));
  EXPECT_TRUE(sync(ReplicaSource::Refresh::whole, false).good);
  EXPECT_TRUE(find("p3").is_absent());
  slapd_.stop();
  EXPECT_FALSE(sync(ReplicaSource::Refresh::whole, false).good);
}

TEST_P(Replica, StopsAtOnceWhileTheServerHangs) {
  open_and_load(options());
  slapd_.freeze();
  std::this_thread::sleep_for(1200ms);  // a poll is under way, or a connection is
  const auto start = Clock::now();
  source_->stop();
  EXPECT_LT(Clock::now() - start, 1s);
  slapd_.thaw();
}

INSTANTIATE_TEST_SUITE_P(Modes, Replica, ::testing::Values(ReplicaMode::syncrepl, ReplicaMode::poll),
                         [](const auto& each) { return std::string(to_string(each.param)); });

}  // namespace
