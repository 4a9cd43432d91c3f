#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

struct MDB_env;

namespace gateway {

/// What a server said of an address, and when.
struct VerifiedAddress {
  using Time = std::chrono::system_clock::time_point;

  bool is_deliverable = false;
  Time updated{};
  std::string reason;  // of a refusal, as the reply shows it

  bool operator==(const VerifiedAddress&) const = default;
};

/// The outcomes of address probes in one LMDB file, under the hash of the address, with an index by expiry.
///
/// Bounded by `most_entries`: what would expire first makes room. find() is safe from any thread; put() and
/// forget_expired() belong to one. A power cut may cost the last outcomes, never the file.
class VerifyStore {
 public:
  using Time = VerifiedAddress::Time;
  enum class Access : std::uint8_t { change, look };

  /// The error is a sentence. A damaged file is put aside and begun anew.
  [[nodiscard]] static tl::expected<std::unique_ptr<VerifyStore>, std::string> open(const std::string& file,
                                                                                    std::uint32_t most_entries,
                                                                                    Access access);
  ~VerifyStore();
  VerifyStore(const VerifyStore&) = delete;
  VerifyStore& operator=(const VerifyStore&) = delete;

  /// nullopt when nothing is known that still holds, or when the file cannot be read.
  std::optional<VerifiedAddress> find(std::string_view address, Time now) const;

  struct Entry {
    std::string address;
    VerifiedAddress outcome;
    Time expires{};
  };
  /// All in one transaction; false when it failed.
  bool put(const std::vector<Entry>& entries);

  /// Forgets what is over, at most `most` addresses.
  void forget_expired(Time now, std::size_t most);

  std::uint64_t entries() const;

 private:
  class Work;
  VerifyStore() = default;
  int open_environment(const std::string& file);

  MDB_env* environment_ = nullptr;
  unsigned addresses_ = 0, expiry_ = 0;
  std::uint32_t most_entries_ = 0;
  Access access_ = Access::change;
};

}  // namespace gateway
