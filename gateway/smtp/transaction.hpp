#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/content/content_check.hpp"
#include "gateway/smtp/command.hpp"
#include "gateway/smtp/content_reader.hpp"
#include "gateway/smtp/message_intake.hpp"
#include "gateway/smtp/services.hpp"
#include "gateway/spool/envelope.hpp"
#include "policy/facts.hpp"
#include "policy/verdict.hpp"

namespace gateway {

/// One mail transaction: from MAIL to the end of its content, RSET or the next EHLO.
struct Transaction {
  MailFrom mail;
  lookup::Address sender;  // as rewritten
  std::vector<EnvelopeRecipient> recipients;
  std::vector<RecipientAnswer> answers;  // parallel to recipients
  policy::Effects effects;
  MessageId id;                           // from the first accepted recipient on
  std::string queue_id;                   // "" before
  std::unique_ptr<MessageIntake> intake;  // while content arrives
  std::unique_ptr<ContentCheck> check;    // ahead of the intake, when there are tables to ask
  std::unique_ptr<ContentReader> chunks;  // after the first BDAT

  /// Where content goes first.
  ContentSink& sink() { return check ? static_cast<ContentSink&>(*check) : *intake; }

  bool is_unresolved = false;  // a map for its header could not be asked
  // For filters the content is held back, without our Received, and `content` is what they make of it.
  bool is_held = false;
  std::string received;
  std::size_t received_at = 0;
  std::unique_ptr<ContentWriter> content;
};

/// Adds what a further verdict wants to what was wanted before.
void merge(policy::Effects& into, policy::Effects&& from);

/// The envelope to be stored: everything known but the content's size.
Envelope build_envelope(const Transaction& transaction, const policy::Facts& facts);

}  // namespace gateway
