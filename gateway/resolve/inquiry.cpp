#include "gateway/resolve/inquiry.hpp"

namespace gateway {

namespace {

std::string memory_key(const void* asked, std::string_view key) {
  std::string text(reinterpret_cast<const char*>(&asked), sizeof asked);
  text += key;
  return text;
}

}  // namespace

const lookup::Answer* Inquiry::find(lookup::Table& table, std::string_view key) {
  auto& known = tables_[memory_key(&table, key)];
  if (!known) {
    if (auto now = table.find_now(key)) {
      known = std::make_unique<lookup::Answer>(std::move(*now));
      trace(table.name(), key, *known);
    } else {
      open_tables_.push_back({&table, std::string(key)});
    }
  }
  return known.get();
}

const lookup::DirectoryAnswer* Inquiry::find(lookup::Directory& directory, const lookup::Address& address) {
  const std::string key = address.local.empty() ? "@" + address.domain : address.to_string();
  auto& known = directories_[memory_key(&directory, key)];
  if (!known) {
    if (auto now = directory.find_recipient_now(address)) {
      known = std::make_unique<lookup::DirectoryAnswer>(std::move(*now));
      trace("directory:" + directory.name(), key, {known->kind, known->reason, {known->entry.dn}, known->detail});
    } else {
      open_directories_.push_back({&directory, address});
    }
  }
  return known.get();
}

void Inquiry::ask_open(const std::function<void()>& then) {
  auto tables = std::exchange(open_tables_, {});
  auto directories = std::exchange(open_directories_, {});
  // The extra count keeps `then` back until every question is on its way: answers may come at once.
  auto left = std::make_shared<std::size_t>(tables.size() + directories.size() + 1);
  const auto one_less = [left, then] {
    if (--*left == 0) then();
  };
  for (auto& open : tables) {
    open.table->ask(open.key, [this, one_less, table = open.table, key = open.key](lookup::Answer answer) {
      auto& known = tables_[memory_key(table, key)];
      known = std::make_unique<lookup::Answer>(std::move(answer));
      trace(table->name(), key, *known);
      one_less();
    });
  }
  for (auto& open : directories) {
    open.directory->find_recipient(open.address, [this, one_less, asked = open.directory,
                                                  address = open.address](const lookup::DirectoryAnswer& answer) {
      const std::string key = address.local.empty() ? "@" + address.domain : address.to_string();
      auto& known = directories_[memory_key(asked, key)];
      known = std::make_unique<lookup::DirectoryAnswer>(answer);
      trace("directory:" + asked->name(), key, {answer.kind, answer.reason, {answer.entry.dn}, answer.detail});
      one_less();
    });
  }
  one_less();
}

void Inquiry::trace(const std::string& map, std::string_view key, const lookup::Answer& answer) {
  if (traced_) steps_.push_back({map, std::string(key), answer});
}

}  // namespace gateway
