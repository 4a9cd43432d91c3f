#include "lookup/layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "lookup/expansion.hpp"
#include "lookup/utf8.hpp"

namespace lookup {

namespace {

constexpr std::size_t longest_path = 4095;
constexpr std::size_t longest_address = 320;

using Fault = std::string;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char octet) {
    const auto value = static_cast<unsigned char>(octet);
    return value < 0x20 || value == 0x7f;
  });
}

std::optional<Filter> fixed_filter(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto filter = parse_filter(text);
  if (!filter) return std::nullopt;  // refused when the preset was read
  return std::move(*filter);
}

Filter filled_filter(const std::string& text, std::string_view whole) {
  const auto filled = expand(text, expansion_key(whole, "login"), Quoting::filter);
  auto filter = parse_filter(filled.value_or(std::string("(|)")));
  if (filter) return std::move(*filter);
  Filter nothing;
  nothing.kind = Filter::Kind::any_of;
  return nothing;
}

/// The object classes that a filter tests for outside of a negation.
void collect_classes(const Filter& filter, std::vector<std::string>& classes) {
  if (filter.kind == Filter::Kind::none_of) return;
  if (filter.kind == Filter::Kind::equal && same_name(filter.attribute, "objectClass")) classes.push_back(filter.value);
  for (const auto& part : filter.parts) collect_classes(part, classes);
}

void collect_tested(const Filter& filter, std::vector<std::string>& names) {
  if (filter.kind == Filter::Kind::none_of) return;
  if (filter.kind == Filter::Kind::equal && !same_name(filter.attribute, "objectClass"))
    names.push_back(filter.attribute);
  for (const auto& part : filter.parts) collect_tested(part, names);
}

/// The value of an attribute that may have one at most; "" when absent.
tl::expected<std::string_view, Fault> single(const EntryView& entry, const std::string& attribute) {
  if (attribute.empty()) return std::string_view{};
  const auto values = entry.values(attribute);
  if (values.empty()) return std::string_view{};
  if (values.size() > 1)
    return tl::unexpected(fmt::format("{}: {} values of {}", entry.dn(), values.size(), attribute));
  if (values.front().size() > longest_path || has_control(values.front()) || !is_utf8(values.front())) {
    return tl::unexpected(
        fmt::format("{}: {} is too long, has control characters or is no UTF-8", entry.dn(), attribute));
  }
  return values.front();
}

tl::expected<std::string, Fault> read_home(const EntryView& entry, const std::string& attribute) {
  const auto home = single(entry, attribute);
  if (!home) return tl::unexpected(home.error());
  for (std::string_view rest = *home; !rest.empty();) {
    const auto slash = rest.find('/');
    if (rest.substr(0, slash) == "..") {
      return tl::unexpected(fmt::format("{}: {} \"{}\" leads out of its directory", entry.dn(), attribute, *home));
    }
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  return std::string(*home);
}

tl::expected<std::optional<std::uint32_t>, Fault> read_id(const EntryView& entry, const std::string& attribute) {
  const auto text = single(entry, attribute);
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return std::optional<std::uint32_t>{};
  std::uint32_t number = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), number);
  // The highest number means "no user" to the system.
  if (fault != std::errc{} || end != text->data() + text->size() || number == UINT32_MAX) {
    return tl::unexpected(fmt::format("{}: {} \"{}\" is no user or group number", entry.dn(), attribute, *text));
  }
  return std::optional<std::uint32_t>{number};
}

/// "1000000", "500M", "1000000S,500C" (qmail), "*:bytes=1000" (Dovecot). 0 and what cannot be read: no quota.
std::optional<std::uint64_t> read_quota(std::string_view text, std::uint64_t unit) {
  if (text.starts_with("*:bytes=")) {
    text.remove_prefix(8);
    unit = 1;
  }
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || number == 0) return std::nullopt;
  switch (end == text.data() + text.size() ? '\0' : *end) {
    case '\0':
      break;
    case 'K':
    case 'k':
      unit = 1 << 10;
      break;
    case 'M':
    case 'm':
      unit = 1 << 20;
      break;
    case 'G':
    case 'g':
      unit = 1 << 30;
      break;
    case 'S':
    case 'B':
      unit = 1;
      break;
    default:
      return std::nullopt;
  }
  if (number > UINT64_MAX / unit) return std::nullopt;
  return number * unit;
}

}  // namespace

Layout::Layout(Preset preset, std::string search_base, std::vector<std::string> local_hosts)
    : preset_(std::move(preset)), search_base_(std::move(search_base)), local_hosts_(std::move(local_hosts)) {
  const auto& recipient = preset_.recipient;
  const auto& group = preset_.group;
  wanted_.push_back("objectClass");
  for (const auto* one :
       {&recipient.home, &recipient.uid, &recipient.gid, &recipient.user, &recipient.mail_host, &recipient.quota})
    want(*one);
  for (const auto* list :
       {&recipient.addresses, &recipient.routing_address, &group.members, &group.member_addresses, &group.leaf}) {
    for (const auto& name : *list) want(name);
  }
  const auto& disabled = preset_.disabled;
  const auto& auth = preset_.auth;
  for (const auto* filter :
       {&recipient.filter, &group.filter, &recipient.keep_copy, &recipient.forward_if, &disabled.filter})
    collect(*filter);
  attributes_ = std::make_shared<const std::vector<std::string>>(wanted_);
  if (!group.filter.empty()) collect_classes(filled_filter(group.filter, "a@b.c"), group_classes_);
  for (const auto* filter :
       {&recipient.filter, &recipient.wildcard, &group.filter, &group.inverse, &auth.user_filter}) {
    if (!filter->empty()) collect_tested(filled_filter(*filter, "a@b.c"), tested_);
  }
  if (preset_.sender_owner.starts_with('(')) collect_tested(filled_filter(preset_.sender_owner, "a@b.c"), tested_);
  const auto keep = [](const std::string& text, Filter& place, bool& there) {
    auto filter = fixed_filter(text);
    there = filter.has_value();
    if (filter) place = std::move(*filter);
  };
  keep(preset_.disabled.filter, disabled_, has_disabled_);
  keep(recipient.keep_copy, keep_copy_, has_keep_copy_);
  keep(recipient.forward_if, forward_if_, has_forward_if_);
}

