#include "lookup/directory_observer.hpp"

namespace lookup {

std::string_view to_string(DirectoryQuery query) {
  switch (query) {
    case DirectoryQuery::recipient:
      return "recipient";
    case DirectoryQuery::group:
      return "group";
    case DirectoryQuery::login:
      return "login";
    case DirectoryQuery::sender:
      return "sender";
  }
  return "unknown";
}

std::string_view to_string(LdapOperation operation) {
  switch (operation) {
    case LdapOperation::bind:
      return "bind";
    case LdapOperation::search:
      return "search";
    case LdapOperation::sync:
      return "sync";
  }
  return "unknown";
}

}  // namespace lookup
