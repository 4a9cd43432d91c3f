#include "gateway/assembly/client_names.hpp"

namespace gateway {

void find_client_names(lookup::Resolver& dns, const lookup::IpAddress& client,
                       std::function<void(Services::ClientNames)> done) {
  dns.ask(lookup::DnsType::ptr, lookup::ptr_name(client),
          [&dns, client, done = std::move(done)](const lookup::DnsAnswer& ptr) {
            Services::ClientNames names;
            if (!ptr.answer.is_found()) {
              names.unavailable = ptr.answer.is_unavailable();
              done(std::move(names));
              return;
            }
            const std::string name = ptr.answer.values.front();
            const auto type = client.is_v6 ? lookup::DnsType::aaaa : lookup::DnsType::a;
            dns.ask(type, name, [client, name, done](const lookup::DnsAnswer& forward) {
              Services::ClientNames verified;
              verified.reverse = name;
              verified.unavailable = forward.answer.is_unavailable();
              for (const auto& value : forward.answer.values)
                if (lookup::parse_ip(value) == client) verified.verified = name;
              done(std::move(verified));
            });
          });
}

}  // namespace gateway
