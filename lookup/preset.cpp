#include "lookup/preset.hpp"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "lookup/embedded_presets.hpp"
#include "lookup/expansion.hpp"
#include "lookup/filter.hpp"

namespace lookup {

namespace {

/// Puts the text of one line into a preset; the result is "" or what is wrong with it.
using Put = std::function<std::string(Preset&, const std::string&)>;

struct Line {
  std::string_view key;
  Put put;
};

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const auto end = text.find_first_of(", \t");
    if (end != 0) found.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return found;
}

std::string filter_fault(const std::string& text) {
  if (text.empty()) return {};
  auto wrong = expansion_fault(text);
  if (!wrong.empty()) return wrong;
  const auto filled = expand(text, {"a@b.c.d.e.f.g.h.i.j", "a", "b.c.d.e.f.g.h.i.j", "a"}, Quoting::filter);
  const auto filter = parse_filter(filled.value_or(text));
  if (filter) return {};
  return fmt::format("\"{}\": {} at {}", text, filter.error().text, filter.error().offset);
}

template <typename Place>
Put text_line(Place place) {
  return [place](Preset& preset, const std::string& text) {
    place(preset) = text;
    return std::string();
  };
}

template <typename Place>
Put filter_line(Place place) {
  return [place](Preset& preset, const std::string& text) {
    place(preset) = text;
    return filter_fault(text);
  };
}

template <typename Place>
Put list_line(Place place) {
  return [place](Preset& preset, const std::string& text) {
    place(preset) = words(text);
    return std::string();
  };
}

template <typename Place>
Put bool_line(Place place) {
  return [place](Preset& preset, const std::string& text) {
    const bool yes = text == "true" || text == "yes";
    if (!yes && text != "false" && text != "no") return fmt::format("\"{}\" is neither yes nor no", text);
    place(preset) = yes;
    return std::string();
  };
}

template <typename Place>
Put number_line(Place place) {
  return [place](Preset& preset, const std::string& text) {
    auto& number = place(preset);
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool good = fault == std::errc{} && end == text.data() + text.size();
    return good ? std::string() : fmt::format("\"{}\" is no number", text);
  };
}

template <typename Value>
using Choices = std::vector<std::pair<std::string_view, Value>>;

template <typename Place, typename Value>
Put choice_line(Place place, Choices<Value> choices) {
  return [place, choices](Preset& preset, const std::string& text) {
    std::string names;
    for (const auto& [name, value] : choices) {
      if (text == name) {
        place(preset) = value;
        return std::string();
      }
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    }
    return fmt::format("\"{}\" is none of {}", text, names);
  };
}

std::string put_sender_owner(Preset& preset, const std::string& text) {
  preset.sender_owner = text;
  return text.starts_with('(') ? filter_fault(text) : std::string();
}

#define PLACE(member)            \
  [](Preset & preset) -> auto& { \
    return preset.member;        \
  }

const std::vector<Line>& lines() {
  using Nested = Preset::Nested;
  using Method = Preset::AuthMethod;
  static const std::vector<Line> all{
      {"title", text_line(PLACE(title))},
      {"recipient.filter", filter_line(PLACE(recipient.filter))},
      {"recipient.wildcard", filter_line(PLACE(recipient.wildcard))},
      {"recipient.also_match", list_line(PLACE(recipient.also_match))},
      {"recipient.addresses", list_line(PLACE(recipient.addresses))},
      {"recipient.address_prefix", text_line(PLACE(recipient.address_prefix))},
      {"recipient.home", text_line(PLACE(recipient.home))},
      {"recipient.uid", text_line(PLACE(recipient.uid))},
      {"recipient.gid", text_line(PLACE(recipient.gid))},
      {"recipient.user", text_line(PLACE(recipient.user))},
      {"recipient.mail_host", text_line(PLACE(recipient.mail_host))},
      {"recipient.quota", text_line(PLACE(recipient.quota))},
      {"recipient.quota_unit", number_line(PLACE(recipient.quota_unit))},
      {"recipient.routing_address", list_line(PLACE(recipient.routing_address))},
      {"recipient.keep_copy", filter_line(PLACE(recipient.keep_copy))},
      {"recipient.forward_if", filter_line(PLACE(recipient.forward_if))},
      {"recipient.refuse_unrouted", bool_line(PLACE(recipient.refuse_unrouted))},
      {"group.filter", filter_line(PLACE(group.filter))},
      {"group.members", list_line(PLACE(group.members))},
      {"group.member_addresses", list_line(PLACE(group.member_addresses))},
      {"group.inverse", filter_line(PLACE(group.inverse))},
      {"group.leaf", list_line(PLACE(group.leaf))},
      {"group.nested", choice_line(PLACE(group.nested), Choices<Nested>{{"none", Nested::none}, {"dn", Nested::dn}})},
      {"group.depth", number_line(PLACE(group.depth))},
      {"group.limit", number_line(PLACE(group.limit))},
      {"auth.method",
       choice_line(PLACE(auth.method), Choices<Method>{{"bind", Method::bind}, {"compare", Method::compare}})},
      {"auth.user_filter", filter_line(PLACE(auth.user_filter))},
      {"disabled.filter", filter_line(PLACE(disabled.filter))},
      {"disabled.receive", bool_line(PLACE(disabled.receive))},
      {"disabled.authenticate", bool_line(PLACE(disabled.authenticate))},
      {"sender_owner", put_sender_owner},
      {"sender_delegates", list_line(PLACE(sender_delegates))},
      {"page_size", number_line(PLACE(page_size))},
  };
  return all;
}

#undef PLACE

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (left[i - 1] != right[j - 1])});
      diagonal = above;
    }
  }
  return row.back();
}

