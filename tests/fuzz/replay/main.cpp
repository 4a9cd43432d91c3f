// Feeds a fuzz target with its corpus and with a bounded number of mutations, the same ones on every run.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int mutations_per_file = 300;
constexpr std::chrono::seconds time_limit{20};

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The target may keep no pointer and read no octet beyond `size`: it gets a block of exactly that size.
void feed(const Bytes& bytes) {
  const Bytes exact(bytes);
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

/// One small damage: an octet changed, removed, doubled or replaced by one that protocols care about, or a cut.
Bytes mutate(Bytes bytes, std::mt19937& random) {
  static constexpr std::uint8_t sharp[] = {0,   '\r', '\n', '\t', ' ', '"', '\\', '<', '>', '(', ')', '*',
                                           '.', '@',  ':',  ';',  '{', '}', '[',  ']', '%', '$', 127, 255};
  if (bytes.empty()) return {sharp[random() % std::size(sharp)]};
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size());
  switch (random() % 6) {
    case 0:
      *at = static_cast<std::uint8_t>(random());
      break;
    case 1:
      bytes.erase(at);
      break;
    case 2:
      bytes.insert(at, *at);
      break;
    case 3:
      bytes.insert(at, sharp[random() % std::size(sharp)]);
      break;
    case 4:
      *at = sharp[random() % std::size(sharp)];
      break;
    default:
      bytes.erase(at, bytes.end());
      break;
  }
  return bytes;
}

}  // namespace

int main(int count, char** values) {
  if (count != 2) {
    std::fputs("usage: replay CORPUS_FOLDER\n", stderr);
    return 64;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(values[1]))
    if (entry.is_regular_file()) files.push_back(entry.path());
  if (files.empty()) {
    std::fprintf(stderr, "%s holds no file: a fuzz target without a corpus proves nothing\n", values[1]);
    return 1;
  }
  std::sort(files.begin(), files.end());

  feed({});
  for (const auto& file : files) feed(read_file(file));

  const auto end = std::chrono::steady_clock::now() + time_limit;
  long fed = static_cast<long>(files.size()) + 1;
  std::mt19937 random(5321);
  for (const auto& file : files) {
    Bytes bytes = read_file(file);
    for (int i = 0; i < mutations_per_file && std::chrono::steady_clock::now() < end; ++i) {
      // Damage adds up for a while, then starts again from the file.
      bytes = i % 10 == 0 ? read_file(file) : mutate(std::move(bytes), random);
      feed(bytes);
      ++fed;
    }
  }
  std::printf("%ld inputs from %zu files\n", fed, files.size());
  return 0;
}
