#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <type_traits>

#include "gateway/config/key.hpp"
#include "gateway/config/reading.hpp"
#include "gateway/config/units.hpp"
#include "gateway/config/yaml_print.hpp"

namespace gateway::config {

inline Key restart_only(Key key) {
  key.restart_only = true;
  return key;
}
inline Key required(Key key) {
  key.required = true;
  return key;
}
inline Key fallback(Key key, std::string words) {
  key.fallback = std::move(words);
  return key;
}
inline Key unsupported(std::string name, std::string doc) {
  Key key;
  key.name = std::move(name);
  key.type = KeyType::unsupported;
  key.doc = std::move(doc);
  return key;
}

std::string not_a_choice(std::string_view text, const std::vector<std::string>& choices);
Parsed<lookup::Network> parse_network_text(std::string_view text);
Parsed<lookup::IpAddress> parse_address_text(std::string_view text);

/// Makes the keys whose values live in an `Owner`. `member` is a pointer to member, or a generic lambda that returns
/// a reference out of the owner. The order of arguments is that of the reference page: name, member, example, text.
template <class Owner>
struct KeyMaker {
  using Str = const char*;

  template <class Member>
  static auto& at(void* owner, const Member& member) {
    return std::invoke(member, *static_cast<Owner*>(owner));
  }
  template <class Member>
  static const auto& at(const void* owner, const Member& member) {
    return std::invoke(member, *static_cast<const Owner*>(owner));
  }

  template <class Member, class Parse, class Print>
  static Key scalar(KeyType type, Str name, Member member, Str example, Str doc, Parse parse, Print print) {
    Key key = make(type, name, example, doc);
    key.store = [member, parse, type](Reading& reading, void* owner, const Value& value) {
      auto parsed = reading.convert(value, expected_of(type), parse);
      if (parsed) at(owner, member) = static_cast<std::decay_t<decltype(at(owner, member))>>(*std::move(parsed));
    };
    key.show = [member, print](const void* owner) { return print(at(owner, member)); };
    return key;
  }

  template <class Member>
  static Key yes_no(Str name, Member member, Str example, Str doc) {
    return scalar(KeyType::yes_no, name, member, example, doc, parse_yes_no,
                  [](bool value) { return std::string(value ? "yes" : "no"); });
  }
  template <class Member>
  static Key integer(Str name, Member member, std::int64_t least, std::int64_t most, Str example, Str doc) {
    const auto parse = [least, most](std::string_view text) -> Parsed<std::int64_t> {
      auto number = parse_integer(text);
      if (number && (*number < least || *number > most))
        return tl::unexpected(fmt::format("{} is out of range; it must be from {} to {}", text, least, most));
      return number;
    };
    Key key =
        scalar(KeyType::integer, name, member, example, doc, parse, [](auto value) { return std::to_string(value); });
    key.least = least;
    key.most = most;
    return key;
  }
  template <class Member>
  static Key duration(Str name, Member member, Str example, Str doc) {
    return scalar(KeyType::duration, name, member, example, doc, parse_duration, print_duration);
  }
  template <class Member>
  static Key short_duration(Str name, Member member, Str example, Str doc) {
    return scalar(KeyType::short_duration, name, member, example, doc, parse_short_duration, print_short_duration);
  }
  template <class Member>
  static Key size(Str name, Member member, Str example, Str doc) {
    return scalar(KeyType::size, name, member, example, doc, parse_size, print_size);
  }
  template <class Member>
  static Key rate(Str name, Member member, Str example, Str doc) {
    return scalar(KeyType::rate, name, member, example, doc, parse_rate, print_rate);
  }
  template <class Member>
  static Key percent(Str name, Member member, Str example, Str doc) {
    return scalar(KeyType::percent, name, member, example, doc, parse_percent,
                  [](int value) { return fmt::format("{}%", value); });
  }
  template <class Member>
  static Key text(Str name, Member member, Str example, Str doc, KeyType type = KeyType::text) {
    return scalar(
        type, name, member, example, doc,
        [](std::string_view text) -> Parsed<std::string> { return std::string(text); },
        [](const std::string& value) { return print_text(value); });
  }
  template <class Member>
  static Key secret(Str name, Member member, Str example, Str doc) {
    Key key = text(name, member, example, doc, KeyType::secret);
    key.show = [member](const void* owner) { return std::string(at(owner, member).empty() ? "\"\"" : "\"***\""); };
    return key;
  }
  /// A file or folder; also "unix:PATH", "file:PATH" and their like.
  template <class Member>
  static Key path(Str name, Member member, Str example, Str doc, KeyType type = KeyType::path) {
    Key key = text(name, member, example, doc, type);
    key.store = [member, type](Reading& reading, void* owner, const Value& value) {
      const auto text = reading.scalar(value, expected_of(type));
      if (!text) return;
      // A key may come out of a credential. Taken for a path, its text would be shown in findings.
      if (value.secret && type == KeyType::path && !text->starts_with("-----BEGIN"))
        return reading.error(value.place, "the credential or file holds no PEM text");
      at(owner, member) = type == KeyType::path ? reading.absolute(*text) : reading.absolute_reference(*text);
    };
    key.show = [member](const void* owner) {
      const std::string& value = at(owner, member);
      return value.starts_with("-----BEGIN") ? std::string("\"***\"") : print_text(value);
    };
    return key;
  }

