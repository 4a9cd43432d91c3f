#include "lookup/ldif_source.hpp"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace lookup {

namespace {

constexpr std::size_t most_faults = 1000;

constexpr std::array<std::int8_t, 256> base64_digits() {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return digits;
}

std::optional<std::string> decode_base64(std::string_view text) {
  static constexpr auto digits = base64_digits();
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  std::string octets;
  octets.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char each : text) {
    const auto digit = digits[static_cast<unsigned char>(each)];
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xff);
  }
  return octets;
}

bool is_attribute(std::string_view name) {
  if (name.empty()) return false;
  for (const char octet : name) {
    const bool good = (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
                      (octet >= '0' && octet <= '9') || octet == '-' || octet == '.' || octet == ';' || octet == '_';
    if (!good) return false;
  }
  return true;
}

/// One pass over the file: physical lines are unfolded, collected into a record, and given away at each blank line.
class LdifReader {
 public:
  LdifReader(std::string_view text, const std::function<void(Entry&&)>& take) : text_(text), take_(take) {}

  std::vector<LdifFault> read() {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    while (next_physical()) {
      if (line_.empty()) {
        end_logical();
        end_record();
      } else if (line_.front() == ' ') {
        continue_logical();
      } else {
        end_logical();
        logical_.assign(line_);
        logical_number_ = number_;
        has_logical_ = true;
      }
    }
    end_logical();
    end_record();
    if (unkept_ > 0) faults_.push_back({number_, fmt::format("{} more faults", unkept_)});
    return std::move(faults_);
  }

 private:
  bool next_physical() {
    if (text_.empty()) return false;
    const auto end = text_.find('\n');
    line_ = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
    ++number_;
    return true;
  }

  void continue_logical() {
    if (has_logical_) {
      logical_ += line_.substr(1);
    } else {
      fault(number_, "a continuation line without a line before it");
    }
  }

  void end_logical() {
    if (!has_logical_) return;
    has_logical_ = false;
    if (logical_.front() != '#' && !bad_) read_logical();
  }

  void read_logical() {
    const std::string_view line = logical_;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return fault(logical_number_, "a line is \"attribute: value\"");
    const auto name = line.substr(0, colon);
    if (!is_attribute(name)) return fault(logical_number_, "not the name of an attribute before ':'");
    auto value = read_value(line.substr(colon + 1));
    if (!value) return;
    if (!in_record_) return start_record(name, std::move(*value));
    if (same_name(name, "dn")) return fault(logical_number_, "a second dn: in one record (a blank line is missing)");
    if (same_name(name, "changetype")) {
      if (!same_name(*value, "add")) fault(logical_number_, fmt::format("changetype {} is not read here", *value));
      return;
    }
    if (same_name(name, "control")) return fault(logical_number_, "a change record's control is not read here");
    entry_.add(name, std::move(*value));
  }

  std::optional<std::string> read_value(std::string_view rest) {
    const bool coded = rest.starts_with(':');
    if (rest.starts_with('<')) {
      fault(logical_number_, "values from URLs (:<) are not read");
      return std::nullopt;
    }
    if (coded) rest.remove_prefix(1);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (!coded) return std::string(rest);
    auto octets = decode_base64(rest);
    if (!octets) fault(logical_number_, "not base64 after '::'");
    return octets;
  }

  void start_record(std::string_view name, std::string value) {
    if (same_name(name, "version") && !seen_record_) {
      if (value != "1") fault(logical_number_, "only LDIF version 1 is known");
      return;
    }
    if (!same_name(name, "dn")) return fault(logical_number_, "a record begins with \"dn:\"");
    in_record_ = true;
    seen_record_ = true;
    entry_.name = std::move(value);
  }

  void end_record() {
    if (in_record_ && !bad_) {
      if (entry_.attributes.empty()) {
        fault(number_, fmt::format("the record {} has no attributes", entry_.name));
      } else {
        take_(std::move(entry_));
      }
    }
    entry_ = {};
    in_record_ = false;
    bad_ = false;
  }

  void fault(std::size_t number, std::string text) {
    bad_ = true;
    if (faults_.size() < most_faults) {
      faults_.push_back({number, std::move(text)});
    } else {
      ++unkept_;
    }
  }

  std::string_view text_, line_;
  const std::function<void(Entry&&)>& take_;
  std::size_t number_ = 0, logical_number_ = 0, unkept_ = 0;
  std::string logical_;
  Entry entry_;
  bool has_logical_ = false, in_record_ = false, seen_record_ = false, bad_ = false;
  std::vector<LdifFault> faults_;
};

}  // namespace

std::vector<LdifFault> read_ldif(std::string_view text, const std::function<void(Entry&&)>& take) {
  return LdifReader(text, take).read();
}

tl::expected<std::vector<LdifFault>, std::string> read_ldif_file(const std::string& path,
                                                                 const std::function<void(Entry&&)>& take) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);  // fails for all but regular files
  if (error) return tl::unexpected(fmt::format("{}: {}", path, error.message()));
  std::ifstream file(path, std::ios::binary);
  if (!file) return tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file) return tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  return read_ldif(text, take);
}

}  // namespace lookup
