#pragma once

#include <memory>
#include <string>

#include "lookup/directory.hpp"
#include "lookup/directory_observer.hpp"
#include "lookup/replica_source.hpp"
#include "lookup/store_answers.hpp"

namespace lookup {

/// A directory that answers from its replica and asks a server only for what the replica cannot say: passwords, and
/// whether somebody whom a replica does not know exists when the replica is too old, or was never complete, to tell.
class ReplicaDirectory final : public Directory {
 public:
  /// `live` asks the servers; `observer` may be null.
  ReplicaDirectory(std::shared_ptr<const ReplicaSource> source, std::unique_ptr<Directory> live,
                   DirectoryObserver* observer);

  void find_recipient(const Address& address, std::function<void(const DirectoryAnswer&)> done) override;
  std::optional<DirectoryAnswer> find_recipient_now(const Address& address) override;
  void check_password(std::string login, std::string password,
                      std::function<void(LoginResult, const DirectoryAnswer&)> done) override;
  void owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) override;
  const std::string& name() const override { return live_->name(); }

 private:
  StoreAnswers* answers();
  Answer sender_of_replica(const std::string& login, const Address& sender, Answer live);

  std::shared_ptr<const ReplicaSource> source_;
  std::unique_ptr<StoreAnswers> answers_;
  std::uint64_t version_ = 0;
  DirectoryObserver* observer_;
  std::unique_ptr<Directory> live_;  // last: what it still owes is answered while the rest stands
};

/// make_directory() with a replica before the servers.
tl::expected<std::unique_ptr<Directory>, std::string> make_replica_directory(
    std::shared_ptr<const ReplicaSource> source, asio::io_context& loop, DirectoryObserver* observer);

}  // namespace lookup
