#include "lookup/directory.hpp"

namespace lookup {

std::string_view to_string(Source source) {
  switch (source) {
    case Source::cache:
      return "cache";
    case Source::live:
      return "live";
    case Source::replica:
      return "replica";
    case Source::file:
      return "file";
  }
  return "unknown";
}

}  // namespace lookup
