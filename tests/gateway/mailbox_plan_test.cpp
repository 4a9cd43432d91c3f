#include "gateway/provision/mailbox_plan.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gateway/provision/carry_out.hpp"
#include "gateway/provision/known_mailboxes.hpp"
#include "gateway/provision/listed_mailboxes.hpp"
#include "tests/gateway/temp_folder.hpp"

namespace {

using gateway::KnownMailboxes;
using gateway::ListedMailbox;
using gateway::MailboxListing;
using gateway::MailboxStep;
using Kind = MailboxStep::Kind;
namespace fs = std::filesystem;

MailboxListing listing(std::vector<ListedMailbox> mailboxes, const std::set<std::string>& others = {}) {
  MailboxListing all;
  all.present = others;
  for (const auto& mailbox : mailboxes) all.present.insert(mailbox.id);
  all.mailboxes = std::move(mailboxes);
  return all;
}

ListedMailbox mailbox(const std::string& id, const std::string& path) {
  return {id, "uid=" + id, id + "@example.com", path, {}, {}, 0};
}

struct Case {
  std::string name;
  std::vector<ListedMailbox> listed;
  std::set<std::string> others;  // entries without a mailbox here
  KnownMailboxes known;
  std::set<std::string> there;
  std::vector<std::pair<Kind, std::string>> steps;  // and the path that is made, moved or set aside
};

class MailboxPlan : public testing::TestWithParam<Case> {};

TEST_P(MailboxPlan, does_what_is_needed_and_no_more) {
  const auto& row = GetParam();
  const auto steps = plan_mailboxes(listing(row.listed, row.others), row.known,
                                    [&](const std::string& path) { return row.there.contains(path); });
  std::vector<std::pair<Kind, std::string>> found;
  for (const auto& step : steps) found.emplace_back(step.kind, step.from.empty() ? step.mailbox.path : step.from);
  EXPECT_EQ(found, row.steps);
}

INSTANTIATE_TEST_SUITE_P(
    Of, MailboxPlan,
    testing::Values(
        Case{"a_new_person", {mailbox("a", "/m/a/")}, {}, {}, {}, {{Kind::create, "/m/a/"}}},
        Case{"a_mailbox_that_is_there", {mailbox("a", "/m/a/")}, {}, {}, {"/m/a/"}, {}},
        Case{"a_home_that_moved",
             {mailbox("a", "/m/new/")},
             {},
             {{"a", {"uid=a", "/m/old/"}}},
             {"/m/old/"},
             {{Kind::move, "/m/old/"}}},
        Case{"a_home_that_moved_where_another_is",
             {mailbox("a", "/m/new/")},
             {},
             {{"a", {"uid=a", "/m/old/"}}},
             {"/m/old/", "/m/new/"},
             {{Kind::conflict, "/m/old/"}}},
        Case{"a_home_that_moved_and_is_gone",
             {mailbox("a", "/m/new/")},
             {},
             {{"a", {"uid=a", "/m/old/"}}},
             {},
             {{Kind::create, "/m/new/"}}},
        Case{"a_home_that_somebody_else_has_now",
             {mailbox("a", "/m/new/"), mailbox("b", "/m/old/")},
             {},
             {{"a", {"uid=a", "/m/old/"}}},
             {"/m/old/"},
             {{Kind::create, "/m/new/"}}},
        Case{"two_with_one_home",
             {mailbox("a", "/m/a/"), mailbox("b", "/m/a/")},
             {},
             {},
             {"/m/a/"},
             {{Kind::conflict, "/m/a/"}}},
        Case{"who_left", {}, {}, {{"a", {"uid=a", "/m/a/"}}}, {"/m/a/"}, {{Kind::quarantine, "/m/a/"}}},
        Case{"who_left_without_a_mailbox", {}, {}, {{"a", {"uid=a", "/m/a/"}}}, {}, {}},
        Case{"who_is_there_under_another_id", {mailbox("b", "/m/a/")}, {}, {{"a", {"uid=a", "/m/a/"}}}, {"/m/a/"}, {}},
        Case{"who_has_no_mailbox_here_any_more", {}, {"a"}, {{"a", {"uid=a", "/m/a/"}}}, {"/m/a/"}, {}},
        Case{"a_folder_that_nobody_ever_had", {}, {}, {}, {"/m/stranger/"}, {}}),
    [](const auto& row) { return row.param.name; });

TEST(KnownMailboxes, are_read_as_they_were_written) {
  gateway::testing::TempFolder folder;
  const auto path = folder.path.string() + "/people.mailboxes";
  ASSERT_TRUE(gateway::read_known_mailboxes(path).has_value());
  EXPECT_TRUE(gateway::read_known_mailboxes(path)->empty()) << "a file that is not there";
  const KnownMailboxes known{{std::string("\0\xff", 2), {"cn=\"x\"", "/m/a/"}}, {"uid=b", {"uid=b", "/m/b\xc3\xbc/"}}};
  ASSERT_TRUE(gateway::write_known_mailboxes(path, known).has_value());
  const auto again = gateway::read_known_mailboxes(path);
  ASSERT_TRUE(again.has_value()) << again.error();
  ASSERT_EQ(again->size(), 2U);
  EXPECT_EQ(again->at("uid=b").path, "/m/b\xc3\xbc/");
  EXPECT_EQ(again->at(std::string("\0\xff", 2)).dn, "cn=\"x\"");
  for (const auto* damaged : {"", "{", "[]", "{\"zz\": {\"path\": \"/m\"}}", "{\"00\": {}}", "{\"00\": 1}"}) {
    std::ofstream(path) << damaged;
    EXPECT_FALSE(gateway::read_known_mailboxes(path).has_value()) << damaged;
  }
}

class CarryOut : public testing::Test {
 protected:
  CarryOut() {
    mailboxes_.base = folder_.path.string() + "/mail";
    fs::create_directory(mailboxes_.base);
  }

