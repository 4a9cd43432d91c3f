#include <gtest/gtest.h>

#include "gateway/net/proxy_header.hpp"
#include "gateway/smtp/command.hpp"
#include "gateway/smtp/header_scan.hpp"
#include "gateway/smtp/line_reader.hpp"
#include "gateway/smtp/session_counts.hpp"
#include "gateway/smtp/xclient.hpp"
#include "gateway/spool/envelope.hpp"

namespace gateway {
namespace {

struct Refused {
  std::string name, line;
  int code;
};

TEST(ParseCommand, refuses_with_the_right_code) {
  const Refused table[] = {
      // addresses
      {"no brackets' end", "MAIL FROM:<a@b", 501},
      {"no colon", "MAIL FROM <a@b>", 501},
      {"no address", "MAIL FROM:", 501},
      {"two addresses", "MAIL FROM:<a@b><c@d>", 501},
      {"null recipient", "RCPT TO:<>", 501},
      {"only a domain", "RCPT TO:<@b>", 501},
      {"control octet", std::string("NOOP \x01", 6), 500},
      {"NUL octet", std::string("NOOP\0", 5), 500},
      // parameters
      {"unknown parameter", "MAIL FROM:<a@b> X=1", 555},
      {"negative size", "MAIL FROM:<a@b> SIZE=-1", 501},
      {"size beyond 63 bits", "MAIL FROM:<a@b> SIZE=99999999999999999999", 501},
      {"other body", "MAIL FROM:<a@b> BODY=BINARYMIME", 555},
      {"line break in ENVID", "MAIL FROM:<a@b> ENVID=x+0D", 501},
      {"half an escape", "MAIL FROM:<a@b> ENVID=x+0", 501},
      {"notify twice the same", "RCPT TO:<a@b> NOTIFY=DELAY,DELAY", 501},
      {"ORCPT without type", "RCPT TO:<a@b> ORCPT=a@b", 501},
      {"8-bit sender", "MAIL FROM:<\xc3\xa4@b>", 553},
      // others
      {"BDAT without a size", "BDAT LAST", 501},
      {"BDAT with a sign", "BDAT +1", 501},
      {"arguments of DATA", "DATA x", 501},
  };
  for (const auto& [name, line, code] : table) {
    SCOPED_TRACE(name);
    const auto command = parse_command(line, {});
    ASSERT_TRUE(std::holds_alternative<Reply>(command.content));
    EXPECT_EQ(std::get<Reply>(command.content).code, code);
  }
}

TEST(ParseCommand, understands_mail_with_all_parameters) {
  const auto command =
      parse_command("mail from:<\"a b>\"@ext.example> size=10 body=8bitmime RET=FULL ENVID=a+2Bb AUTH=<> SMTPUTF8", {});
  const auto* mail = std::get_if<MailFrom>(&command.content);
  ASSERT_NE(mail, nullptr);
  EXPECT_EQ(mail->sender.local, "a b>");
  EXPECT_EQ(mail->size, 10u);
  EXPECT_TRUE(mail->eight_bit);
  EXPECT_TRUE(mail->smtputf8);
  EXPECT_EQ(mail->ret, 'F');
  EXPECT_EQ(mail->envid, "a+b");
  EXPECT_EQ(mail->auth, "<>");
}

TEST(ParseCommand, understands_requiretls_where_it_is_offered) {
  Grammar grammar;
  EXPECT_FALSE(std::holds_alternative<MailFrom>(parse_command("MAIL FROM:<a@b> REQUIRETLS", grammar).content));
  grammar.require_tls_offered = true;
  const auto command = parse_command("MAIL FROM:<a@b> RequireTLS", grammar);
  const auto* mail = std::get_if<MailFrom>(&command.content);
  ASSERT_NE(mail, nullptr);
  EXPECT_TRUE(mail->require_tls);
  EXPECT_FALSE(std::holds_alternative<MailFrom>(parse_command("MAIL FROM:<a@b> REQUIRETLS=1", grammar).content));
}

TEST(ParseCommand, understands_rcpt_with_dsn) {
  const auto command = parse_command("RCPT TO:<a@b> NOTIFY=success,Failure ORCPT=rfc822;x+40y", {});
  const auto* rcpt = std::get_if<RcptTo>(&command.content);
  ASSERT_NE(rcpt, nullptr);
  EXPECT_EQ(rcpt->notify, notify_success | notify_failure);
  EXPECT_EQ(rcpt->orcpt, "rfc822;x@y");
}

TEST(LineReader, any_chunking_gives_the_same_lines) {
  const std::string input = "EHLO a\r\n\r\nNOOP\n" + std::string(300, 'x') + "\r\nQUIT\r\n";
  const auto read = [&](std::size_t size) {
    LineReader reader(100);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < input.size(); at += size) {
      reader.feed(std::string_view(input).substr(at, size));
      while (const auto line = reader.next()) lines.push_back(line->too_long ? "<long>" : std::string(line->text));
    }
    return lines;
  };
  const std::vector<std::string> expected{"EHLO a", "", "NOOP", "<long>", "QUIT"};
  for (std::size_t size = 1; size <= input.size(); ++size) EXPECT_EQ(read(size), expected) << size;
}

class Gathered final : public ContentSink {
 public:
  void take(std::string_view octets) override { text.append(octets); }
  std::string text;
};

TEST(HeaderScan, finds_tls_required_no) {
  const auto says = [](const std::string& header) {
    HeaderScan scan(1000);
    Gathered gathered;
    scan.feed(header + "\r\n", gathered);
    return scan.says_tls_not_required();
  };
  EXPECT_TRUE(says("TLS-Required: No\r\n"));
  EXPECT_TRUE(says("From: a\r\ntls-required:\r\n\tno \r\nTo: b\r\n"));
  EXPECT_FALSE(says("TLS-Required: Yes\r\n"));
  EXPECT_FALSE(says("TLS-Required: No thanks\r\n"));
  EXPECT_FALSE(says("X-TLS-Required: No\r\n"));
  EXPECT_FALSE(says("TLS-Required: No\r\nTLS-Required: No\r\n"));
}

TEST(HeaderScan, any_chunking_finds_the_same_header) {
  const std::string message =
      "Received: a\r\n\tb\r\nMessage-ID:\r\n <1@x>\r\nX : y\r\nfrom: z\r\n\r\nReceived: body\r\n";
  for (std::size_t size = 1; size <= message.size(); ++size) {
    HeaderScan scan(1000);
    Gathered header;
    std::string body;
    for (std::size_t at = 0; at < message.size(); at += size) {
      auto part = std::string_view(message).substr(at, size);
      if (!scan.ended()) part.remove_prefix(scan.feed(part, header));
      if (scan.ended()) body += part;
    }
    EXPECT_EQ(header.text + body, message) << size;
    EXPECT_EQ(scan.received_count(), 1u);
    EXPECT_EQ(scan.message_id(), "<1@x>");
    EXPECT_TRUE(scan.has_from());
    EXPECT_FALSE(scan.has_date());
    EXPECT_FALSE(scan.needs_separator());
  }
}

TEST(HeaderScan, text_without_a_header_needs_a_separator) {
  HeaderScan scan(1000);
  Gathered header;
  const std::string message = "Subject: x\r\nno header here\r\n";
  const auto taken = scan.feed(message, header);
  EXPECT_TRUE(scan.ended());
  EXPECT_TRUE(scan.needs_separator());
  EXPECT_EQ(header.text + scan.held() + message.substr(taken), message);
}

TEST(SessionCounts, prints_as_postfix_does) {
  SessionCounts counts;
  counts.count(Verb::ehlo, true);
  counts.count(Verb::rcpt, false);
  counts.count(Verb::help, true);
  EXPECT_EQ(counts.to_string(), " ehlo=1 rcpt=0/1 unknown=1 commands=2/3");
}

TEST(ProxyHeader, version_1) {
  const auto header = parse_proxy_header("PROXY TCP6 2001:db8::1 2001:db8::2 65535 25\r\nEHLO");
  EXPECT_EQ(header.status, ProxyHeader::Status::complete);
  EXPECT_EQ(header.client.address.to_string(), "2001:db8::1");
  EXPECT_EQ(header.client.port, 65535);
  EXPECT_EQ(header.size, 45u);
  for (const char* bad :
       {"GET / HTTP", "PROXY TCP4 1.2.3.4 1.2.3.5 1 65536\r\n", "PROXY TCP4 ::1 ::1 1 1\r\n", "PROXY TCP4 1.2.3.4\r\n"})
    EXPECT_EQ(parse_proxy_header(bad).status, ProxyHeader::Status::malformed) << bad;
  EXPECT_EQ(parse_proxy_header("PROXY TCP4 1.2").status, ProxyHeader::Status::incomplete);
  EXPECT_EQ(parse_proxy_header("PROXY " + std::string(200, 'x')).status, ProxyHeader::Status::malformed);
}

TEST(ProxyHeader, version_2) {
  const std::string text("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x02\xbd\x6a\0\x19", 28);
  const auto header = parse_proxy_header(text);
  EXPECT_EQ(header.status, ProxyHeader::Status::complete);
  EXPECT_EQ(header.client.address.to_string(), "127.0.0.1");
  EXPECT_EQ(header.client.port, 0xbd6a);
  EXPECT_EQ(header.server.port, 25);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(parse_proxy_header(std::string_view(text).substr(0, size)).status, ProxyHeader::Status::incomplete)
        << size;
}

TEST(ParseAttributes, checks_values) {
  EXPECT_TRUE(parse_attributes("NAME=a ADDR=IPV6:::1 PORT=[UNAVAILABLE]", AttributeSet::xclient));
  for (const char* bad : {"", "ADDR=x", "PORT=70000", "NAME=a+0Ab", "IDENT=1", "NAME="})
    EXPECT_FALSE(parse_attributes(bad, AttributeSet::xclient)) << bad;
}

}  // namespace
}  // namespace gateway
