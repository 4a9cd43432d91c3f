#include "policy/reply_object.hpp"

namespace policy {

namespace {

/// Final digit of X.1.N, then the whole code for a sender, then for a recipient.
struct AddressStatus {
  std::string_view detail, sender, recipient;
};

constexpr AddressStatus address_statuses[] = {
    {"1", "4.1.0", "4.1.1"}, {"2", "4.1.8", "4.1.2"}, {"3", "4.1.7", "4.1.3"}, {"4", "4.1.0", "4.1.4"},
    {"5", "4.1.0", "4.1.5"}, {"6", "4.1.0", "4.1.6"}, {"7", "4.1.7", "4.1.3"}, {"8", "4.1.8", "4.1.2"},
};

}  // namespace

std::string_view class_of(Object object) {
  switch (object) {
    case Object::client:
      return "Client host";
    case Object::reverse_client:
      return "Unverified Client host";
    case Object::certificate:
      return "Client certificate";
    case Object::login:
      return "SASL login name";
    case Object::helo:
      return "Helo command";
    case Object::sender:
      return "Sender address";
    case Object::recipient:
      return "Recipient address";
    case Object::etrn:
      return "Etrn command";
    case Object::data:
      return "Data command";
    case Object::end_of_data:
      return "End-of-data";
  }
  return "Command";
}

std::string name_of(Object object, const Facts& facts) {
  switch (object) {
    case Object::client:
      return facts.client_name + "[" + facts.client_address.to_string() + "]";
    case Object::reverse_client:
      return facts.reverse_client_name;
    case Object::certificate:
      return facts.client_cert_subject;
    case Object::login:
      return facts.login;
    case Object::helo:
      return facts.helo;
    case Object::sender:
      return facts.sender.to_string();
    case Object::recipient:
      return facts.recipient.to_string();
    case Object::etrn:
      return facts.etrn_domain;
    case Object::data:
      return "DATA";
    case Object::end_of_data:
      return "END-OF-MESSAGE";
  }
  return {};
}

Object object_of(Stage stage) {
  switch (stage) {
    case Stage::client:
      return Object::client;
    case Stage::helo:
      return Object::helo;
    case Stage::sender:
      return Object::sender;
    case Stage::relay:
    case Stage::recipient:
      return Object::recipient;
    case Stage::data:
      return Object::data;
    case Stage::end_of_data:
      return Object::end_of_data;
    case Stage::etrn:
      return Object::etrn;
  }
  return Object::client;
}

std::string_view protocol_state(Stage stage, const Facts& facts) {
  switch (stage) {
    case Stage::client:
      return "CONNECT";
    case Stage::helo:
      return facts.protocol == "ESMTP" ? "EHLO" : "HELO";
    case Stage::sender:
      return "MAIL";
    case Stage::relay:
    case Stage::recipient:
      return "RCPT";
    case Stage::data:
      return "DATA";
    case Stage::end_of_data:
      return "END-OF-MESSAGE";
    case Stage::etrn:
      return "ETRN";
  }
  return "UNKNOWN";
}

std::string_view fit_dsn(std::string_view dsn, Object object) {
  if (dsn.size() < 5 || dsn.substr(1, 3) != ".1.") return dsn;
  if (object != Object::sender && object != Object::recipient) return "4.0.0";
  for (const auto& status : address_statuses)
    if (status.detail == dsn.substr(4)) return object == Object::sender ? status.sender : status.recipient;
  return "4.1.0";
}

std::string with_class_of(std::string_view dsn, int code) {
  std::string fitted(dsn);
  if (!fitted.empty()) fitted.front() = static_cast<char>('0' + code / 100);
  return fitted;
}

}  // namespace policy
