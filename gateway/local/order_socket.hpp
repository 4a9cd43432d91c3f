#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/delivery/maildir_folder.hpp"

namespace gateway {

/// An order as it goes through the socket: a record and descriptors, the answer's pipe first, then one content a mail.
struct OrderPacket {
  std::string record;
  std::vector<FolderFd> descriptors;
};

/// A connected pair of sockets that keep packets apart. False when there are none left; errno says why.
[[nodiscard]] bool make_order_sockets(FolderFd& gateway_side, FolderFd& service_side);

/// Does not wait. 0, or an errno value: EAGAIN when the other side is behind, EPIPE when it is gone.
[[nodiscard]] int send_packet(int socket, const OrderPacket& packet);

/// Waits. 1: a packet; 0: the other side is gone; -1: something that is no packet was thrown away.
[[nodiscard]] int receive_packet(int socket, OrderPacket& into);

}  // namespace gateway
