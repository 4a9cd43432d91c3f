#pragma once

#include <memory>

#include "gateway/assembly/loop_maps.hpp"
#include "gateway/log.hpp"
#include "gateway/metrics.hpp"
#include "gateway/resolve/address_rules.hpp"
#include "gateway/smtp/services.hpp"
#include "lookup/dns.hpp"

namespace gateway {

class DnsblHealth;
class Greylist;
class MailboxRoom;

/// What the questions of one loop are answered from. The resolver is shared by the generations of a loop.
struct LoopParts {
  asio::io_context& loop;
  std::shared_ptr<lookup::Resolver> dns;
  Log& log;
  Metrics& metrics;
  LoopMaps::Observers observers;
  DnsblHealth* dnsbl_health = nullptr;  // shared by all loops; null: every list is trusted
  Greylist* greylist = nullptr;         // shared by all loops; null: not to be had
  MailboxRoom* room = nullptr;          // shared by all loops; null: quotas are not looked at before delivery
};

/// The Services of SMTP sessions on one loop, for one generation of the configuration.
std::shared_ptr<Services> make_loop_services(std::shared_ptr<const Generation> generation, LoopParts parts);

}  // namespace gateway
