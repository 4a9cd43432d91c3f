#include "gateway/filter/milter_protocol.hpp"

#include <gtest/gtest.h>

#include "gateway/filter/filtered_message.hpp"
#include "gateway/filter/header_edit.hpp"
#include "gateway/filter/held_content.hpp"
#include "gateway/filter/milter_address.hpp"

namespace gateway {
namespace {

using milter::Response;
using Kind = Response::Kind;
using namespace std::string_literals;
using namespace std::string_view_literals;

struct AddressCase {
  const char* name;
  std::string text, host;
  std::uint16_t port;
  std::string path;
};

class MilterAddressGood : public ::testing::TestWithParam<AddressCase> {};

TEST_P(MilterAddressGood, is_read) {
  const auto address = parse_milter_address(GetParam().text);
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(*address, (MilterAddress{GetParam().host, GetParam().port, GetParam().path}));
}

INSTANTIATE_TEST_SUITE_P(MilterAddress, MilterAddressGood,
                         ::testing::Values(AddressCase{"postfix", "inet:127.0.0.1:11332", "127.0.0.1", 11332, ""},
                                           AddressCase{"sendmail", "inet:8891@localhost", "localhost", 8891, ""},
                                           AddressCase{"v6_brackets", "inet:[::1]:8891", "::1", 8891, ""},
                                           AddressCase{"v6_plain", "inet6:8891@::1", "::1", 8891, ""},
                                           AddressCase{"unix", "unix:/run/m.sock", "", 0, "/run/m.sock"},
                                           AddressCase{"local", "local:/run/m.sock", "", 0, "/run/m.sock"}),
                         [](const auto& each) { return each.param.name; });

TEST(MilterAddress, refuses_what_cannot_be_reached) {
  for (const auto* text : {"", "127.0.0.1:25", "inet:", "inet:host", "inet:host:", "inet:host:0", "inet:host:65536",
                           "inet:host:25x", "inet::25", "inet:25@", "unix:", "unix:relative", "tcp:host:25"})
    EXPECT_FALSE(parse_milter_address(text)) << text;
  EXPECT_FALSE(parse_milter_address("unix:/" + std::string(200, 'x')));
}

TEST(MilterProtocol, packets_have_length_letter_and_payload) {
  std::string out;
  milter::append_packet(out, milter::Command::helo, "a\0"sv);
  milter::append_macros(out, milter::Command::mail, {{"i", "ABC"}, {"{auth_type}", ""}, {"{mail_addr}", "a@b"}});
  EXPECT_EQ(out, "\0\0\0\3Ha\0\0\0\0\30DMi\0ABC\0{mail_addr}\0a@b\0"s);
  out.clear();
  milter::append_negotiation(out);
  EXPECT_EQ(out, "\0\0\0\15O\0\0\0\6\0\0\0\xff\0\x1f\xf7\xff"s);
  EXPECT_EQ(milter::connect_payload("mx.example", false, "192.0.2.1", 258),
            "mx.example\0"
            "4\1\2"
            "192.0.2.1\0"s);
}

TEST(MilterProtocol, a_nul_in_a_text_cannot_forge_another) {
  EXPECT_EQ(milter::join({"<a\0SIZE=1>"sv, "b"}), "<aSIZE=1>\0b\0"s);
}

TEST(MilterProtocol, any_division_gives_the_same_packets) {
  const auto stream = "\0\0\0\1c\0\0\0\5q\x61\x62\x63\0\0\0\0\1a"s;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    milter::PacketReader reader;
    std::vector<std::string> packets;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view(stream).substr(at, piece));
      while (const auto packet = reader.next()) packets.emplace_back(*packet);
    }
    EXPECT_EQ(packets, (std::vector<std::string>{"c", "qabc\0"s, "a"})) << piece;
  }
}

TEST(MilterProtocol, impossible_lengths_break_the_stream) {
  for (const auto& start : {"\0\0\0\0"s, "\xff\xff\xff\xff"s, "\0\x10\0\1"s}) {
    milter::PacketReader reader;
    reader.feed(start);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
  }
}

