#include "gateway/filter/header_edit.hpp"

#include <algorithm>

#include "gateway/smtp/parameters.hpp"

namespace gateway {

namespace {

HeaderEdit::Field read_field(std::string_view text) {
  HeaderEdit::Field field;
  field.text = text;
  const auto colon = text.find(':');
  field.name_size = colon == std::string_view::npos ? 0 : trim(text.substr(0, colon)).size();
  return field;
}

/// Whatever a filter sends, one field comes out: names lose what ends them, lines of the value become folds.
HeaderEdit::Field make_field(std::string_view name, std::string_view value, HeaderEdit::Blank blank) {
  HeaderEdit::Field field;
  for (const char octet : name)
    if (static_cast<unsigned char>(octet) > 0x20 && octet != ':' && octet != 0x7f) field.text += octet;
  field.name_size = field.text.size();
  field.text += ':';
  if (blank == HeaderEdit::Blank::implied) field.text += ' ';
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
  while (!value.empty()) {
    const auto end = value.find('\n');
    auto line = value.substr(0, end);
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    const bool is_fold = field.text.ends_with('\n');
    if (is_fold && (line.empty() || (line.front() != ' ' && line.front() != '\t'))) field.text += '\t';
    std::copy_if(line.begin(), line.end(), std::back_inserter(field.text),
                 [](char octet) { return octet != '\r' && octet != '\0'; });
    if (end != std::string_view::npos) field.text += "\r\n";
  }
  field.text += "\r\n";
  return field;
}

}  // namespace

std::string HeaderEdit::Field::value() const {
  std::string value;
  std::string_view rest(text);
  const auto colon = rest.find(':', name_size);
  rest.remove_prefix(colon == std::string_view::npos ? 0 : colon + 1);
  if (rest.ends_with("\r\n")) rest.remove_suffix(2);
  std::copy_if(rest.begin(), rest.end(), std::back_inserter(value), [](char octet) { return octet != '\r'; });
  return value;
}

HeaderEdit::HeaderEdit(std::string_view section) {
  std::size_t begin = 0;
  while (begin < section.size()) {
    auto end = begin;
    do {
      const auto line_end = section.find('\n', end);
      end = line_end == std::string_view::npos ? section.size() : line_end + 1;
    } while (end < section.size() && (section[end] == ' ' || section[end] == '\t'));
    fields_.push_back(read_field(section.substr(begin, end - begin)));
    begin = end;
  }
}

void HeaderEdit::insert_hidden(std::size_t position, std::string_view text) {
  auto field = read_field(text);
  field.hidden = true;
  fields_.insert(fields_.begin() + static_cast<std::ptrdiff_t>(std::min(position, fields_.size())), std::move(field));
}

void HeaderEdit::add(std::string_view name, std::string_view value, Blank blank) {
  insert(fields_.size(), name, value, blank);
}

void HeaderEdit::insert(std::size_t position, std::string_view name, std::string_view value, Blank blank) {
  auto field = make_field(name, value, blank);
  if (field.name_size == 0) return;
  fields_.insert(fields_.begin() + static_cast<std::ptrdiff_t>(std::min(position, fields_.size())), std::move(field));
}

void HeaderEdit::change(std::size_t index, std::string_view name, std::string_view value, Blank blank) {
  std::size_t left = std::max<std::size_t>(index, 1);
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) {
    return !field.hidden && equal_ignoring_case(field.name(), name) && --left == 0;
  });
  if (found == fields_.end()) {
    if (!value.empty()) add(name, value, blank);
  } else if (value.empty()) {
    fields_.erase(found);
  } else {
    auto field = make_field(name, value, blank);
    if (field.name_size != 0) *found = std::move(field);
  }
}

}  // namespace gateway
