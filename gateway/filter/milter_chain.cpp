#include "gateway/filter/milter_chain.hpp"

#include <algorithm>

namespace gateway {

MilterChain::MilterChain(Shard& shard, const std::vector<config::Filter>& filters,
                         const std::vector<const FilterMetrics*>& metrics, Log& log) {
  for (std::size_t i = 0; i < filters.size(); ++i)
    clients_.push_back(std::make_unique<MilterClient>(shard, filters[i], log, *metrics[i]));
}

asio::awaitable<FilterVerdict> MilterChain::connect(MilterEvent event) {
  connect_ = std::move(event);
  helo_ = {};
  FilterVerdict first;
  // All are told, refused or not: a refusal that a filter's failure brought may be over at the next message.
  for (const auto& client : clients_) {
    auto verdict = co_await client->connect(connect_);
    if (first.is_proceed()) first = std::move(verdict);
  }
  co_return first;
}

asio::awaitable<FilterVerdict> MilterChain::helo(MilterEvent event) {
  helo_ = std::move(event);
  FilterVerdict first;
  // All are told, refused or not: a refusal that a filter's failure brought may be over at the next message.
  for (const auto& client : clients_) {
    auto verdict = co_await client->tell(helo_);
    if (first.is_proceed()) first = std::move(verdict);
  }
  co_return first;
}

asio::awaitable<FilterVerdict> MilterChain::mail(MilterEvent event) {
  FilterVerdict verdict;
  for (const auto& client : clients_) {
    verdict = co_await client->mail(connect_, helo_, event);
    if (!verdict.is_proceed()) break;
  }
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterChain::tell(MilterEvent event) {
  FilterVerdict verdict;
  for (const auto& client : clients_) {
    verdict = co_await client->tell(event);
    if (!verdict.is_proceed()) break;
  }
  co_return verdict;
}

asio::awaitable<FilterVerdict> MilterChain::show(FilteredMessage& message, milter::Macros macros) {
  FilterVerdict verdict;
  for (const auto& client : clients_) {
    verdict = co_await client->show(message, macros);
    if (!verdict.is_proceed()) break;
  }
  co_return verdict;
}

bool MilterChain::wants_message() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->is_concerned(); });
}

void MilterChain::interrupt() {
  for (const auto& client : clients_) client->interrupt();
}

}  // namespace gateway
