#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// The header section of a message as a list of fields that filters change.
///
/// Positions are as in Postfix: a change counts the fields that filters see; an insertion counts all fields of the
/// message as it will be delivered, with those that filters do not see (our Received). Pure.
class HeaderEdit {
 public:
  struct Field {
    std::string text;  // with its CRLFs
    std::size_t name_size = 0;
    bool hidden = false;  // from filters

    std::string_view name() const { return std::string_view(text).substr(0, name_size); }
    /// Behind the colon, folds as LF, without the last line end: the form of the milter protocol.
    std::string value() const;
  };

  /// How a filter and we agreed to write values: with the blank behind the colon, or without it.
  enum class Blank : std::uint8_t { implied, given };

  /// `section`: lines with CRLF, without the empty line at the end.
  explicit HeaderEdit(std::string_view section);
  HeaderEdit() = default;

  const std::vector<Field>& fields() const { return fields_; }

  void insert_hidden(std::size_t position, std::string_view text);

  void add(std::string_view name, std::string_view value, Blank blank);
  void insert(std::size_t position, std::string_view name, std::string_view value, Blank blank);
  /// The `index`-th field of that name, counted from 1; an empty value removes it; a field that is not there is added.
  void change(std::size_t index, std::string_view name, std::string_view value, Blank blank);

 private:
  std::vector<Field> fields_;
};

}  // namespace gateway