void Layout::want(const std::string& attribute) {
  const auto same = [&](const std::string& name) { return same_name(name, attribute); };
  if (!attribute.empty() && std::none_of(wanted_.begin(), wanted_.end(), same)) wanted_.push_back(attribute);
}

void Layout::collect(const std::string& filter) {
  if (filter.empty()) return;
  std::vector<std::string> names;
  collect_attributes(filled_filter(filter, "a@b.c"), names);
  for (const auto& name : names) want(name);
}

std::vector<std::string> Layout::indexed() const {
  // Attributes with a few values for all entries would be long lists that no search uses.
  static constexpr std::string_view coarse[] = {"accountStatus", "domainStatus",  "enabledService",
                                                "mailEnabled",   "kopanoAccount", "zimbraMailStatus",
                                                "deliveryMode",  "objectCategory"};
  std::vector<std::string> names;
  for (const auto& name : tested_) {
    const auto same = [&](std::string_view other) { return same_name(name, other); };
    if (std::none_of(names.begin(), names.end(), same) && std::none_of(std::begin(coarse), std::end(coarse), same)) {
      names.push_back(name);
    }
  }
  return names;
}

bool Layout::looks_like_group(const EntryView& entry) const {
  if (group_classes_.empty()) return false;
  for (const auto held : entry.values("objectClass")) {
    for (const auto& name : group_classes_) {
      if (same_name(held, name)) return true;
    }
  }
  return false;
}

bool Layout::is_group(const EntryView& entry, std::string_view address) const {
  if (preset_.group.filter.empty()) return false;
  if (!group_classes_.empty() && !looks_like_group(entry)) return false;
  return matches(filled_filter(preset_.group.filter, address), entry);
}

std::vector<std::string> Layout::addresses(const EntryView& entry, const std::vector<std::string>& attributes) const {
  const auto& prefix = preset_.recipient.address_prefix;
  std::vector<std::string> found;
  const auto add = [&](std::string_view value, bool primary) {
    const bool is_good = value.size() <= longest_address && value.find('@') != std::string_view::npos;
    if (!is_good || has_control(value) || !is_utf8(value)) return;
    const auto same = [&](const std::string& other) { return same_name(other, value); };
    if (std::any_of(found.begin(), found.end(), same)) return;
    found.insert(primary ? found.begin() : found.end(), std::string(value));
  };
  for (const auto& attribute : attributes) {
    for (auto value : entry.values(attribute)) {
      const bool marked =
          !prefix.empty() && value.size() > prefix.size() && same_name(value.substr(0, prefix.size()), prefix);
      // Active Directory keeps other kinds beside them: "x400:", "sip:".
      if (!prefix.empty() && !marked && value.find(':') < value.find('@')) continue;
      const bool primary = marked && value.substr(0, prefix.size()) != prefix;
      if (marked) value.remove_prefix(prefix.size());
      add(value, primary);
    }
  }
  return found;
}

tl::expected<DirectoryEntry, std::string> Layout::read(const EntryView& entry) const {
  const auto& map = preset_.recipient;
  DirectoryEntry read;
  read.dn = entry.dn();
  auto home = read_home(entry, map.home);
  if (!home) return tl::unexpected(home.error());
  read.home = std::move(*home);
  const auto uid = read_id(entry, map.uid);
  if (!uid) return tl::unexpected(uid.error());
  read.uid = *uid;
  const auto gid = read_id(entry, map.gid);
  if (!gid) return tl::unexpected(gid.error());
  read.gid = *gid;
  const auto host = single(entry, map.mail_host);
  if (!host) return tl::unexpected(host.error());
  const auto local = [&](const std::string& name) { return same_name(name, *host); };
  if (std::none_of(local_hosts_.begin(), local_hosts_.end(), local)) read.mail_host = *host;
  const auto quota = single(entry, map.quota);
  if (quota) read.quota = read_quota(*quota, map.quota_unit);
  if (!map.user.empty()) {
    const auto users = entry.values(map.user);
    if (!users.empty() && !has_control(users.front())) read.user = users.front();
  }
  read.addresses = addresses(entry, map.addresses);
  if (!map.routing_address.empty() && (!has_forward_if_ || matches(forward_if_, entry))) {
    read.forward = addresses(entry, map.routing_address);
    bool any = false;
    for (const auto& attribute : map.routing_address) any = any || !entry.values(attribute).empty();
    if (any && read.forward.empty())
      return tl::unexpected(fmt::format("{}: no routing address can be used", entry.dn()));
    read.keep_copy = !read.forward.empty() && has_keep_copy_ && matches(keep_copy_, entry);
  }
  if (is_disabled(entry)) {
    read.may_receive = preset_.disabled.receive;
    read.may_login = preset_.disabled.authenticate;
  }
  return read;
}

}  // namespace lookup
