#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/resolve/resolution.hpp"
#include "lookup/address.hpp"

namespace gateway {

/// One opened map reference: a table, or a directory that answers by its preset.
struct AddressMap {
  std::string text;
  std::shared_ptr<lookup::Table> table;
  std::shared_ptr<lookup::Directory> directory;
};
using AddressMaps = std::vector<AddressMap>;

/// One form in which an address is looked for.
struct AddressKey {
  std::string text;
  lookup::Address address;  // for directories; a catch-all has an empty local part, others only the full forms
  std::string extension;    // cut off from the local part in this key ("ext"), to be carried over to the result
};

/// user+ext@d, user@d[, user+ext, user], @d as virtual(5) and canonical(5) look them up. `with_local` adds the local
/// forms: only when the domain is myorigin or one of class local.
std::vector<AddressKey> virtual_keys(const lookup::Address& address, std::string_view delimiters, bool with_local);

/// user+ext, user: aliases(5).
std::vector<AddressKey> alias_keys(const lookup::Address& address, std::string_view delimiters);

/// user+ext@d, user@d, d, .parent ..., *: transport(5).
std::vector<AddressKey> transport_keys(const lookup::Address& address, std::string_view delimiters);

/// Local part without extension; the extension (without delimiter) in the second. "owner-x", "x-request" and a leading
/// delimiter are not split, as in Postfix.
std::pair<std::string, std::string> split_extension(std::string_view local, std::string_view delimiters);

/// An extension that a key was found without goes over to the result: joe+x -> alice@b becomes alice+x@b. What is no
/// address stays as it is.
std::string with_extension(const std::string& target, const std::string& extension, std::string_view delimiters);

struct MapHit {
  lookup::Answer answer;                           // absent when no map knows any key
  const lookup::DirectoryAnswer* entry = nullptr;  // set when a directory answered
  const AddressKey* key = nullptr;
  std::string map;
};

/// Looks each key up in all maps before the next key, as Postfix does. The first map that is unavailable ends the
/// search: what follows might contradict it. nullopt: pending, see Resolution.
std::optional<MapHit> search_maps(Resolution& resolution, const AddressMaps& maps, const std::vector<AddressKey>& keys);

}  // namespace gateway
