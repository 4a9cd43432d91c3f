// Plays transcripts: `transcripts [--update] FILE...`; exit 1 when the server said something else.
#include <cstdio>
#include <exception>
#include <string>

#include "tests/transcripts/transcript.hpp"

namespace {

bool agrees(const std::string& path, bool update) {
  const auto expected = gateway::testing::read_transcript(path);
  const auto played = gateway::testing::play(expected);
  if (update) gateway::testing::write_transcript(path, played);
  bool same = true;
  for (std::size_t i = 0; i < expected.steps.size(); ++i) {
    if (expected.steps[i].text == played.steps[i].text) continue;
    same = false;
    std::printf("%s:%zu: expected %c: %s\n  %s got      %c: %s\n", path.c_str(), i + 1, expected.steps[i].who,
                expected.steps[i].text.c_str(), std::string(path.size(), ' ').c_str(), played.steps[i].who,
                played.steps[i].text.c_str());
  }
  return same || update;
}

}  // namespace

int main(int count, char** words) {
  bool update = false, good = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--update") {
      update = true;
      continue;
    }
    try {
      good = agrees(word, update) && good;
    } catch (const std::exception& error) {
      std::printf("%s: %s\n", word.c_str(), error.what());
      good = false;
    }
  }
  return good ? 0 : 1;
}
