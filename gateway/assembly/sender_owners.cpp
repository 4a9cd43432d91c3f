#include "gateway/assembly/sender_owners.hpp"

#include "gateway/resolve/resolution.hpp"

namespace gateway {

using lookup::Answer;

SenderOwners::SenderOwners(const AddressMaps& maps, std::shared_ptr<lookup::Directory> directory)
    : directory_(std::move(directory)) {
  for (const auto& map : maps) {
    if (map.directory)
      directory_ = map.directory;
    else
      tables_.push_back(map);
  }
}

void SenderOwners::find(const lookup::Address& sender, std::vector<AddressKey> keys, const std::string& login,
                        std::function<void(Answer)> done) {
  if (tables_.empty()) {
    ask_directory(sender, login, std::move(done));
    return;
  }
  run_resolution<Answer>(
      std::make_shared<Resolution>(),
      [self = shared_from_this(), keys = std::move(keys)](Resolution& resolution) -> std::optional<Answer> {
        auto hit = search_maps(resolution, self->tables_, keys);
        if (!hit) return std::nullopt;
        return std::move(hit->answer);
      },
      [self = shared_from_this(), sender, login, done = std::move(done)](Answer answer) mutable {
        if (answer.is_absent())
          self->ask_directory(sender, login, std::move(done));
        else
          done(std::move(answer));
      });
}

void SenderOwners::ask_directory(const lookup::Address& sender, const std::string& login,
                                 std::function<void(Answer)> done) {
  if (!directory_) {
    done(Answer::absent());
    return;
  }
  // Nobody is logged in: all that matters is whether somebody owns the address.
  if (login.empty()) {
    find_any_owner(sender, std::move(done));
    return;
  }
  directory_->owns_sender(
      login, sender, [self = shared_from_this(), sender, login, done = std::move(done)](const Answer& owns) mutable {
        if (owns.is_found())
          done(Answer::found(login));
        else if (owns.is_unavailable())
          done(owns);
        else
          self->find_any_owner(sender, std::move(done));
      });
}

void SenderOwners::find_any_owner(const lookup::Address& sender, std::function<void(Answer)> done) {
  directory_->find_recipient(
      sender, [self = shared_from_this(), done = std::move(done)](const lookup::DirectoryAnswer& answer) {
        // The owner goes by its DN, which no login equals: what owns_sender() said no to must stay no.
        if (answer.is_found())
          done(Answer::found("owner:" + answer.entry.dn));
        else
          done({answer.kind, answer.reason, {}, answer.detail});
      });
}

}  // namespace gateway
