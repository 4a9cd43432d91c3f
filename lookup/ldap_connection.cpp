#include "lookup/ldap_connection.hpp"

#include <fmt/core.h>
#include <ldap.h>
#include <sys/socket.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <unordered_map>

namespace lookup {

namespace {

int scope_of(Scope scope) {
  switch (scope) {
    case Scope::base:
      return LDAP_SCOPE_BASE;
    case Scope::one:
      return LDAP_SCOPE_ONELEVEL;
    case Scope::sub:
      return LDAP_SCOPE_SUBTREE;
  }
  return LDAP_SCOPE_SUBTREE;
}

struct FreeControl {
  void operator()(LDAPControl* control) const { ldap_control_free(control); }
};

/// Asks for the values of a ranged attribute that are still missing.
int send_range(LDAP* session, LdapQuestion& question, int& id) {
  const auto& range = *question.range;
  auto wanted = fmt::format("{};range={}-*", range.attribute, range.next);
  char* attributes[] = {wanted.data(), nullptr};
  const auto& dn = question.result.entries[range.entry].name;
  return ldap_search_ext(session, dn.c_str(), LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0, nullptr, nullptr,
                         nullptr, 0, &id);
}

int send_search(LDAP* session, LdapQuestion& question, int& id) {
  const auto& request = question.request;
  std::vector<char*> attributes;
  if (request.attributes) {
    attributes.reserve(request.attributes->size() + 1);
    for (const auto& name : *request.attributes) attributes.push_back(const_cast<char*>(name.c_str()));
    attributes.push_back(nullptr);
  }
  std::unique_ptr<LDAPControl, FreeControl> page;
  if (request.page_size > 0) {
    berval cookie{question.cookie.size(), question.cookie.data()};
    LDAPControl* control = nullptr;
    if (ldap_create_page_control(session, request.page_size, &cookie, 0, &control) == LDAP_SUCCESS) page.reset(control);
  }
  LDAPControl* controls[] = {page.get(), nullptr};
  return ldap_search_ext(session, request.base.c_str(), scope_of(request.scope), request.filter.c_str(),
                         attributes.empty() ? nullptr : attributes.data(), 0, page ? controls : nullptr, nullptr,
                         nullptr, page ? 0 : request.size_limit, &id);
}

}  // namespace

struct LdapConnection::Wire {
  Wire(LdapHandle handle, asio::io_context& loop) : session(std::move(handle)), socket(loop) {}
  // The descriptor belongs to libldap: asio must let go of it before the library closes it.
  ~Wire() {
    if (socket.is_open()) socket.release();
  }

  LdapHandle session;
  asio::posix::stream_descriptor socket;
  std::unordered_map<int, std::unique_ptr<LdapQuestion>> outstanding;
  LdapQuestion::Clock::time_point heard = LdapQuestion::Clock::now();
};

LdapConnection::LdapConnection(LdapHandle session, asio::io_context& loop, std::string server, Events events)
    : wire_(std::make_unique<Wire>(std::move(session), loop)), server_(std::move(server)), events_(std::move(events)) {}

LdapConnection::~LdapConnection() = default;

void LdapConnection::start() {
  int socket = -1;
  ldap_get_option(wire_->session.get(), LDAP_OPT_DESC, &socket);
  asio::error_code error;
  wire_->socket.assign(socket, error);
  if (error) return lose({Unavailable::unreachable, error.message()});
  wait();
}

void LdapConnection::wait() {
  // Waiting makes the socket non-blocking, so that half a message cannot stop the loop in ldap_result().
  wire_->socket.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const asio::error_code& error) {
                             if (!error && self->wire_) self->read();
                           });
}

