#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/postfix/draft.hpp"
#include "gateway/postfix/main_cf.hpp"
#include "gateway/postfix/master_cf.hpp"

namespace gateway::postfix {

/// A password that goes into a file of its own, named by ${credential:NAME} in the draft.
struct Secret {
  std::string name, text;
};

/// One import under way: what is read, and what was written so far. The carry_ functions each translate one subject;
/// what they cannot carry over becomes a note with the place where it stands.
struct Translation {
  std::string folder;  // with main.cf, absolute
  MainCf main;
  std::vector<Service> services;
  Draft draft;
  std::vector<config::Finding> notes;
  std::vector<Secret> secrets;
  std::set<std::string, std::less<>> written_tables;
  std::map<std::string, std::string> domain_routes;  // class of domain -> route

  std::string value(const std::string& name) const { return main.value(name); }
  std::vector<std::string> words(const std::string& name) const { return words_of(main.value(name)); }

  /// "relayhost, main.cf:12": the comment above what came from it; "" when it is Postfix's default.
  std::string origin(std::string_view name) const;
  /// Where a parameter stands, the file without a line when it is not set.
  config::Place place_of(std::string_view name) const;
  void note(std::string_view name, std::string text);
  void note_at(const config::Place& place, std::string text);
};

/// A map reference of Postfix as one of ours: proxy: dropped, paths made absolute, legacy "ldap:NAME" written to the
/// draft as a table. nullopt, after a note, when there is no such map here; `name` is the parameter it is from.
std::optional<std::string> carry_map(Translation& translation, std::string_view name, const config::Place& place,
                                     const std::string& reference);
/// A whole list of them.
std::vector<std::string> carry_maps(Translation& translation, const std::string& name);

/// "/etc/postfix/x" or "x" as a path on this machine; one that lies only in the imported folder is found there.
std::string carry_path(const Translation& translation, const std::string& path);
/// A path below the queue, where Postfix keeps its sockets.
std::string queue_path(const Translation& translation, const std::string& path);

/// "25", "smtp", "submission": the port, 0 when it is unknown.
int port_of(const std::string& service);

void carry_parameters(Translation& translation);
void carry_identity(Translation& translation);
void carry_domains(Translation& translation);
void carry_mailboxes(Translation& translation);
void carry_routes(Translation& translation);
void carry_restrictions(Translation& translation);
/// The restrictions of one listener that differ from the others', under the name of the listener. False when none do.
bool carry_listener_restrictions(Translation& translation, const Service& service, const std::string& set);
void carry_listeners(Translation& translation);
void carry_tls(Translation& translation);
void carry_sasl(Translation& translation);
void carry_milters(Translation& translation);
/// What nothing has read.
void note_the_rest(Translation& translation);

}  // namespace gateway::postfix
