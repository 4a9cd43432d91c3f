#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/config/config.hpp"

struct MDB_env;

namespace gateway {

/// What greylisting says of one delivery attempt.
enum class GreylistResult : std::uint8_t {
  first,   // never seen: must wait
  early,   // came back before the delay was over: must wait
  passed,  // came back in time: goes through, and is known from now on
  known,   // passed before, or its network did often enough
  failed,  // the store cannot tell
};

struct GreylistTriplet {
  std::string network;  // of the client
  std::string sender;   // as greylist_sender() has it
  std::string recipient;
};

/// The sender without what changes from one message to the next: extension and numbers (VERP, mailing lists).
std::string greylist_sender(std::string_view address);

/// The triplets that greylisting remembers, in one LMDB file: a record for each triplet and each client network that
/// passed, under the hash of its text, and an index by expiry. Addresses themselves are not stored.
///
/// Bounded by `most_entries`: what would expire first makes room. Use it from one thread. A power cut may cost the
/// last answers, never the file.
class GreylistStore {
 public:
  using Time = std::chrono::system_clock::time_point;
  enum class Access : std::uint8_t { change, look };  // look: decides, remembers nothing

  /// The error is a sentence. A damaged file is put aside and begun anew.
  [[nodiscard]] static tl::expected<std::unique_ptr<GreylistStore>, std::string> open(const std::string& file,
                                                                                      std::uint32_t most_entries,
                                                                                      Access access);
  ~GreylistStore();
  GreylistStore(const GreylistStore&) = delete;
  GreylistStore& operator=(const GreylistStore&) = delete;

  /// Decides on all triplets in one transaction; results are parallel to them.
  std::vector<GreylistResult> decide(const std::vector<GreylistTriplet>& triplets, const config::Greylist& rules,
                                     Time now);

  /// Forgets what is over, at most `most` records; true when there may be more.
  bool forget_expired(Time now, std::size_t most);

  /// Triplets, expired ones not yet forgotten included.
  std::uint64_t entries() const;

 private:
  class Work;
  GreylistStore() = default;
  int open_environment(const std::string& file, std::uint32_t most_entries);

  MDB_env* environment_ = nullptr;
  unsigned triplets_ = 0, networks_ = 0, expiry_ = 0;
  std::uint32_t most_entries_ = 0;
  Access access_ = Access::change;
};

}  // namespace gateway
