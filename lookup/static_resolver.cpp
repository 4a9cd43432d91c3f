#include "lookup/static_resolver.hpp"

#include "lookup/address.hpp"

namespace lookup {

namespace {

std::string key_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return ascii_lower(name);
}

}  // namespace

StaticResolver& StaticResolver::add(DnsType type, std::string_view name, std::string value) {
  auto& known = answers_[{key_name(name), type}];
  known.answer.kind = Answer::Kind::found;
  known.answer.values.push_back(std::move(value));
  return *this;
}

StaticResolver& StaticResolver::set(DnsType type, std::string_view name, DnsAnswer answer) {
  answers_[{key_name(name), type}] = std::move(answer);
  return *this;
}

void StaticResolver::ask(DnsType type, std::string_view name, Done done) {
  ++asked_;
  const std::string key = key_name(name);
  const auto found = answers_.find({key, type});
  if (found != answers_.end()) return done(DnsAnswer(found->second));
  DnsAnswer absent;
  const auto same_name = answers_.lower_bound({key, DnsType::a});
  absent.nxdomain = same_name == answers_.end() || same_name->first.first != key;
  done(absent);
}

}  // namespace lookup
