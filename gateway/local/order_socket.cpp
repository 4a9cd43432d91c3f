#include "gateway/local/order_socket.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "gateway/local/delivery_order.hpp"

namespace gateway {

namespace {

constexpr std::size_t most_descriptors = most_mails + 1;

}  // namespace

bool make_order_sockets(FolderFd& gateway_side, FolderFd& service_side) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  gateway_side = FolderFd(ends[0]);
  service_side = FolderFd(ends[1]);
  return true;
}

int send_packet(int socket, const OrderPacket& packet) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_descriptors * sizeof(int))] = {};
  std::vector<int> numbers;
  for (const FolderFd& each : packet.descriptors) numbers.push_back(each.get());
  if (numbers.empty() || numbers.size() > most_descriptors) return EINVAL;
  iovec part{const_cast<char*>(packet.record.data()), packet.record.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(numbers.size() * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(numbers.size() * sizeof(int));
  std::memcpy(CMSG_DATA(header), numbers.data(), numbers.size() * sizeof(int));
  for (;;) {
    if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
    if (errno == ETOOMANYREFS) return EAGAIN;
    if (errno != EINTR) return errno == ECONNRESET ? EPIPE : errno;
  }
}

int receive_packet(int socket, OrderPacket& into) {
  into.descriptors.clear();
  into.record.resize(largest_order);
  alignas(cmsghdr) char control[CMSG_SPACE(most_descriptors * sizeof(int))] = {};
  iovec part{into.record.data(), into.record.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + at * sizeof(int), sizeof number);
      into.descriptors.emplace_back(number);
    }
  }
  into.record.resize(static_cast<std::size_t>(got));
  return (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && !into.descriptors.empty() ? 1 : -1;
}

}  // namespace gateway
