#include "gateway/local/service_channel.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "gateway/delivery/storage_outcome.hpp"
#include "gateway/local/delivery_order.hpp"
#include "gateway/local/descriptor_content.hpp"
#include "gateway/net/asio.hpp"

namespace gateway {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_errands = 50;
constexpr std::size_t most_for_a_program = 2;
constexpr std::size_t largest_answer = 262144;
constexpr std::chrono::seconds patience{300};
constexpr std::chrono::milliseconds behind_pause{20};
constexpr std::chrono::seconds between_warnings{60};

OrderHead::Kind kind_of(Delivery::Kind kind) {
  switch (kind) {
    case Delivery::Kind::local:
      return OrderHead::Kind::local;
    case Delivery::Kind::command:
      return OrderHead::Kind::command;
    case Delivery::Kind::file:
      return OrderHead::Kind::file;
    default:
      return OrderHead::Kind::maildir;
  }
}

bool is_for_program(const MailboxJob& job) {
  return job.delivery.kind == Delivery::Kind::command ||
         (job.delivery.kind == Delivery::Kind::local && !job.config->mailboxes.local.mailbox_command.empty());
}

std::string key_of(const MailboxJob& job) {
  const Delivery& delivery = job.delivery;
  return std::to_string(static_cast<int>(delivery.kind)) + " " + std::to_string(delivery.uid.value_or(0)) + " " +
         delivery.user + " " + delivery.path;
}

OrderedMail mail_of(const MailboxJob& job) {
  OrderedMail mail;
  mail.id = job.id;
  mail.recipient = job.recipient;
  mail.arrival = job.arrival;
  mail.may_exist = job.may_exist;
  mail.quota = job.delivery.quota;
  mail.size = job.content->size();
  mail.sender = job.sender;
  mail.address = job.address;
  mail.original = job.original;
  const Envelope& envelope = job.message->stored.envelope;
  mail.client_name = envelope.client_name;
  mail.client_address = envelope.client_address;
  mail.helo = envelope.helo;
  mail.protocol = envelope.protocol;
  mail.login = envelope.login;
  return mail;
}

DeliveryOrder order_for(const MailboxJob& job) {
  DeliveryOrder order;
  const config::Config& config = *job.config;
  order.head.kind = kind_of(job.delivery.kind);
  order.head.uid = job.delivery.uid.value_or(0);
  order.head.gid = job.delivery.gid.value_or(order.head.uid);
  order.head.create = config.mailboxes.create_on_first_delivery;
  order.head.base = config.mailboxes.base;
  order.head.path = job.delivery.path;
  order.head.user = job.delivery.user;
  order.hostname = config.hostname;
  order.recipient_delimiter = config.recipient_delimiter;
  order.quota_default = config.mailboxes.quota_default;
  order.mailbox_size_limit = config.mailboxes.mailbox_size_limit;
  order.full_action = config.mailboxes.full_action;
  return order;
}

}  // namespace

/// An order that was sent and waits for its answer.
struct ServiceChannel::Errand {
  Errand(asio::io_context& loop, int pipe) : answer_pipe(loop, pipe), deadline(loop) {}

  std::string key;
  std::vector<MailboxJob> jobs;
  asio::posix::stream_descriptor answer_pipe;
  asio::steady_timer deadline;
  std::string answer;
  std::array<char, 4096> buffer{};
};

ServiceChannel::ServiceChannel(asio::io_context& loop, Log& log, FolderFd socket, Done done)
    : loop_(loop), log_(log), socket_(std::move(socket)), done_(std::move(done)) {}

ServiceChannel::~ServiceChannel() = default;

void ServiceChannel::submit(MailboxJob job) {
  const std::string key = key_of(job);
  Lane& lane = lanes_[key];
  lane.waiting.push_back(std::move(job));
  mark_ready(key, lane);
}

void ServiceChannel::shut_down() {
  closed_ = true;
  under_way_.clear();
  socket_ = FolderFd();
}

void ServiceChannel::mark_ready(const std::string& key, Lane& lane) {
  if (!std::exchange(lane.listed, true)) ready_.push_back(key);
  if (std::exchange(pump_posted_, true)) return;
  asio::post(loop_, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->pump();
  });
}

