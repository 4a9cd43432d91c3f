#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace lookup {

/// The values of an attribute, of which there are hardly ever more than a few: up to four need no allocation.
class ValueList {
 public:
  ValueList() = default;

  const std::string_view* begin() const { return many_.empty() ? few_.data() : many_.data(); }
  const std::string_view* end() const { return begin() + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view front() const { return *begin(); }
  std::string_view operator[](std::size_t place) const { return begin()[place]; }

  void push_back(std::string_view value) {
    if (size_ < few_.size()) {
      few_[size_++] = value;
      return;
    }
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(value);
    ++size_;
  }

 private:
  std::size_t size_ = 0;
  std::array<std::string_view, 4> few_;
  std::vector<std::string_view> many_;
};

}  // namespace lookup