  std::string done(const MailboxStep& step) {
    const auto result = carry_out(step, mailboxes_, {}, std::chrono::system_clock::from_time_t(0));
    return result ? *result : "fault: " + result.error();
  }

  MailboxStep step(Kind kind, const std::string& path, const std::string& from = {}) {
    MailboxStep made;
    made.kind = kind;
    made.mailbox = mailbox("a", path.empty() ? path : mailboxes_.base + path);
    made.mailbox.quota = 1000;
    if (!from.empty()) made.from = mailboxes_.base + from;
    return made;
  }

  gateway::testing::TempFolder folder_;
  gateway::config::Mailboxes mailboxes_;
};

TEST_F(CarryOut, creates_with_quota) {
  EXPECT_NE(done(step(Kind::create, "/x/a/")).find("create "), std::string::npos);
  for (const auto* part : {"cur", "new", "tmp"})
    EXPECT_TRUE(fs::is_directory(mailboxes_.base + "/x/a/" + part)) << part;
  std::string first;
  std::getline(std::ifstream(mailboxes_.base + "/x/a/maildirsize") >> std::ws, first);
  EXPECT_EQ(first, "1000S");
}

TEST_F(CarryOut, moves_and_never_over_another) {
  done(step(Kind::create, "/old/"));
  EXPECT_NE(done(step(Kind::move, "/deep/new/", "/old/")).find("move "), std::string::npos);
  EXPECT_TRUE(fs::is_directory(mailboxes_.base + "/deep/new/cur"));
  EXPECT_FALSE(fs::exists(mailboxes_.base + "/old"));
  done(step(Kind::create, "/old/"));
  EXPECT_NE(done(step(Kind::move, "/deep/new/", "/old/")).find("fault: "), std::string::npos);
  EXPECT_TRUE(fs::is_directory(mailboxes_.base + "/old/cur")) << "nothing was moved";
}

TEST_F(CarryOut, sets_aside_and_deletes_nothing) {
  done(step(Kind::create, "/x/a/"));
  std::ofstream(mailboxes_.base + "/x/a/new/1") << "mail";
  EXPECT_NE(done(step(Kind::quarantine, "", "/x/a/")).find("quarantine "), std::string::npos);
  EXPECT_TRUE(fs::exists(mailboxes_.base + "/.quarantine/19700101T000000Z/x/a/new/1"));
  EXPECT_FALSE(fs::exists(mailboxes_.base + "/x/a"));
}

TEST_F(CarryOut, follows_no_link_out_of_the_base) {
  fs::create_directory(folder_.path.string() + "/outside");
  fs::create_directory_symlink(folder_.path.string() + "/outside", mailboxes_.base + "/link");
  EXPECT_NE(done(step(Kind::create, "/link/a/")).find("fault: "), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder_.path.string() + "/outside"));
}

