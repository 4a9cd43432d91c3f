#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/resolve/delivery.hpp"
#include "gateway/spool/envelope.hpp"
#include "lookup/answer.hpp"
#include "lookup/directory.hpp"
#include "policy/facts.hpp"
#include "policy/question.hpp"
#include "policy/verdict.hpp"

namespace gateway {

struct ContentTables;

/// What is known of one recipient after RCPT: whether it exists, and how it will be reached if no expansion is needed.
struct RecipientAnswer {
  lookup::Answer answer;                  // found / absent / unavailable; absent.detail may carry a relocated text
  bool relocated = false;                 // then answer.detail is the new address text: 550 5.1.6
  std::string table;                      // "local recipient", "virtual alias", "virtual mailbox", "relay recipient"
  bool expands = false;                   // an alias or group: expand() will replace it
  Delivery delivery;                      // valid when found and not `expands`
  std::uint64_t free_quota = UINT64_MAX;  // octets left in the mailbox, when known
  /// Who may send here (aliases.senders): addresses, "@domain", "mynetworks", "authenticated". Empty: everybody.
  std::vector<std::string> senders;
};

/// Why a finished message cannot be taken (alias expansion failed, a loop, a full mailbox).
struct Refusal {
  int code = 451;
  std::string dsn = "4.3.0";
  std::string text = "Temporary lookup failure";
  policy::Reason reason = policy::Reason::lookup_failed;
};

/// Everything an SMTP session asks of the rest of the gateway, as one narrow interface: the session knows no table, no
/// directory and no DNS. Belongs to one event loop; every `done` is called exactly once on that loop, possibly before
/// the call returns, within the time limits of what is asked. A session keeps its Services alive (shared_ptr) over a
/// reload.
class Services {
 public:
  virtual ~Services() = default;

  /// The domain class of an address: served domains, mydestination-like literals, proxy_interfaces.
  virtual policy::DomainClass class_of(const lookup::Address& address) const = 0;

  /// The address as canonical maps rewrite it, unqualified names completed (myorigin). Absent: unchanged.
  enum class Role : std::uint8_t { sender, recipient };
  virtual void rewrite(lookup::Address address, Role role,
                       std::function<void(tl::expected<lookup::Address, lookup::Answer>)> done) = 0;

  /// Whose header it is: our own clients' (rewrite.local_header_rewrite_clients), or that of mail from elsewhere.
  enum class HeaderOrigin : std::uint8_t { ours, foreign };
  /// May rewrite_header() change anything? Only then a session holds the header back.
  virtual bool rewrites_header(HeaderOrigin origin) const = 0;
  /// The header section with its addresses rewritten, or the answer of the map that cannot be asked.
  virtual void rewrite_header(std::string section, HeaderOrigin origin,
                              std::function<void(tl::expected<std::string, lookup::Answer>)> done) = 0;

  /// The tables that content is checked with, or null when it is not.
  virtual const ContentTables* content_tables() const { return nullptr; }

  virtual std::optional<RecipientAnswer> find_recipient_now(const lookup::Address& recipient) = 0;
  virtual void find_recipient(const lookup::Address& recipient, std::function<void(RecipientAnswer)> done) = 0;

  /// Answers a policy question other than recipient_listed.
  virtual std::optional<lookup::Answer> answer_now(const policy::Question& question, const policy::Facts& facts) = 0;
  virtual void answer(const policy::Question& question, const policy::Facts& facts,
                      std::function<void(lookup::Answer)> done) = 0;

  /// Expands aliases and groups, adds bcc recipients, removes duplicates. `known` is parallel to
  /// `envelope.recipients`; the result's deliveries are parallel to the new `envelope.recipients`.
  struct Expansion {
    Envelope envelope;
    std::vector<Delivery> deliveries;
    /// Messages of their own beside it: the members of a list with an owner, who becomes their sender; the report for
    /// the journal. Each is stored under a new queue ID.
    enum class Content : std::uint8_t { same, journal_report };
    Content content = Content::same;
    std::vector<Expansion> others;
  };
  virtual void expand(Envelope envelope, std::vector<RecipientAnswer> known,
                      std::function<void(tl::expected<Expansion, Refusal>)> done) = 0;

  /// The verified and unverified names of a client: PTR, then the name's addresses.
  struct ClientNames {
    std::string verified = "unknown";
    std::string reverse = "unknown";
    bool unavailable = false;
  };
  virtual std::optional<ClientNames> client_names_now(const lookup::IpAddress& client) = 0;
  virtual void client_names(const lookup::IpAddress& client, std::function<void(ClientNames)> done) = 0;

  virtual void check_password(std::string login, std::string password,
                              std::function<void(lookup::LoginResult, std::string detail)> done) = 0;
};

}  // namespace gateway
