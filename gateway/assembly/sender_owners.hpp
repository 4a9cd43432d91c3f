#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/resolve/address_maps.hpp"
#include "lookup/answer.hpp"
#include "lookup/directory.hpp"

namespace gateway {

/// Who may use a sender's address: sasl.sender_login_maps first, then the directory that checks the logins.
/// Belongs to its loop; made with make_shared, because questions hold it.
class SenderOwners : public std::enable_shared_from_this<SenderOwners> {
 public:
  /// A directory among the maps is asked last, and instead of `directory`, which may be null.
  SenderOwners(const AddressMaps& maps, std::shared_ptr<lookup::Directory> directory);

  bool has_anybody_to_ask() const { return !tables_.empty() || directory_ != nullptr; }

  /// Found: the logins, `login` itself among them when it owns the address. Absent: the address is nobody's.
  /// `keys` are the forms of the sender's address, as maps are asked.
  void find(const lookup::Address& sender, std::vector<AddressKey> keys, const std::string& login,
            std::function<void(lookup::Answer)> done);

 private:
  void ask_directory(const lookup::Address& sender, const std::string& login, std::function<void(lookup::Answer)> done);
  void find_any_owner(const lookup::Address& sender, std::function<void(lookup::Answer)> done);

  AddressMaps tables_;
  std::shared_ptr<lookup::Directory> directory_;
};

}  // namespace gateway
