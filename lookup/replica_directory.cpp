#include "lookup/replica_directory.hpp"

#include "lookup/directory_search.hpp"

namespace lookup {

ReplicaDirectory::ReplicaDirectory(std::shared_ptr<const ReplicaSource> source, std::unique_ptr<Directory> live,
                                   DirectoryObserver* observer)
    : source_(std::move(source)), observer_(observer), live_(std::move(live)) {}

/// Null until there is a replica. A new snapshot is taken with the first question after it was published.
StoreAnswers* ReplicaDirectory::answers() {
  const auto version = source_->version();
  if (version != version_) {
    answers_ = std::make_unique<StoreAnswers>(source_->layout(), source_->snapshot());
    version_ = version;
  }
  return answers_.get();
}

std::optional<DirectoryAnswer> ReplicaDirectory::find_recipient_now(const Address& address) {
  auto* known = answers();
  const bool trusted = source_->is_trusted();
  if (known == nullptr || (!source_->is_usable() && source_->options().when_old == WhenReplicaIsOld::defer))
    return live_->find_recipient_now(address);
  auto answer = known->recipient(address);
  if (!answer.is_found() && !trusted) return live_->find_recipient_now(address);
  answer.source = Source::replica;
  answer.server = source_->options().directory.name + " (replica)";
  if (observer_ != nullptr)
    observer_->looked_up(answer.entry.is_group ? DirectoryQuery::group : DirectoryQuery::recipient, Source::replica,
                         answer.kind);
  return answer;
}

void ReplicaDirectory::find_recipient(const Address& address, std::function<void(const DirectoryAnswer&)> done) {
  if (const auto known = find_recipient_now(address)) return done(*known);
  live_->find_recipient(address, std::move(done));
}

void ReplicaDirectory::check_password(std::string login, std::string password,
                                      std::function<void(LoginResult, const DirectoryAnswer&)> done) {
  live_->check_password(std::move(login), std::move(password), std::move(done));
}

void ReplicaDirectory::owns_sender(std::string login, const Address& sender, std::function<void(const Answer&)> done) {
  auto settle = [this, login, sender, done = std::move(done)](const Answer& live) {
    done(live.is_unavailable() ? sender_of_replica(login, sender, live) : live);
  };
  live_->owns_sender(std::move(login), sender, std::move(settle));
}

// Whose address it was may be said of an old replica, too; that it is nobody's only of one that is complete.
Answer ReplicaDirectory::sender_of_replica(const std::string& login, const Address& sender, Answer live) {
  auto* known = answers();
  if (known == nullptr) return live;
  search_sender(known->layout(), known->searcher(), login, sender, [&](const Answer& answer) {
    if (!answer.is_found() && (answer.is_unavailable() || !source_->is_trusted())) return;
    live = answer;
    if (observer_ != nullptr) observer_->looked_up(DirectoryQuery::sender, Source::replica, answer.kind);
  });
  return live;
}

tl::expected<std::unique_ptr<Directory>, std::string> make_replica_directory(
    std::shared_ptr<const ReplicaSource> source, asio::io_context& loop, DirectoryObserver* observer) {
  auto live = make_directory(source->options().directory, loop, nullptr, observer);
  if (!live) return tl::unexpected(live.error());
  return std::make_unique<ReplicaDirectory>(std::move(source), std::move(*live), observer);
}

}  // namespace lookup
