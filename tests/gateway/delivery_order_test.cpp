#include "gateway/local/delivery_order.hpp"

#include <gtest/gtest.h>

#include "gateway/local/service_settings.hpp"

namespace gateway {
namespace {

DeliveryOrder an_order() {
  DeliveryOrder order;
  order.head = {OrderHead::Kind::local, 5001, 5002, false, "/srv/mail", "/srv/mail/lea/", "lea"};
  order.hostname = "mx.example.com";
  order.recipient_delimiter = "+";
  order.quota_default = 10;
  order.mailbox_size_limit = 20;
  order.full_action = config::FullAction::bounce;
  OrderedMail mail;
  mail.id.value = 77;
  mail.recipient = 3;
  mail.arrival = SystemTime{std::chrono::microseconds{1700000000000001}};
  mail.may_exist = true;
  mail.quota = 5;
  mail.size = 6;
  mail.sender = "s@example.net";
  mail.address = "lea@example.org";
  mail.original = "info@example.org";
  mail.client_name = "client.example.net";
  mail.client_address = "192.0.2.7";
  mail.helo = "helo";
  mail.protocol = "ESMTP";
  mail.login = "login";
  order.mails = {mail, mail};
  return order;
}

TEST(Order, arrives_as_it_was_sent) {
  const std::string record = encode_order(an_order());
  const auto order = decode_order(record);
  ASSERT_TRUE(order);
  EXPECT_EQ(encode_order(*order), record);
  EXPECT_EQ(order->head.user, "lea");
  EXPECT_EQ(order->head.gid, 5002U);
  EXPECT_EQ(order->mails.size(), 2U);
  EXPECT_EQ(order->mails[1].login, "login");
  EXPECT_EQ(order->full_action, config::FullAction::bounce);
  const auto head = decode_order_head(record);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->path, "/srv/mail/lea/");
}

TEST(Order, that_is_cut_off_or_too_long_is_none) {
  const std::string record = encode_order(an_order());
  for (std::size_t size = 0; size < record.size(); ++size) EXPECT_FALSE(decode_order(record.substr(0, size))) << size;
  EXPECT_FALSE(decode_order(record + "x"));
}

TEST(Order, with_a_nul_in_its_path_is_none) {
  DeliveryOrder order = an_order();
  order.head.path = std::string("/srv/mail/lea\0/x", 16);
  EXPECT_FALSE(decode_order_head(encode_order(order)));
}

TEST(Order, of_too_many_mails_is_none) {
  DeliveryOrder order = an_order();
  order.mails.resize(most_mails + 1);
  EXPECT_FALSE(decode_order(encode_order(order)));
}

TEST(Answer, is_for_each_mail_or_for_all) {
  const Outcome good{Outcome::Result::sent, "2.0.0", "delivered", {}, {}, false};
  const Outcome bad{Outcome::Result::deferred, "4.2.0", "no", {}, {}, false};
  const auto each = decode_outcomes(encode_outcomes({good, bad}), 2);
  ASSERT_TRUE(each);
  EXPECT_EQ((*each)[1].text, "no");
  const auto all = decode_outcomes(encode_outcomes({bad}), 3);
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[2].dsn, "4.2.0");
  EXPECT_FALSE(decode_outcomes(encode_outcomes({good, bad}), 3));
  EXPECT_FALSE(decode_outcomes("", 1));
  EXPECT_FALSE(decode_outcomes(encode_outcomes({Outcome{}}), 1));  // undecided is no outcome
}

TEST(ServiceSettings, go_over_a_command_line_unchanged) {
  ServiceSettings settings;
  settings.base = "/srv/mail = x";
  settings.minimum_uid = 4000000000U;
  settings.owner_uid = 5000;
  settings.default_uid = 65534;
  settings.default_gid = 65533;
  settings.local.mailbox_command = "/usr/bin/tool -a \"$EXTENSION\"";
  settings.local.mail_spool_directory = "/var/mail";
  settings.local.mailbox_delivery_lock = {"dotlock"};
  settings.local.allow_mail_to_files = true;
  settings.local.command_time_limit = std::chrono::seconds{7};
  const auto words = to_words(settings);
  const auto again = settings_of_words(words);
  ASSERT_TRUE(again);
  EXPECT_EQ(to_words(*again), words);
  EXPECT_EQ(again->base, settings.base);
  EXPECT_EQ(again->minimum_uid, settings.minimum_uid);
  EXPECT_FALSE(again->local.allow_mail_to_commands);
  EXPECT_EQ(again->local.mailbox_delivery_lock, settings.local.mailbox_delivery_lock);
  for (const std::string bad : {"", "x", "minimum_uid=-1", "minimum_uid=1x", "colour=red", "allow=all"})
    EXPECT_FALSE(settings_of_words(std::vector<std::string>{bad})) << bad;
}

}  // namespace
}  // namespace gateway