void LdapConnection::read() {
  const auto keep = shared_from_this();
  bool anything = false;
  for (;;) {
    timeval now{0, 0};
    LDAPMessage* message = nullptr;
    const int kind = ldap_result(wire_->session.get(), LDAP_RES_ANY, LDAP_MSG_ALL, &now, &message);
    if (kind == 0) break;
    if (kind < 0) {
      int code = LDAP_SERVER_DOWN;
      ldap_get_option(wire_->session.get(), LDAP_OPT_RESULT_CODE, &code);
      auto fault = explain_ldap(code, nullptr);
      if (fault.reason == Unavailable::none) fault.reason = Unavailable::unreachable;
      return lose(std::move(fault));
    }
    anything = true;
    wire_->heard = LdapQuestion::Clock::now();
    if (ldap_msgid(message) == 0) {  // RFC 4511 4.4: the server says that it is going
      ldap_msgfree(message);
      return lose({Unavailable::unreachable, "the server closes the connection"});
    }
    answer(message);
    if (!wire_) return;
  }
  if (!anything) {
    char octet = 0;
    const auto got = ::recv(wire_->socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return lose({Unavailable::unreachable, "the server closed the connection"});
  }
  wait();
}

void LdapConnection::answer(ldapmsg* message) {
  const auto place = wire_->outstanding.find(ldap_msgid(message));
  if (place == wire_->outstanding.end()) {
    ldap_msgfree(message);
    return;
  }
  auto question = std::move(place->second);
  wire_->outstanding.erase(place);
  auto& result = question->result;
  if (question->range) {
    SearchResult slice;
    std::string none;
    read_ldap_message(wire_->session.get(), message, slice, none);
    auto& range = *question->range;
    if (slice.is_unavailable() || slice.entries.size() != 1) {
      result.reason = slice.is_unavailable() ? slice.reason : Unavailable::malformed;
      result.detail = fmt::format("the rest of {}: {}", range.attribute, slice.detail);
    } else {
      auto& whole = result.entries[range.entry];
      for (auto& attribute : slice.entries.front().attributes) {
        if (same_name(without_options(attribute.name), range.attribute))
          whole.attributes.push_back(std::move(attribute));
      }
    }
  } else {
    read_ldap_message(wire_->session.get(), message, result, question->cookie);
  }
  ldap_msgfree(message);
  const auto limit = question->request.size_limit;
  if (limit > 0 && result.entries.size() > static_cast<std::size_t>(limit)) {
    result.reason = Unavailable::too_many_results;
    result.detail = fmt::format("more than {} entries", limit);
  }
  if (!result.is_unavailable()) {
    if (!question->range && !question->cookie.empty()) return send(std::move(question));
    question->range = take_range(result, question->range ? question->range->entry : 0);
    if (question->range) return send(std::move(question));
  }
  events_.answered(std::move(question));
}

void LdapConnection::send(std::unique_ptr<LdapQuestion> question) {
  int id = 0;
  auto* session = wire_->session.get();
  const int code = question->range ? send_range(session, *question, id) : send_search(session, *question, id);
  if (code == LDAP_SUCCESS) {
    wire_->outstanding.emplace(id, std::move(question));
    return;
  }
  auto fault = explain_ldap(code, nullptr);
  if (code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR) {
    wire_->outstanding.emplace(-1, std::move(question));
    return lose(std::move(fault));
  }
  question->result.reason = fault.reason;
  question->result.detail = fmt::format("{}: {}", question->request.filter, fault.detail);
  events_.answered(std::move(question));
}

LdapConnection::Questions LdapConnection::take_late(LdapQuestion::Clock::time_point now, bool& silent) {
  Questions late;
  for (auto at = wire_->outstanding.begin(); at != wire_->outstanding.end();) {
    if (at->second->deadline > now) {
      ++at;
      continue;
    }
    ldap_abandon_ext(wire_->session.get(), at->first, nullptr, nullptr);
    silent = silent || wire_->heard < at->second->asked;
    late.push_back(std::move(at->second));
    at = wire_->outstanding.erase(at);
  }
  return late;
}

LdapQuestion::Clock::time_point LdapConnection::next_deadline() const {
  auto earliest = LdapQuestion::Clock::time_point::max();
  for (const auto& [id, question] : wire_->outstanding) earliest = std::min(earliest, question->deadline);
  return earliest;
}

LdapConnection::Questions LdapConnection::close() {
  Questions unanswered;
  if (!wire_) return unanswered;
  for (auto& [id, question] : wire_->outstanding) unanswered.push_back(std::move(question));
  wire_.reset();
  return unanswered;
}

void LdapConnection::lose(LdapFault fault) {
  const auto lost = events_.lost;
  lost(std::move(fault), close());
}

std::size_t LdapConnection::outstanding() const {
  return wire_ ? wire_->outstanding.size() : 0;
}

}  // namespace lookup
