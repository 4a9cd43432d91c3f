#pragma once

#include <string>
#include <string_view>

namespace lookup {

/// A logical line of a table: comments gone, continuation lines joined. `text` lives until the next call of next().
struct TableLine {
  int number = 0;  // of its first physical line, from 1
  std::string_view text;
};

/// Cuts the text of a table into logical lines as Postfix does: a line that starts with white space continues the one
/// before; empty lines and lines whose first visible octet is # are dropped, also between continued lines. A final
/// carriage return is dropped too. `text` must outlive the reader.
class TableText {
 public:
  explicit TableText(std::string_view text) : rest_(text) {}

  /// False at the end.
  bool next(TableLine& line);

  /// The first line started with white space, so that it continues nothing (it is read as a line of its own).
  bool starts_indented() const { return starts_indented_; }

 private:
  std::string_view take_physical_line();

  std::string_view rest_;
  std::string joined_;
  int number_ = 0;
  bool starts_indented_ = false;
};

/// White space as in tables: space, tab, vertical tab, form feed, carriage return, line feed.
bool is_space(char letter);
std::string_view trimmed(std::string_view text);

}  // namespace lookup
