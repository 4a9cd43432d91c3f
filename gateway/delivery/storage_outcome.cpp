#include "gateway/delivery/storage_outcome.hpp"

#include <cerrno>

namespace gateway {

namespace {

Outcome outcome(Outcome::Result result, std::string dsn, std::string text) {
  return {result, std::move(dsn), std::move(text), {}, {}, false};
}

std::string sentence(std::string_view writer, std::string_view reason) {
  return std::string(writer) + " failed: " + std::string(reason);
}

}  // namespace

Outcome delivered(std::string text) {
  return outcome(Outcome::Result::sent, "2.0.0", std::move(text));
}

Outcome deferred(std::string dsn, std::string text) {
  return outcome(Outcome::Result::deferred, std::move(dsn), std::move(text));
}

Outcome failed(std::string dsn, std::string text) {
  return outcome(Outcome::Result::failed, std::move(dsn), std::move(text));
}

Outcome mailbox_full(std::string_view writer, const config::Mailboxes& mailboxes) {
  if (mailboxes.full_action == config::FullAction::bounce) return failed("5.2.2", sentence(writer, "mailbox full"));
  return deferred("4.2.2", sentence(writer, "mailbox full"));
}

Outcome storage_trouble(std::string_view writer, int error, const config::Mailboxes& mailboxes) {
  switch (error) {
    case ENOSPC:
      return deferred("4.3.1", sentence(writer, "insufficient system storage"));
    case EDQUOT:
    case EFBIG:
      return mailbox_full(writer, mailboxes);
    case ENOENT:
      return deferred("4.2.0", sentence(writer, "mailbox does not exist"));
    case EXDEV:
    case ELOOP:
    case ENOTDIR:
      return deferred("4.3.5", sentence(writer, "mailbox path is not allowed"));
    case EACCES:
    case EPERM:
    case EROFS:
      return deferred("4.2.0", sentence(writer, "mailbox is not accessible"));
    default:
      return deferred("4.3.0", sentence(writer, "temporary storage error"));
  }
}

}  // namespace gateway
