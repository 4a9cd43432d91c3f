#include "lookup/table_list.hpp"

#include <gtest/gtest.h>

#include "lookup/open_table.hpp"
#include "lookup/static_table.hpp"

namespace {

using lookup::Answer;
using lookup::Table;
using lookup::TableList;

// Answers only when it is told to, as a table behind a server does.
class LateTable final : public Table {
 public:
  std::optional<Answer> find_now(std::string_view) const override { return std::nullopt; }
  void ask(std::string_view key, Done done) override {
    key_ = key;
    done_ = std::move(done);
  }
  const std::string& name() const override { return name_; }

  void answer(Answer answer) { std::exchange(done_, nullptr)(std::move(answer)); }
  std::string key_;

 private:
  Done done_;
  std::string name_ = "late";
};

std::shared_ptr<Table> keyed(const lookup::TableEntries& entries) {
  return lookup::open_table_entries(entries, "keyed")->table;
}

std::shared_ptr<Table> failing() {
  return std::make_shared<lookup::StaticTable>(Answer::unavailable(lookup::Unavailable::unreachable, "down"), "fail:");
}

TEST(TableList, first_found_wins) {
  const TableList list({keyed({{"a", "1"}}), keyed({{"a", "2"}, {"b", "3"}})});
  EXPECT_EQ(list.find_now("a"), Answer::found("1"));
  EXPECT_EQ(list.find_now("b"), Answer::found("3"));
  EXPECT_EQ(list.find_now("c"), Answer::absent());
  EXPECT_EQ(list.name(), "keyed keyed");
  EXPECT_EQ(TableList({}).find_now("a"), Answer::absent());
}

TEST(TableList, unavailable_ends_the_search) {
  const TableList list({keyed({{"a", "1"}}), failing(), keyed({{"b", "2"}})});
  EXPECT_EQ(list.find_now("a"), Answer::found("1"));
  EXPECT_TRUE(list.find_now("b")->is_unavailable());
}

TEST(TableList, waits_for_late_tables) {
  const auto late = std::make_shared<LateTable>();
  TableList list({keyed({{"a", "1"}}), late, late, keyed({{"c", "3"}})});
  EXPECT_EQ(list.find_now("a"), Answer::found("1"));
  EXPECT_EQ(list.find_now("c"), std::nullopt);

  std::vector<Answer> answers;
  const auto keep = [&](Answer answer) { answers.push_back(std::move(answer)); };
  list.ask("a", keep);
  EXPECT_EQ(answers, std::vector{Answer::found("1")});

  list.ask("c", keep);
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_EQ(late->key_, "c");
  late->answer(Answer::absent());
  EXPECT_EQ(answers.size(), 1U);
  late->answer(Answer::absent());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1], Answer::found("3"));

  list.ask("c", keep);
  late->answer(Answer::unavailable(lookup::Unavailable::timed_out, ""));
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_TRUE(answers[2].is_unavailable());
}

TEST(TableList, takes_the_whole_key_only_when_all_do) {
  const auto cidr = lookup::open_table_content("cidr", "10.0.0.0/8 x\n", "cidr")->table;
  EXPECT_TRUE(TableList({cidr, cidr}).takes_whole_key());
  EXPECT_FALSE(TableList({cidr, keyed({})}).takes_whole_key());
}

}  // namespace
