#include "gateway/resolve/mailbox_path.hpp"

#include <gtest/gtest.h>

namespace {

struct PathCase {
  std::string name, base, path, local, domain, home, expected;  // expected "" = refused
};

class MailboxPath : public ::testing::TestWithParam<PathCase> {};

TEST_P(MailboxPath, is_below_the_base_or_refused) {
  const auto& row = GetParam();
  gateway::config::Mailboxes mailboxes;
  mailboxes.base = row.base;
  mailboxes.path = row.path;
  const auto path = gateway::mailbox_path(mailboxes, {row.local, row.domain}, row.home);
  EXPECT_EQ(path.value_or(""), row.expected) << (path ? "" : path.error());
}

INSTANTIATE_TEST_SUITE_P(
    Paths, MailboxPath,
    ::testing::Values(
        // What administrators write.
        PathCase{"absolute_home", "/home/vmail", "%{home}", "a", "b.c", "/home/vmail/b.c/a/", "/home/vmail/b.c/a/"},
        PathCase{"relative_home", "/home/vmail", "%{home}", "a", "b.c", "b.c/a", "/home/vmail/b.c/a/"},
        PathCase{"user_and_domain", "/m", "%{domain}/%{user}/", "Alice", "Example.COM", "", "/m/example.com/alice/"},
        PathCase{"address", "/m", "%{address}", "a", "b.c", "", "/m/a@b.c/"},
        PathCase{"suffix_behind_home", "/m", "%{home}/Maildir", "a", "b.c", "/m/a", "/m/a/Maildir/"},
        PathCase{"base_is_root", "/", "%{home}", "a", "b.c", "/home/a/", "/home/a/"},
        PathCase{"double_slashes", "/m", "%{home}", "a", "b.c", "/m//a///", "/m/a/"},
        // What a directory may hold by mistake or malice.
        PathCase{"outside", "/home/vmail", "%{home}", "a", "b.c", "/etc/", ""},
        PathCase{"prefix_is_no_parent", "/home/vmail", "%{home}", "a", "b.c", "/home/vmail2/a", ""},
        PathCase{"climbing", "/home/vmail", "%{home}", "a", "b.c", "/home/vmail/../root", ""},
        PathCase{"climbing_relative", "/home/vmail", "%{home}", "a", "b.c", "../../etc", ""},
        PathCase{"the_base_itself", "/home/vmail", "%{home}", "a", "b.c", "/home/vmail/", ""},
        PathCase{"line_feed", "/home/vmail", "%{home}", "a", "b.c", "/home/vmail/a\nb", ""},
        PathCase{"empty_home", "/home/vmail", "%{home}", "a", "b.c", "", ""},
        PathCase{"slash_in_user", "/m", "%{user}", "a/b", "b.c", "", ""},
        PathCase{"dots_as_user", "/m", "%{user}", "..", "b.c", "", ""},
        PathCase{"no_base", "", "%{home}", "a", "b.c", "/a", ""}),
    [](const auto& row) { return row.param.name; });

}  // namespace