TEST(MilterProtocol, responses_are_read) {
  EXPECT_EQ(milter::parse_response("c")->kind, Kind::proceed);
  EXPECT_EQ(milter::parse_response("bnew body")->value, "new body");
  const auto inserted = milter::parse_response("i\0\0\0\1X-A\0one\0"sv);
  ASSERT_TRUE(inserted);
  EXPECT_EQ(inserted->index, 1u);
  EXPECT_EQ(inserted->name, "X-A");
  EXPECT_EQ(inserted->value, "one");
  EXPECT_EQ(milter::parse_response("e<a@b>\0SIZE=1\0"sv)->value, "<a@b>");
  const auto options = milter::parse_response("O\0\0\0\6\0\0\0\1\0\0\0\2\0\0\0\1i j\0"sv);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->steps, 2u);
}

TEST(MilterProtocol, responses_that_make_no_sense_are_none) {
  for (const auto packet :
       {""sv, "?"sv, "hX-A"sv, "hX-A\0one"sv, "h\0one\0"sv, "m\0\0"sv, "+a@b"sv, "y550"sv, "O\0\0\0\6"sv})
    EXPECT_FALSE(milter::parse_response(packet)) << packet;
}

TEST(MilterProtocol, replies_are_taken_apart) {
  const auto plain = milter::parse_reply_text("550 5.7.1 No, 100%% spam");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->code, 550);
  EXPECT_EQ(plain->dsn, "5.7.1");
  EXPECT_EQ(plain->text, "No, 100% spam");
  const auto lines = milter::parse_reply_text("451-4.7.1 Greylisted\r\n451 4.7.1 come back");
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->text, "Greylisted\ncome back");
  EXPECT_EQ(milter::parse_reply_text("554 no status code")->dsn, "5.7.1");
  EXPECT_EQ(milter::parse_reply_text("450 5.1.1 mixed classes")->dsn, "4.1.1");
  for (const auto* text : {"", "250 2.0.0 Ok", "55", "5x0 text", "550text"})
    EXPECT_FALSE(milter::parse_reply_text(text)) << text;
}

std::string text_of(const HeaderEdit& edit) {
  std::string text;
  for (const auto& field : edit.fields()) text += field.text;
  return text;
}

TEST(HeaderEdit, positions_are_those_of_postfix) {
  constexpr auto implied = HeaderEdit::Blank::implied;
  HeaderEdit edit("Received: theirs\r\nSubject: a\r\n\tb\r\nX: 1\r\nX: 2\r\n");
  edit.insert_hidden(0, "Received: ours\r\n");
  ASSERT_EQ(edit.fields().size(), 5u);
  EXPECT_EQ(edit.fields()[2].name(), "Subject");
  EXPECT_EQ(edit.fields()[2].value(), " a\n\tb");
  edit.change(1, "received", "changed", implied);  // ours is not counted
  edit.change(2, "x", "", implied);
  edit.change(1, "Y", "new", implied);
  edit.change(1, "Z", "", implied);
  edit.insert(0, "Top", "0", implied);
  edit.insert(2, "Below", "ours", implied);
  edit.insert(1000, "Last", "z", implied);
  EXPECT_EQ(text_of(edit),
            "Top: 0\r\nReceived: ours\r\nBelow: ours\r\nreceived: changed\r\nSubject: a\r\n\tb\r\nX: 1\r\nY: new\r\n"
            "Last: z\r\n");
}

TEST(HeaderEdit, one_field_comes_out_whatever_a_filter_sends) {
  HeaderEdit edit("A: 1\r\n");
  edit.add("X", "one\ntwo\r\n\r\nBcc: all\n", HeaderEdit::Blank::implied);
  edit.add("Y: z\r\nInjected", " v", HeaderEdit::Blank::given);
  edit.add(":", "no name", HeaderEdit::Blank::given);
  EXPECT_EQ(text_of(edit), "A: 1\r\nX: one\r\n\ttwo\r\n\t\r\n\tBcc: all\r\nYzInjected: v\r\n");
}

