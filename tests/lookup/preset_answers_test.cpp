// Each shipped preset has an LDIF file with a small company of its layout, and the answers to the seven questions of a
// gateway that it must give for it: tests/lookup/presets/NAME.ldif and NAME.answers.
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "lookup/directory_options.hpp"
#include "lookup/embedded_presets.hpp"

namespace {

using namespace std::chrono_literals;
using lookup::DirectoryAnswer;

const std::string folder = GATEPOST_SOURCE_DIR "/tests/lookup/presets";

std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text.empty() ? "-" : text;
}

/// One line of a file of answers: a question, its arguments, and what is to be said.
struct Line {
  int number = 0;
  std::string question;
  std::vector<std::string> arguments;
  std::string expected;
};

std::vector<Line> read_answers(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path << " is missing";
  std::vector<Line> lines;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.empty() || text.front() == '#') continue;
    const auto equals = text.find(" = ");
    EXPECT_NE(equals, std::string::npos) << path << ":" << number;
    Line line;
    line.number = number;
    std::istringstream words(text.substr(0, equals));
    words >> line.question;
    for (std::string word; words >> word;) line.arguments.push_back(word);
    line.expected = text.substr(equals + 3);
    lines.push_back(std::move(line));
  }
  return lines;
}

class PresetAnswers : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    lookup::DirectoryOptions options;
    options.name = "people";
    options.preset = GetParam();
    options.search_base = "dc=example,dc=com";
    options.local_hosts = {"mx.example.com", "localhost"};
    options.ldap.servers = {"ldif:" + folder + "/" + GetParam() + ".ldif"};
    auto made = lookup::make_directory(options, loop_);
    ASSERT_TRUE(made.has_value()) << made.error();
    directory_ = std::move(*made);
  }
  void TearDown() override { directory_.reset(); }

  std::string ask(const Line& line) {
    const auto& words = line.arguments;
    if (line.question == "sends") {
      std::string said = "never answered";
      directory_->owns_sender(words.at(0), lookup::split_address(words.at(1)), [&](const lookup::Answer& answer) {
        said = answer.is_found() ? "yes" : answer.is_absent() ? "no" : answer.detail;
      });
      return said;
    }
    if (line.question == "login") return log_in(words.at(0), words.at(1));
    const auto answer = *directory_->find_recipient_now(lookup::split_address(words.at(0)));
    if (answer.is_unavailable()) return answer.detail;
    const auto& entry = answer.entry;
    if (line.question == "exists") return answer.is_found() ? "yes" : "no";
    if (line.question == "disabled") return answer.is_absent() ? "no mail" : entry.may_login ? "active" : "no login";
    if (answer.is_absent()) return "nobody";
    if (line.question == "forward") return joined(entry.forward) + (entry.keep_copy ? " and a copy" : "");
    if (line.question == "group") return entry.is_group ? joined(entry.members) : "-";
    if (line.question == "server") return entry.mail_host.empty() ? "-" : entry.mail_host;
    if (line.question == "primary") return entry.addresses.empty() ? "-" : entry.addresses.front();
    if (line.question != "mailbox") return "no such question";
    std::string text = entry.home.empty() ? "-" : entry.home;
    if (entry.uid && entry.gid) text += " " + std::to_string(*entry.uid) + ":" + std::to_string(*entry.gid);
    if (entry.quota) text += " " + std::to_string(*entry.quota);
    return text;
  }

  std::string log_in(const std::string& login, const std::string& password) {
    std::string said;
    directory_->check_password(login, password, [&](lookup::LoginResult result, const DirectoryAnswer&) {
      said = result == lookup::LoginResult::ok ? "yes" : result == lookup::LoginResult::refused ? "no" : "unavailable";
    });
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (said.empty() && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_one_for(50ms);
    }
    return said;
  }

  asio::io_context loop_;
  std::unique_ptr<lookup::Directory> directory_;
};

TEST_P(PresetAnswers, to_the_seven_questions) {
  const auto path = folder + "/" + GetParam() + ".answers";
  std::set<std::string> open{"exists", "forward", "group", "mailbox", "server", "sends", "disabled"};
  for (const auto& line : read_answers(path)) {
    open.erase(line.question);
    EXPECT_EQ(ask(line), line.expected) << path << ":" << line.number;
  }
  EXPECT_TRUE(open.empty()) << path << " does not ask \"" << (open.empty() ? "" : *open.begin()) << "\"";
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& preset : lookup::embedded_presets()) all.emplace_back(preset.name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Shipped, PresetAnswers, testing::ValuesIn(names()), [](const auto& test) {
  auto name = test.param;
  for (auto& letter : name) letter = letter == '-' ? '_' : letter;
  return name;
});

}  // namespace
