#include "gateway/admin/event_memory.hpp"

namespace gateway {

void EventMemory::write(Program program, Level level, std::string_view event, std::string_view queue_id,
                        std::string_view text, std::initializer_list<LogField> fields) {
  log_->write(program, level, event, queue_id, text, fields);
  if (event != "reject") return;
  RememberedReject reject;
  reject.time = std::time(nullptr);
  for (const auto& field : fields) {
    const auto value = field.value.substr(0, 300);
    if (field.name == "client") reject.client = value;
    if (field.name == "stage") reject.stage = value;
    if (field.name == "reply") reject.reply = value;
    if (field.name == "reason") reject.reason = value;
    if (field.name == "sender") reject.sender = value;
    if (field.name == "recipient") reject.recipient = value;
  }
  const std::lock_guard lock(mutex_);
  rejects_.push_front(std::move(reject));
  if (rejects_.size() > most) rejects_.pop_back();
}

std::vector<RememberedReject> EventMemory::rejects() const {
  const std::lock_guard lock(mutex_);
  return {rejects_.begin(), rejects_.end()};
}

}  // namespace gateway