TEST(Journal, is_appended_and_cannot_be_forged) {
  gateway::testing::TempFolder folder;
  const auto path = folder.path.string() + "/journal";
  const auto then = std::chrono::system_clock::from_time_t(0);
  ASSERT_TRUE(gateway::write_journal(path, {"one", "two\nforged"}, then).has_value());
  ASSERT_TRUE(gateway::write_journal(path, {"three"}, then).has_value());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "1970-01-01T00:00:00Z one\n1970-01-01T00:00:00Z two?forged\n1970-01-01T00:00:00Z three\n");
}

TEST(MailboxLister, lists_who_has_a_mailbox_here) {
  gateway::config::Config config;
  config.mailboxes.base = "/srv/mail";
  config.mailboxes.quota_default = 7;
  for (const auto* name : {"example.com", "other.example"}) {
    config.domains.emplace_back();
    config.domains.back().name = name;
  }
  config.domains[0].mailboxes.emplace_back();
  config.domains[0].mailboxes.back().text = "directory:people";
  auto preset = lookup::find_preset("inet-local-mail-recipient");
  const lookup::Layout layout(std::move(*preset), "dc=x", {"mx.example.com"});
  gateway::MailboxLister lister(config, "people", layout);
  const auto add = [&](const std::string& uid, const std::vector<std::pair<std::string, std::string>>& more) {
    lookup::Entry entry;
    entry.name = "uid=" + uid;
    entry.add("objectClass", "inetLocalMailRecipient");
    entry.add("uid", uid);
    for (const auto& [name, value] : more) entry.add(name, value);
    lister.add(uid, entry);
  };
  add("here", {{"mailLocalAddress", "here@example.com"}, {"homeDirectory", "here/"}});
  add("second",
      {{"mailLocalAddress", "x@other.example"}, {"mailLocalAddress", "second@example.com"}, {"homeDirectory", "s"}});
  add("away", {{"mailLocalAddress", "away@example.com"}, {"mailRoutingAddress", "a@out.example"}});
  add("inner", {{"mailLocalAddress", "inner@example.com"}, {"mailHost", "imap.example.com"}});
  add("other", {{"mailLocalAddress", "other@other.example"}, {"homeDirectory", "other/"}});
  add("climber", {{"mailLocalAddress", "climber@example.com"}, {"homeDirectory", "../etc"}});
  add("outside", {{"mailLocalAddress", "outside@example.com"}, {"homeDirectory", "/etc"}});
  add("homeless", {{"mailLocalAddress", "homeless@example.com"}});
  const auto found = lister.take();
  std::vector<std::string> paths;
  for (const auto& each : found.mailboxes)
    paths.push_back(each.id + " " + each.path + " " + std::to_string(each.quota));
  EXPECT_EQ(paths, (std::vector<std::string>{"here /srv/mail/here/ 7", "second /srv/mail/s/ 7"}));
  EXPECT_EQ(found.present.size(), 8U);
  ASSERT_EQ(found.refused.size(), 3U);
  for (const auto& refused : found.refused) EXPECT_EQ(refused.find("uid="), 0U) << refused;
}

}  // namespace
