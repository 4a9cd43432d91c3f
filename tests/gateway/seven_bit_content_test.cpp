#include "gateway/delivery/seven_bit_content.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string converted(std::string_view message, std::size_t piece = 1 << 20) {
  SevenBitContent content;
  for (std::size_t at = 0; at < message.size(); at += piece) content.look(message.substr(at, piece));
  content.end_look();
  std::string out;
  for (std::size_t at = 0; at < message.size(); at += piece) content.convert(message.substr(at, piece), out);
  content.end_convert(out);
  return out;
}

struct Case {
  const char* name;
  std::string message, wanted;
};

class SevenBit : public ::testing::TestWithParam<Case> {};

TEST_P(SevenBit, IsConvertedHoweverItIsCut) {
  const Case& each = GetParam();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1} << 20})
    EXPECT_EQ(converted(each.message, piece), each.wanted) << "in pieces of " << piece;
}

const std::string text_header =
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
const std::string text_header_qp =
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";

INSTANTIATE_TEST_SUITE_P(
    Delivery, SevenBit,
    ::testing::Values(
        Case{"plain_text_stays", "Subject: x\r\n\r\na = b \r\n", "Subject: x\r\n\r\na = b \r\n"},
        Case{"text_becomes_quoted_printable",
             text_header + "\r\nGr\xc3\xbc\xc3\x9f"
                           "e = 1 \r\n.\r\n",
             text_header_qp + "\r\nGr=C3=BC=C3=9Fe =3D 1=20\r\n.\r\n"},
        Case{"a_label_alone_changes_nothing", text_header + "\r\nascii\r\n", text_header + "\r\nascii\r\n"},
        Case{"mail_without_mime_gets_it", "Subject: x\r\n\r\n\xe4\r\n",
             "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
             "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4\r\n"},
        Case{"a_folded_field_goes_as_a_whole",
             "Content-Type: text/plain\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding:\r\n 8bit\r\nX: "
             "y\r\n\r\n\xe4\r\n",
             "Content-Type: text/plain\r\nMIME-Version: 1.0\r\nX: y\r\n"
             "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4\r\n"},
        Case{"only_the_parts_that_need_it",
             "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"b=1\"\r\n"
             "Content-Transfer-Encoding: 8bit\r\n\r\nbefore\r\n--b=1\r\nContent-Type: text/plain\r\n\r\na = b\r\n"
             "--b=1\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n\xe4 = b\r\n--b=1--\r\nafter\r\n",
             "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"b=1\"\r\n"
             "Content-Transfer-Encoding: 7bit\r\n\r\nbefore\r\n--b=1\r\nContent-Type: text/plain\r\n\r\na = b\r\n"
             "--b=1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4 =3D b\r\n--b=1--\r\nafter\r\n"},
        Case{"messages_inside_messages",
             "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n" + text_header +
                 "\r\n\xe4\r\n",
             "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n" + text_header_qp +
                 "\r\n=E4\r\n"},
        Case{"an_outer_boundary_ends_all_inside",
             "Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: multipart/alternative; "
             "boundary=in\r\n\r\n--in\r\n\r\n\xe4\r\n--out\r\n\r\na = b\r\n--out--\r\n",
             "Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: multipart/alternative; "
             "boundary=in\r\n\r\n--in\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4\r\n--out\r\n\r\na = "
             "b\r\n--out--\r\n"},
        Case{"base64_is_never_encoded_twice", "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\n\xe4\r\n",
             "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\n\xe4\r\n"},
        Case{"binary_keeps_its_loose_line_ends", text_header + "\r\na\nb\rc\xe4\r\n",
             text_header_qp + "\r\na=0Ab=0Dc=E4\r\n"},
        Case{"a_message_without_an_end", text_header + "\r\n\xe4", text_header_qp + "\r\n=E4"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(SevenBitContent, NoLineOfAConvertedPartIsLongerThan76) {
  std::string body;
  for (int count = 0; count < 3000; ++count) body += count % 7 == 0 ? "\xc3\xa4" : "x y=";
  const std::string out = converted(text_header + "\r\n" + body + "\r\n", 1000);
  std::string decoded;
  const std::string_view text = std::string_view(out).substr(text_header_qp.size() + 2);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    ASSERT_NE(end, std::string_view::npos);
    ASSERT_LE(end - at, 76U);
    std::string_view line = text.substr(at, end - at);
    at = end + 2;
    const bool soft = line.ends_with('=');
    if (soft) line.remove_suffix(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '=') {
        decoded += line[i];
        continue;
      }
      decoded += static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
    if (!soft) decoded += "\r\n";
  }
  EXPECT_EQ(decoded, body + "\r\n");
}

TEST(SevenBitContent, TooManyPartsAreLeftAlone) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int count = 0; count < 20000; ++count) message += "--b\r\n";
  SevenBitContent content;
  content.look(message + "\r\n\xe4\r\n");
  content.end_look();
  EXPECT_FALSE(content.has_eight_bit());
}

}  // namespace
}  // namespace gateway