void ServiceChannel::pump() {
  pump_posted_ = false;
  while (!closed_ && !ready_.empty() && under_way_.size() < most_errands) {
    const std::string key = std::move(ready_.front());
    ready_.pop_front();
    Lane& lane = lanes_[key];
    lane.listed = false;
    const std::size_t most =
        !lane.waiting.empty() && is_for_program(lane.waiting.front()) ? most_for_a_program : std::size_t{1};
    if (lane.waiting.empty() || lane.busy >= most) {
      if (lane.waiting.empty() && lane.busy == 0) lanes_.erase(key);
      continue;  // finish() lists it again
    }
    if (start(key, lane)) {
      if (!lane.waiting.empty()) mark_ready(key, lane);
      continue;
    }
    // The service is behind.
    lane.listed = true;
    ready_.push_front(key);
    pump_posted_ = true;
    auto pause = std::make_shared<asio::steady_timer>(loop_, behind_pause);
    pause->async_wait([weak = weak_from_this(), pause](std::error_code) {
      if (auto self = weak.lock()) self->pump();
    });
    return;
  }
}

bool ServiceChannel::start(const std::string& key, Lane& lane) {
  const bool single = is_for_program(lane.waiting.front());
  DeliveryOrder order = order_for(lane.waiting.front());
  OrderPacket packet;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    const int error = errno;
    const auto waiting = std::exchange(lane.waiting, {});
    give_up({waiting.begin(), waiting.end()}, std::strerror(error));
    return true;
  }
  FolderFd answer(ends[0]);
  packet.descriptors.emplace_back(ends[1]);
  std::vector<MailboxJob> jobs, lost;
  const auto config = lane.waiting.front().config;  // all mails of an order are under one configuration
  while (!lane.waiting.empty() && jobs.size() < (single ? 1 : most_mails) && lane.waiting.front().config == config) {
    MailboxJob job = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    FolderFd content = descriptor_of(*job.content);
    if (!content) {
      lost.push_back(std::move(job));
      continue;
    }
    order.mails.push_back(mail_of(job));
    packet.descriptors.push_back(std::move(content));
    jobs.push_back(std::move(job));
  }
  if (!lost.empty()) give_up(std::move(lost), "the message cannot be handed over");
  if (jobs.empty()) return true;
  packet.record = encode_order(order);
  const int error = socket_ ? send_packet(socket_.get(), packet) : EPIPE;
  if (error == EAGAIN) {
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) lane.waiting.push_front(std::move(*job));
    return false;
  }
  if (error != 0) {
    give_up(std::move(jobs), std::strerror(error));
    return true;
  }
  packet.descriptors.clear();  // so that the pipe closes when the worker is gone
  auto errand = std::make_shared<Errand>(loop_, ::fcntl(answer.get(), F_DUPFD_CLOEXEC, 0));
  errand->key = key;
  errand->jobs = std::move(jobs);
  ++lane.busy;
  under_way_[errand.get()] = errand;
  const auto limit = patience + (single ? config->mailboxes.local.command_time_limit : std::chrono::seconds{0});
  errand->deadline.expires_after(limit);
  errand->deadline.async_wait([weak = weak_from_this(), errand](std::error_code cancelled) {
    auto self = weak.lock();
    if (self && !cancelled) self->finish(errand, true);
  });
  listen(errand);
  return true;
}

void ServiceChannel::listen(const std::shared_ptr<Errand>& errand) {
  errand->answer_pipe.async_read_some(asio::buffer(errand->buffer),
                                      [weak = weak_from_this(), errand](std::error_code error, std::size_t got) {
                                        auto self = weak.lock();
                                        if (!self || self->closed_ || !self->under_way_.contains(errand.get())) return;
                                        errand->answer.append(errand->buffer.data(), got);
                                        if (error || errand->answer.size() > largest_answer)
                                          return self->finish(errand, false);
                                        self->listen(errand);
                                      });
}

void ServiceChannel::finish(const std::shared_ptr<Errand>& errand, bool overdue) {
  if (closed_ || under_way_.erase(errand.get()) == 0) return;
  errand->deadline.cancel();
  std::error_code ignored;
  errand->answer_pipe.close(ignored);
  Lane& lane = lanes_[errand->key];
  --lane.busy;
  mark_ready(errand->key, lane);
  auto outcomes = decode_outcomes(errand->answer, errand->jobs.size());
  if (!outcomes) return give_up(std::move(errand->jobs), overdue ? "it took too long" : "it ended without an answer");
  for (std::size_t at = 0; at < outcomes->size(); ++at) errand->jobs[at].outcome = std::move((*outcomes)[at]);
  done_(std::move(errand->jobs));
}

void ServiceChannel::give_up(std::vector<MailboxJob> jobs, const std::string& reason) {
  warn("delivery service: an order was lost: " + reason);
  for (MailboxJob& job : jobs)
    job.outcome = deferred("4.3.0", "delivery failed: the delivery service is not available");
  done_(std::move(jobs));
}

void ServiceChannel::warn(const std::string& text) {
  const auto now = steady_clock::now();
  if (last_warning_ != steady_clock::time_point{} && now - last_warning_ < between_warnings) return;
  last_warning_ = now;
  log_.warning(Program::local, text);
}

}  // namespace gateway