std::string nearest(std::string_view key) {
  std::string_view best;
  auto least = std::max<std::size_t>(key.size() / 2, 3);
  for (const auto& line : lines()) {
    const auto steps = distance(key, line.key);
    if (steps < least) {
      least = steps;
      best = line.key;
    }
  }
  return best.empty() ? std::string() : fmt::format(", did you mean \"{}\"?", best);
}

/// A section's name alone means its filter.
std::string_view full_key(std::string_view key) {
  if (key == "recipient") return "recipient.filter";
  if (key == "group") return "group.filter";
  if (key == "auth") return "auth.user_filter";
  if (key == "disabled") return "disabled.filter";
  return key;
}

std::string put_line(Preset& preset, std::string_view key, const std::string& value) {
  const auto wanted = full_key(key);
  for (const auto& line : lines()) {
    if (line.key != wanted) continue;
    const auto wrong = line.put(preset, value);
    return wrong.empty() ? wrong : fmt::format("{}: {}", key, wrong);
  }
  return fmt::format("unknown key \"{}\"{}", key, nearest(key));
}

std::string flatten(const YAML::Node& node, const std::string& key, PresetOverrides& out) {
  if (node.IsMap()) {
    for (const auto& pair : node) {
      const auto name = pair.first.as<std::string>();
      auto wrong = flatten(pair.second, key.empty() ? name : key + "." + name, out);
      if (!wrong.empty()) return wrong;
    }
    return {};
  }
  std::string value;
  if (node.IsSequence()) {
    for (const auto& item : node) {
      if (!item.IsScalar()) return fmt::format("{}: a list of names is expected", key);
      value += fmt::format("{}{}", value.empty() ? "" : ", ", item.Scalar());
    }
  } else if (node.IsScalar()) {
    value = node.Scalar();
  }
  const auto same = [&](const auto& line) { return line.first == key; };
  if (std::any_of(out.begin(), out.end(), same)) return fmt::format("{} stands there twice", key);
  out.emplace_back(key, std::move(value));
  return {};
}

std::string read_yaml(std::string_view yaml, PresetOverrides& out) {
  try {
    return flatten(YAML::Load(std::string(yaml)), {}, out);
  } catch (const YAML::Exception& error) {
    return error.what();
  }
}

/// Some layouts let the administrator add attributes that are matched as well.
void widen(Preset& preset) {
  if (preset.recipient.also_match.empty()) return;
  auto filter = "(|" + preset.recipient.filter;
  for (const auto& attribute : preset.recipient.also_match) filter += "(" + attribute + "=%s)";
  preset.recipient.filter = filter + ")";
}

}  // namespace

tl::expected<Preset, std::string> parse_preset(std::string_view yaml, const PresetOverrides& overrides) {
  PresetOverrides all;
  const auto unread = read_yaml(yaml, all);
  if (!unread.empty()) return tl::unexpected(unread);
  all.insert(all.end(), overrides.begin(), overrides.end());
  Preset preset;
  for (const auto& [key, value] : all) {
    auto wrong = put_line(preset, key, value);
    if (!wrong.empty()) return tl::unexpected(std::move(wrong));
  }
  if (preset.recipient.filter.empty()) return tl::unexpected(std::string("recipient.filter is missing"));
  widen(preset);
  return preset;
}

tl::expected<Preset, std::string> find_preset(std::string_view name, const PresetOverrides& overrides) {
  std::string names;
  for (const auto& shipped : embedded_presets()) {
    if (shipped.name == name) {
      auto preset = parse_preset(shipped.yaml, overrides);
      if (preset) preset->name = name;
      return preset;
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", shipped.name);
  }
  return tl::unexpected(fmt::format("no preset \"{}\" (there are: {})", name, names));
}

}  // namespace lookup
