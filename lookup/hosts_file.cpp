#include "lookup/hosts_file.hpp"

#include <algorithm>
#include <utility>

#include "lookup/ip_address.hpp"
#include "lookup/question_key.hpp"

namespace lookup {

namespace {

std::string_view take_word(std::string_view& line) {
  const std::size_t start = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(start);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

HostsFile::HostsFile(std::string path) : path_(std::move(path)) {}

std::shared_ptr<const DnsAnswer> HostsFile::find(std::string_view key, Clock::time_point now) {
  if (path_.empty()) return nullptr;
  if (now >= next_look_) {
    next_look_ = now + std::chrono::seconds(1);
    FileStamp stamp = stamp_of(path_);
    if (stamp != stamp_) {
      stamp_ = std::move(stamp);
      read();
    }
  }
  const auto found = answers_.find(key);
  return found == answers_.end() ? nullptr : found->second;
}

void HostsFile::add(DnsType type, std::string_view name, const std::string& value) {
  const auto key = QuestionKey::make(type, name);
  if (!key) return;
  auto& answer = answers_[std::string(key->text())];
  if (!answer) answer = std::make_shared<DnsAnswer>();
  auto& values = answer->answer.values;
  answer->answer.kind = Answer::Kind::found;
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

void HostsFile::read() {
  answers_.clear();
  const auto text = read_text_file(path_);
  if (!text) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    const auto address = parse_ip(take_word(line));
    if (!address) continue;
    const std::string address_text = address->to_string();
    bool canonical = true;  // the first name is the one that an address has
    for (auto name = take_word(line); !name.empty(); name = take_word(line)) {
      add(address->is_v6 ? DnsType::aaaa : DnsType::a, name, address_text);
      if (std::exchange(canonical, false)) add(DnsType::ptr, ptr_name(*address), std::string(name));
    }
  }
}

}  // namespace lookup
