#include "lookup/ldif_text.hpp"

#include <gtest/gtest.h>

#include "company.hpp"
#include "lookup/ldif_source.hpp"

namespace {

using lookup::append_ldif;
using lookup::Entry;

std::vector<Entry> read(const std::string& text) {
  std::vector<Entry> entries;
  const auto faults = lookup::read_ldif(text, [&](Entry&& entry) { entries.push_back(std::move(entry)); });
  EXPECT_TRUE(faults.empty()) << text;
  return entries;
}

TEST(LdifText, what_is_written_is_read_again) {
  auto entries = read(lookup_test::company);
  Entry hostile;
  hostile.name = "cn=\xc3\xbc, dc=x";
  for (const auto* value :
       {"plain", "", " leading", "trailing ", ":colon", "<file", "two\nlines", "\xff\x80", "a", "ab", "abc", "abcd"})
    hostile.add("description", value);
  hostile.add("jpegPhoto", std::string("\0\1\2\3", 4));
  entries.push_back(hostile);
  std::string text;
  for (const auto& entry : entries) append_ldif(text, entry);
  const auto again = read(text);
  ASSERT_EQ(again.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(again[i].name, entries[i].name);
    EXPECT_EQ(again[i].attributes, entries[i].attributes) << again[i].name;
  }
}

TEST(LdifText, text_stays_readable) {
  Entry entry;
  entry.name = "uid=a,dc=x";
  entry.add("mail", "a@example.com");
  entry.add("note", "\xff");
  std::string text;
  append_ldif(text, entry);
  EXPECT_EQ(text, "dn: uid=a,dc=x\nmail: a@example.com\nnote:: /w==\n\n");
}

}  // namespace
