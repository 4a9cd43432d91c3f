#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/delivery/mailbox_job.hpp"
#include "gateway/delivery/maildir_folder.hpp"
#include "gateway/local/order_socket.hpp"
#include "gateway/log.hpp"

namespace asio {
class io_context;
}

namespace gateway {

/// The gateway's side of the delivery service: gathers what is for one mailbox into orders, sends them, takes the
/// answers. Belongs to the delivery loop.
///
/// One order at a time goes to a mailbox or file (so that quotas hold), two to a program, and a bounded number in all.
/// An order that is not answered, because its worker or the service died or took too long, is deferred.
class ServiceChannel : public std::enable_shared_from_this<ServiceChannel> {
 public:
  /// Gets the jobs of an order with their outcomes.
  using Done = std::function<void(std::vector<MailboxJob>)>;

  /// `socket` may be invalid: then everything is deferred, because there is no service.
  ServiceChannel(asio::io_context& loop, Log& log, FolderFd socket, Done done);
  ~ServiceChannel();

  /// job.message must be set: the envelope tells the program's environment.
  void submit(MailboxJob job);

  /// Reports nothing any more.
  void shut_down();

 private:
  struct Lane {
    std::deque<MailboxJob> waiting;
    std::size_t busy = 0;
    bool listed = false;  // in ready_
  };
  struct Errand;

  void mark_ready(const std::string& key, Lane& lane);
  void pump();
  bool start(const std::string& key, Lane& lane);
  void listen(const std::shared_ptr<Errand>& errand);
  void finish(const std::shared_ptr<Errand>& errand, bool overdue);
  void give_up(std::vector<MailboxJob> jobs, const std::string& reason);
  void warn(const std::string& text);

  asio::io_context& loop_;
  Log& log_;
  FolderFd socket_;
  Done done_;
  std::unordered_map<std::string, Lane> lanes_;
  std::deque<std::string> ready_;
  std::unordered_map<Errand*, std::shared_ptr<Errand>> under_way_;
  std::chrono::steady_clock::time_point last_warning_{};
  bool pump_posted_ = false;
  bool closed_ = false;
};

}  // namespace gateway
