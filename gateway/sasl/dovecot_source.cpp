#include "gateway/sasl/dovecot_source.hpp"

#include "gateway/sasl/dovecot_client.hpp"
#include "lookup/ip_address.hpp"

namespace gateway {

namespace {

tl::expected<DovecotAddress, std::string> parse_address(std::string_view text, const std::string& folder) {
  DovecotAddress address;
  if (!text.starts_with("inet:")) {
    const auto path = text.starts_with("unix:") ? text.substr(5) : text;
    if (path.empty()) return tl::unexpected(std::string("it names no socket"));
    address.path = path.front() == '/' ? std::string(path) : folder + "/" + std::string(path);
    // sun_path of unix(7), with its final NUL.
    if (address.path.size() > 107) return tl::unexpected(std::string("the path is longer than a socket's may be"));
    return address;
  }
  text.remove_prefix(5);
  const auto colon = text.rfind(':');
  const auto port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0)
    return tl::unexpected(std::string("it must be inet:HOST:PORT or unix:PATH"));
  auto host = colon == std::string_view::npos ? std::string_view("127.0.0.1") : text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return tl::unexpected(std::string("it must be inet:HOST:PORT or unix:PATH"));
  address.host = host;
  return address;
}

class DovecotDialogue final : public LoginDialogue {
 public:
  DovecotDialogue(std::shared_ptr<DovecotClient> client, std::string mechanism, LoginPeer peer)
      : client_(std::move(client)), mechanism_(std::move(mechanism)), peer_(std::move(peer)) {}
  ~DovecotDialogue() override {
    if (id_) client_->forget(*id_);
  }

  void start(std::optional<std::string> initial, Done done) override {
    id_ = client_->begin(mechanism_, peer_, std::move(initial), std::move(done));
  }
  void feed(std::string octets, Done done) override { client_->go_on(*id_, octets, std::move(done)); }

 private:
  std::shared_ptr<DovecotClient> client_;
  std::string mechanism_;
  LoginPeer peer_;
  std::optional<std::uint32_t> id_;
};

class DovecotSource final : public LoginSource {
 public:
  explicit DovecotSource(std::shared_ptr<DovecotClient> client) : client_(std::move(client)) {}
  ~DovecotSource() override { client_->close(); }

  bool knows(std::string_view mechanism, const LoginPeer& peer) const override {
    if (mechanism == "EXTERNAL" && peer.certificate_name.empty()) return false;
    client_->connect();
    return client_->mechanisms().empty() || client_->mechanisms().contains(mechanism);
  }

  std::unique_ptr<LoginDialogue> begin(const std::string& mechanism, const LoginPeer& peer) override {
    return std::make_unique<DovecotDialogue>(client_, mechanism, peer);
  }

 private:
  std::shared_ptr<DovecotClient> client_;
};

}  // namespace

std::unique_ptr<LoginSource> make_dovecot_source(const std::string& address, const std::string& folder,
                                                 asio::io_context& loop, Log& log) {
  // A wrong address was refused with the file; what is left of it finds nobody, which is unavailable.
  auto where = parse_address(address, folder);
  return std::make_unique<DovecotSource>(
      std::make_shared<DovecotClient>(where ? std::move(*where) : DovecotAddress{}, loop, log));
}

std::string problem_of_dovecot_address(std::string_view address) {
  const auto parsed = parse_address(address, {});
  return parsed ? std::string() : parsed.error();
}

}  // namespace gateway
