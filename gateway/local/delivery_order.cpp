#include "gateway/local/delivery_order.hpp"

#include "gateway/spool/record_fields.hpp"

namespace gateway {

namespace {

constexpr std::uint8_t order_version = 1;
constexpr std::uint8_t outcome_version = 2;

void put_head(std::string& record, const OrderHead& head) {
  put_fixed(record, order_version);
  put_fixed(record, static_cast<std::uint8_t>(head.kind));
  put_fixed(record, head.uid);
  put_fixed(record, head.gid);
  put_fixed(record, static_cast<std::uint8_t>(head.create));
  for (const auto* text : {&head.base, &head.path, &head.user}) put_text(record, *text);
}

std::optional<OrderHead> take_head(RecordFields& fields) {
  OrderHead head;
  if (fields.fixed<std::uint8_t>() != order_version) return std::nullopt;
  const auto kind = fields.fixed<std::uint8_t>();
  if (kind > static_cast<std::uint8_t>(OrderHead::Kind::file)) return std::nullopt;
  head.kind = static_cast<OrderHead::Kind>(kind);
  head.uid = fields.fixed<std::uint32_t>();
  head.gid = fields.fixed<std::uint32_t>();
  head.create = fields.fixed<std::uint8_t>() != 0;
  for (auto* text : {&head.base, &head.path, &head.user}) {
    *text = fields.text();
    if (text->find('\0') != std::string::npos) return std::nullopt;
  }
  if (!fields.good()) return std::nullopt;
  return head;
}

void put_mail(std::string& record, const OrderedMail& mail) {
  put_fixed(record, mail.id.value);
  put_fixed(record, mail.recipient);
  put_fixed(record, static_cast<std::uint64_t>(mail.arrival.time_since_epoch().count()));
  put_fixed(record, static_cast<std::uint8_t>(mail.may_exist));
  put_fixed(record, mail.quota);
  put_fixed(record, mail.size);
  for (const auto* text : {&mail.sender, &mail.address, &mail.original, &mail.client_name, &mail.client_address,
                           &mail.helo, &mail.protocol, &mail.login})
    put_text(record, *text);
}

OrderedMail take_mail(RecordFields& fields) {
  OrderedMail mail;
  mail.id.value = fields.fixed<std::uint64_t>();
  mail.recipient = fields.fixed<std::uint32_t>();
  mail.arrival = SystemTime{std::chrono::microseconds{static_cast<std::int64_t>(fields.fixed<std::uint64_t>())}};
  mail.may_exist = fields.fixed<std::uint8_t>() != 0;
  mail.quota = fields.fixed<std::uint64_t>();
  mail.size = fields.fixed<std::uint64_t>();
  for (auto* text : {&mail.sender, &mail.address, &mail.original, &mail.client_name, &mail.client_address, &mail.helo,
                     &mail.protocol, &mail.login})
    *text = fields.text();
  return mail;
}

}  // namespace

std::string encode_order(const DeliveryOrder& order) {
  std::string record;
  put_head(record, order.head);
  put_text(record, order.hostname);
  put_text(record, order.recipient_delimiter);
  put_fixed(record, order.quota_default);
  put_fixed(record, order.mailbox_size_limit);
  put_fixed(record, static_cast<std::uint8_t>(order.full_action));
  put_number(record, order.mails.size());
  for (const OrderedMail& mail : order.mails) put_mail(record, mail);
  return record;
}

std::optional<OrderHead> decode_order_head(std::string_view record) {
  RecordFields fields(record);
  return take_head(fields);
}

std::optional<DeliveryOrder> decode_order(std::string_view record) {
  RecordFields fields(record);
  auto head = take_head(fields);
  if (!head) return std::nullopt;
  DeliveryOrder order;
  order.head = std::move(*head);
  order.hostname = fields.text();
  order.recipient_delimiter = fields.text();
  order.quota_default = fields.fixed<std::uint64_t>();
  order.mailbox_size_limit = fields.fixed<std::uint64_t>();
  order.full_action = fields.fixed<std::uint8_t>() == 0 ? config::FullAction::defer : config::FullAction::bounce;
  const std::uint64_t count = fields.number();
  if (!fields.good() || count == 0 || count > most_mails) return std::nullopt;
  for (std::uint64_t at = 0; at < count && fields.good(); ++at) order.mails.push_back(take_mail(fields));
  if (!fields.good() || fields.left() > 0) return std::nullopt;
  return order;
}

std::string encode_outcomes(const std::vector<Outcome>& outcomes) {
  std::string record;
  put_fixed(record, outcome_version);
  put_number(record, outcomes.size());
  for (const Outcome& outcome : outcomes) {
    put_fixed(record, static_cast<std::uint8_t>(outcome.result));
    put_text(record, outcome.dsn);
    put_text(record, outcome.text);
  }
  return record;
}

std::optional<std::vector<Outcome>> decode_outcomes(std::string_view record, std::size_t mails) {
  RecordFields fields(record);
  if (fields.fixed<std::uint8_t>() != outcome_version) return std::nullopt;
  const std::uint64_t count = fields.number();
  if (!fields.good() || (count != mails && count != 1)) return std::nullopt;
  std::vector<Outcome> outcomes;
  for (std::uint64_t at = 0; at < count; ++at) {
    const auto result = fields.fixed<std::uint8_t>();
    if (result == 0 || result > static_cast<std::uint8_t>(Outcome::Result::failed)) return std::nullopt;
    Outcome outcome;
    outcome.result = static_cast<Outcome::Result>(result);
    outcome.dsn = fields.text();
    outcome.text = fields.text();
    outcomes.push_back(std::move(outcome));
  }
  if (!fields.good() || fields.left() > 0) return std::nullopt;
  if (count == 1) outcomes.resize(mails, outcomes.front());
  return outcomes;
}

}  // namespace gateway
