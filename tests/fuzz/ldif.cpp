// LDIF text from anywhere gives entries and faults; every entry has a name and attributes, and can be stored and found.
#include "lookup/ldif_source.hpp"

#include <cstddef>
#include <cstdint>

#include "lookup/entry_store.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lookup::EntryStore::Builder builder({"mail"});
  std::vector<std::string> names;
  lookup::read_ldif({reinterpret_cast<const char*>(data), size}, [&](lookup::Entry&& entry) {
    if (entry.attributes.empty()) __builtin_trap();
    if (builder.add(entry)) names.push_back(entry.name);
  });
  const auto store = builder.finish();
  if (store->size() != names.size()) __builtin_trap();
  for (const auto& name : names) {
    bool found = false;
    store->search(name, lookup::Scope::base, {}, [&](const lookup::EntryView& entry) {
      found = entry.dn() == name;
      return true;
    });
    if (!found && !name.empty()) __builtin_trap();
  }
  return 0;
}
