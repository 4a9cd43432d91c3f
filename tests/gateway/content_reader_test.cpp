#include "gateway/smtp/content_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gateway {
namespace {

class Gathered final : public ContentSink {
 public:
  void take(std::string_view octets) override { text.append(octets); }
  std::string text;
};

struct Outcome {
  std::string content;
  std::size_t taken = 0;
  bool finished = false;
  ContentFault fault{};
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view input, std::size_t chunk) {
  ContentReader reader;
  Gathered sink;
  Outcome outcome;
  for (std::size_t at = 0; at < input.size() && !reader.finished(); at += chunk)
    outcome.taken += reader.feed(input.substr(at, chunk), sink);
  outcome.finished = reader.finished();
  outcome.fault = reader.fault();
  if (outcome.fault == ContentFault::none) outcome.content = sink.text;
  return outcome;
}

struct Case {
  std::string name, input, content;
  ContentFault fault = ContentFault::none;
};

using namespace std::string_literals;

const Case cases[] = {
    {"empty", ".\r\n", ""},
    {"one line", "a\r\n.\r\n", "a\r\n"},
    {"stuffed dots", "..\r\n...\r\n.a\r\n.\r\n", ".\r\n..\r\na\r\n"},
    {"dots inside", "a.\r\nb.c\r\n.\r\n", "a.\r\nb.c\r\n"},
    {"empty lines", "\r\n\r\n.\r\n", "\r\n\r\n"},
    {"long line", std::string(1000, 'x') + "\r\n.\r\n", std::string(1000, 'x') + "\r\n"},
    // every looser end of data, with the true end behind it
    {"LF dot LF", "a\n.\nb\r\n.\r\n", "", ContentFault::bare_lf},
    {"LF dot CRLF", "a\n.\r\nb\r\n.\r\n", "", ContentFault::bare_lf},
    {"CRLF dot LF", "a\r\n.\nb\r\n.\r\n", "", ContentFault::bare_lf},
    {"CRLF dot CR", "a\r\n.\rb\r\n.\r\n", "", ContentFault::bare_cr},
    {"CR dot CRLF", "a\r.\r\nb\r\n.\r\n", "", ContentFault::bare_cr},
    {"CR dot CR", "a\r.\rb\r\n.\r\n", "", ContentFault::bare_cr},
    {"LF dot CR", "a\n.\rb\r\n.\r\n", "", ContentFault::bare_lf},
    {"CRLF NUL dot CRLF", "a\r\n\0.\r\nb\r\n.\r\n"s, "", ContentFault::nul},
    {"CRLF dot NUL CRLF", "a\r\n.\0\r\nb\r\n.\r\n"s, "", ContentFault::nul},
    {"CRCRLF dot CRCRLF", "a\r\r\n.\r\r\nb\r\n.\r\n", "", ContentFault::bare_cr},
};

TEST(ContentReader, finds_the_one_true_end) {
  for (const auto& [name, input, content, fault] : cases) {
    SCOPED_TRACE(name);
    const auto outcome = read(input + "QUIT\r\n", 1 << 20);
    EXPECT_TRUE(outcome.finished);
    EXPECT_EQ(outcome.taken, input.size());
    EXPECT_EQ(outcome.fault, fault);
    EXPECT_EQ(outcome.content, content);
  }
}

TEST(ContentReader, any_chunking_gives_the_same_result) {
  for (const auto& one : cases)
    for (std::size_t chunk = 1; chunk < one.input.size(); ++chunk)
      EXPECT_EQ(read(one.input + "NOOP\r\n", chunk), read(one.input + "NOOP\r\n", 1 << 20))
          << one.name << " by " << chunk;
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string input;
    for (unsigned i = 0; i < 24; ++i) input += "\r\n\r\n\r\n...ab\0"[random() % 13];
    const auto whole = read(input, input.size());
    for (const std::size_t chunk : {1u, 2u, 3u, 5u, 7u}) ASSERT_EQ(read(input, chunk), whole) << round;
  }
}

TEST(ContentReader, chunks_have_no_end_mark) {
  ContentReader reader(ContentReader::Framing::chunks);
  Gathered sink;
  const std::string input = ".\r\n..\r\nlast";
  for (const char octet : input) reader.feed({&octet, 1}, sink);
  EXPECT_FALSE(reader.finished());
  reader.end_chunks(sink);
  EXPECT_EQ(sink.text, input + "\r\n");
}

}  // namespace
}  // namespace gateway
