#include "lookup/packed_entry.hpp"

#include <algorithm>
#include <cstring>

#include "lookup/large_pages.hpp"

namespace lookup {

namespace {

constexpr std::size_t first_block = 1 << 20, largest_block = 32 << 20;
constexpr std::size_t largest_entry = 16 << 20;

// Numbers take seven bits an octet, the low ones first: nearly all lengths fit in one.
void put_number(std::string& out, std::uint32_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

std::uint32_t take_number(const char*& at) {
  std::uint32_t number = 0;
  for (int shift = 0;; shift += 7) {
    const auto octet = static_cast<unsigned char>(*at++);
    number |= static_cast<std::uint32_t>(octet & 0x7f) << shift;
    if (octet < 0x80) return number;
  }
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

std::string_view take_text(const char*& at) {
  const auto size = take_number(at);
  const std::string_view text(at, size);
  at += size;
  return text;
}

}  // namespace

std::uint32_t AttributeNames::intern(std::string_view name) {
  std::string key(name);
  for (auto& octet : key) {
    if (octet >= 'A' && octet <= 'Z') octet = static_cast<char>(octet + 32);
  }
  const auto [place, added] = ids_.try_emplace(std::move(key), static_cast<std::uint32_t>(names_.size()));
  if (added) names_.emplace_back(name);
  return place->second;
}

const char* PackedEntries::append(std::string_view dn, std::string_view normal,
                                  const std::vector<Attribute>& attributes) {
  scratch_.clear();
  put_text(scratch_, dn);
  put_number(scratch_, dn == normal ? 1 : 0);
  if (dn != normal) put_text(scratch_, normal);
  put_number(scratch_, static_cast<std::uint32_t>(attributes.size()));
  for (const auto& attribute : attributes) {
    put_number(scratch_, names_.intern(without_options(attribute.name)));
    put_number(scratch_, static_cast<std::uint32_t>(attribute.values.size()));
    for (const auto& value : attribute.values) {
      if (value.size() > largest_entry) return nullptr;
      put_text(scratch_, value);
    }
  }
  const auto size = scratch_.size();
  if (size > largest_entry) return nullptr;
  if (size > room_) {
    room_ = std::max(size, std::clamp(octets_, first_block, largest_block));
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(room_));
    use_large_pages(blocks_.back().get(), room_);
    free_ = blocks_.back().get();
    octets_ += room_;
  }
  char* place = free_;
  std::memcpy(place, scratch_.data(), size);
  free_ += size;
  room_ -= size;
  return place;
}

PackedEntry::PackedEntry(const AttributeNames& names, const char* octets) : names_(names) {
  dn_ = take_text(octets);
  normal_ = take_number(octets) == 1 ? dn_ : take_text(octets);
  count_ = take_number(octets);
  attributes_ = octets;
}

void PackedEntry::find_places() const {
  rest_ = attributes_;
  for (const auto most = std::min<std::size_t>(count_, places_.size()); placed_ < most; ++placed_) {
    auto& place = places_[placed_];
    place.name = &names_[take_number(rest_)];
    place.many = take_number(rest_);
    place.values = rest_;
    for (std::uint32_t value = 0; value < place.many; ++value) take_text(rest_);
  }
}

ValueList PackedEntry::values(std::string_view attribute) const {
  ValueList found;
  if (rest_ == nullptr) find_places();
  for (std::uint32_t i = 0; i < placed_; ++i) {
    if (!same_name(*places_[i].name, attribute)) continue;
    const char* at = places_[i].values;
    for (std::uint32_t value = 0; value < places_[i].many; ++value) found.push_back(take_text(at));
  }
  const char* at = rest_;
  for (auto i = placed_; i < count_; ++i) {
    const bool wanted = same_name(names_[take_number(at)], attribute);
    const auto many = take_number(at);
    for (std::uint32_t value = 0; value < many; ++value) {
      const auto text = take_text(at);
      if (wanted) found.push_back(text);
    }
  }
  return found;
}

std::vector<Attribute> PackedEntry::attributes() const {
  std::vector<Attribute> all;
  all.reserve(count_);
  const char* at = attributes_;
  for (std::uint32_t i = 0; i < count_; ++i) {
    auto& attribute = all.emplace_back();
    attribute.name = names_[take_number(at)];
    const auto many = take_number(at);
    attribute.values.reserve(many);
    for (std::uint32_t value = 0; value < many; ++value) attribute.values.emplace_back(take_text(at));
  }
  return all;
}

}  // namespace lookup