TEST(HeldContent, reads_the_same_from_memory_and_file) {
  std::string all;
  for (int i = 0; i < 30000; ++i) all += std::to_string(i) + "\r\n";
  for (const std::uint64_t limit : {std::uint64_t{1} << 30, std::uint64_t{1000}}) {
    HeldContent held(::testing::TempDir(), limit);
    for (std::size_t at = 0; at < all.size(); at += 777)
      ASSERT_TRUE(held.append(std::string_view(all).substr(at, 777)));
    EXPECT_EQ(held.is_in_file(), limit == 1000);
    EXPECT_EQ(held.size(), all.size());
    std::string read;
    char piece[5000];
    for (;;) {
      const auto size = held.read(read.size(), piece, sizeof piece);
      ASSERT_GE(size, 0);
      if (size == 0) break;
      read.append(piece, static_cast<std::size_t>(size));
    }
    EXPECT_EQ(read, all);
  }
}

TEST(HeldContent, copies_itself_from_memory_and_file) {
  for (const std::uint64_t limit : {std::uint64_t{1} << 20, std::uint64_t{10}}) {
    HeldContent held(::testing::TempDir(), limit), copy("", 1 << 20);
    std::string text;
    for (int i = 0; i < 3000; ++i) {
      const auto piece = std::to_string(i) + std::string(100, 'x');
      ASSERT_TRUE(held.append(piece));
      text += piece;
    }
    ASSERT_TRUE(held.copy_to(copy));
    std::string read(text.size(), '\0');
    EXPECT_EQ(copy.size(), text.size());
    EXPECT_EQ(copy.read(0, read.data(), read.size()), static_cast<std::int64_t>(text.size()));
    EXPECT_EQ(read, text);
  }
}

TEST(HeldContent, a_missing_directory_is_an_error) {
  HeldContent held("/nonexistent", 10);
  EXPECT_TRUE(held.append("12345"));
  EXPECT_FALSE(held.append("1234567890"));
}

struct StringWriter final : ContentWriter {
  tl::expected<void, SpoolError> append(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::uint64_t size() const override { return text.size(); }
  tl::expected<void, SpoolError> copy_to(ContentWriter& other) const override { return other.append(text); }
  std::string text;
};

TEST(FilteredMessage, body_begins_behind_the_empty_line) {
  for (const auto& [content, header, body] :
       {std::tuple{"A: 1\r\n\r\nbody\r\n\r\nmore\r\n"s, "A: 1\r\n"s, "body\r\n\r\nmore\r\n"s},
        std::tuple{"\r\nbody\r\n"s, ""s, "body\r\n"s}, std::tuple{"A: 1\r\n\r\n"s, "A: 1\r\n"s, ""s},
        std::tuple{"A: " + std::string(16380, 'x') + "\r\n\r\nbody"s, "A: " + std::string(16380, 'x') + "\r\n",
                   "body"s}}) {
    auto held = std::make_unique<HeldContent>("", 1 << 20);
    ASSERT_TRUE(held->append(content));
    auto message = FilteredMessage::open(std::move(held), {"", 1 << 20, 10});
    ASSERT_TRUE(message);
    EXPECT_EQ(text_of(message->edits.header), header);
    StringWriter out;
    ASSERT_TRUE(message->write_to(out));
    EXPECT_EQ(out.text, content);
    EXPECT_TRUE(message->replace_body("12345"));
    EXPECT_FALSE(message->replace_body("1234567890"));
    message->forget_replacement();
    EXPECT_TRUE(message->replace_body("12345"));
    message->use_replacement();
    out.text.clear();
    ASSERT_TRUE(message->write_to(out));
    EXPECT_EQ(out.text, header + "\r\n12345");
  }
}

}  // namespace
}  // namespace gateway