  /// One word out of a few; an enumeration, or a string that keeps the word.
  template <class Member, class Choice>
  static Key choice(Str name, Member member, std::vector<std::pair<std::string, Choice>> words, Str example, Str doc) {
    std::vector<std::string> names;
    for (const auto& word : words) names.push_back(word.first);
    const auto parse = [words, names](std::string_view text) -> Parsed<Choice> {
      for (const auto& [word, value] : words)
        if (word == text) return value;
      // yes/no where the words are "no", "on_first_delivery": YAML people write false.
      if (const auto flag = parse_yes_no(text); flag)
        for (const auto& [word, value] : words)
          if (word == (*flag ? "yes" : "no")) return value;
      return tl::unexpected(not_a_choice(text, names));
    };
    Key key = scalar(KeyType::choice, name, member, example, doc, parse, [words](const Choice& value) {
      for (const auto& word : words)
        if (word.second == value) return print_text(word.first);
      return std::string("\"\"");
    });
    key.choices = std::move(names);
    return key;
  }
  template <class Member>
  static Key word(Str name, Member member, const std::vector<std::string>& words, Str example, Str doc) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& each : words) pairs.emplace_back(each, each);
    return choice(name, member, std::move(pairs), example, doc);
  }

  template <class Member>
  static Key texts(Str name, Member member, Str example, Str doc, std::vector<std::string> choices = {}) {
    Key key = make(choices.empty() ? KeyType::texts : KeyType::choices, name, example, doc);
    key.choices = choices;
    key.store = [member, choices](Reading& reading, void* owner, const Value& value) {
      const auto found = reading.texts(value, "a list");
      if (!found) return;
      auto& list = at(owner, member);
      list.clear();
      for (const auto& item : *found) {
        if (!choices.empty() && std::find(choices.begin(), choices.end(), item.text) == choices.end())
          reading.error(item.place, not_a_choice(value.secret ? "***" : item.text, choices));
        list.push_back(reading.absolute_reference(item.text));
      }
    };
    key.show = [member](const void* owner) { return print_list(at(owner, member)); };
    return key;
  }
  template <class Member>
  static Key networks(Str name, Member member, Str example, Str doc) {
    return parsed_list(KeyType::networks, name, member, example, doc, parse_network_text);
  }
  template <class Member>
  static Key addresses(Str name, Member member, Str example, Str doc) {
    return parsed_list(KeyType::addresses, name, member, example, doc, parse_address_text);
  }
  template <class Member>
  static Key maps(Str name, Member member, Str example, Str doc) {
    Key key = make(KeyType::maps, name, example, doc);
    key.store = [member](Reading& reading, void* owner, const Value& value) {
      auto found = reading.maps(value);
      if (found) at(owner, member) = std::move(*found);
    };
    key.show = [member](const void* owner) { return print_list(at(owner, member)); };
    return key;
  }
  /// A list of restrictions: optional<Texts>, where absent means "as the unnamed set".
  template <class Member>
  static Key restrictions(Str name, Member member, Str example, Str doc) {
    Key key = make(KeyType::restrictions, name, example, doc);
    key.store = [member](Reading& reading, void* owner, const Value& value) {
      auto found = reading.restrictions(value);
      if (found) at(owner, member) = std::move(*found);
    };
    key.show = [member](const void* owner) {
      const auto& list = at(owner, member);
      return list ? print_list(*list) : std::string("[]");
    };
    return key;
  }
  template <class Member>
  static Key pairs(Str name, Member member, Str example, Str doc) {
    Key key = make(KeyType::pairs, name, example, doc);
    key.store = [member](Reading& reading, void* owner, const Value& value) {
      auto found = reading.pairs(value, "a mapping");
      if (found) at(owner, member) = std::move(*found);
    };
    key.show = [member](const void* owner) { return print_pairs(at(owner, member)); };
    return key;
  }

  template <class Member>
  static Key section(Str name, Member member, Str doc, std::vector<Key> children) {
    Key key = make(KeyType::section, name, "", doc);
    using Inner = std::decay_t<decltype(at(std::declval<void*>(), member))>;
    if constexpr (requires(Inner inner) {
                    inner.emplace();
                    inner.has_value();
                  }) {
      key.enter = [member](void* owner) -> void* {
        auto& inner = at(owner, member);
        return inner ? &*inner : &inner.emplace();
      };
      key.peek = [member](const void* owner) -> const void* {
        const auto& inner = at(owner, member);
        return inner ? &*inner : nullptr;
      };
      key.blank = std::make_shared<const typename Inner::value_type>();
    } else {
      key.enter = [member](void* owner) -> void* { return &at(owner, member); };
      key.peek = [member](const void* owner) -> const void* { return &at(owner, member); };
    }
    key.children = std::move(children);
    return key;
  }
  /// A section whose keys live in the same owner: "timeout: {connect, search}".
  static Key group(Str name, Str doc, std::vector<Key> children) {
    return section(
        name, [](auto& owner) -> auto& { return owner; }, doc, std::move(children));
  }

  template <class Member>
  static Key names(Str name, Member member, Str doc, std::vector<Key> children) {
    return many(KeyType::names, name, member, doc, std::move(children));
  }
  template <class Member>
  static Key items(Str name, Member member, Str doc, std::vector<Key> children) {
    return many(KeyType::items, name, member, doc, std::move(children));
  }

  static Key make(KeyType type, Str name, Str example, Str doc) {
    Key key;
    key.name = name;
    key.type = type;
    key.doc = doc;
    key.example = example;
    return key;
  }

 private:
  template <class Member, class Parse>
  static Key parsed_list(KeyType type, Str name, Member member, Str example, Str doc, Parse parse) {
    Key key = make(type, name, example, doc);
    key.store = [member, parse, type](Reading& reading, void* owner, const Value& value) {
      const auto found = reading.texts(value, expected_of(type));
      if (!found) return;
      auto& list = at(owner, member);
      list.clear();
      for (const auto& item : *found) {
        auto parsed = parse(item.text);
        if (parsed)
          list.push_back(*std::move(parsed));
        else
          reading.error(item.place, value.secret ? parse("***").error() : parsed.error());
      }
    };
    key.show = [member](const void* owner) { return print_list(at(owner, member)); };
    return key;
  }

  template <class Member>
  static Key many(KeyType type, Str name, Member member, Str doc, std::vector<Key> children) {
    Key key = make(type, name, "", doc);
    using Item = typename std::decay_t<decltype(at(std::declval<void*>(), member))>::value_type;
    key.add = [member](void* owner, const std::string& item_name, const Place& place) -> void* {
      auto& item = at(owner, member).emplace_back();
      if constexpr (requires { item.name; }) item.name = item_name;
      if constexpr (requires { item.place; }) item.place = place;
      return &item;
    };
    key.count = [member](const void* owner) { return at(owner, member).size(); };
    key.item = [member](const void* owner, std::size_t index) {
      const auto& item = at(owner, member)[index];
      std::string item_name;
      if constexpr (requires { item.name; }) item_name = item.name;
      return std::pair<std::string, const void*>(item_name.empty() ? std::to_string(index) : item_name, &item);
    };
    key.blank = std::make_shared<const Item>();
    key.children = std::move(children);
    return key;
  }
};

}  // namespace gateway::config
