#pragma once

#include <sys/mman.h>

#include <cstdint>

namespace lookup {

/// Asks the system to back a large area, before its first use, by large pages: a look-up that touches it anywhere then
/// misses fewer translations. The system may ignore it; small areas are left alone.
inline void use_large_pages(void* area, std::size_t size) {
  constexpr std::uintptr_t page = 2 << 20;
  const auto start = (reinterpret_cast<std::uintptr_t>(area) + page - 1) / page * page;
  const auto end = (reinterpret_cast<std::uintptr_t>(area) + size) / page * page;
  if (end > start) ::madvise(reinterpret_cast<void*>(start), end - start, MADV_HUGEPAGE);
}

}  // namespace lookup
