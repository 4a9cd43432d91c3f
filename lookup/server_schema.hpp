#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/attribute_type.hpp"
#include "lookup/ldap_wait.hpp"

namespace lookup {

/// What a server lets us know of its attributes. Servers may show nothing: then nothing is known to be wrong.
class ServerSchema {
 public:
  void add(std::string_view description);

  /// The attributes of an index of OpenLDAP's configuration: "uid,mail eq,sub".
  void add_index(std::string_view line);

  bool is_shown() const { return !types_.empty(); }
  bool shows_indexes() const { return shows_indexes_; }
  bool has(std::string_view attribute) const;

  /// Has the attribute, or one that it is derived of, a rule for equality? Active Directory shows none for any.
  bool can_compare(std::string_view attribute) const;
  bool is_indexed(std::string_view attribute) const;

 private:
  struct Type {
    std::string superior;
    bool compares = false;
  };

  std::map<std::string, Type> types_;  // by lower-case name
  std::map<std::string, bool> indexed_;
  bool any_compares_ = false, shows_indexes_ = false;
};

/// Reads the schema, and the indexes of the database that holds `base`, where the account may.
ServerSchema read_schema(LdapAlarm& alarm, ldap* session, const std::string& base, std::chrono::milliseconds timeout);

}  // namespace lookup
