#include "gateway/sasl/cyrus_source.hpp"

#include "gateway/sasl/cyrus_conversation.hpp"
#include "gateway/sasl/login_workers.hpp"

namespace gateway {

namespace {

// SCRAM costs some 20 ms of one core; saslauthd and what is behind it mostly make us wait.
constexpr std::size_t most_threads = 8, most_waiting = 256;

class CyrusDialogue final : public LoginDialogue {
 public:
  CyrusDialogue(std::string mechanism, std::shared_ptr<CyrusConversation> conversation,
                std::shared_ptr<LoginWorkers> workers, Log& log)
      : mechanism_(std::move(mechanism)),
        conversation_(std::move(conversation)),
        workers_(std::move(workers)),
        log_(log) {}

  void start(std::optional<std::string> initial, Done done) override {
    run([conversation = conversation_, mechanism = mechanism_,
         initial = std::move(initial)] { return conversation->start(mechanism, initial); },
        std::move(done));
  }

  void feed(std::string octets, Done done) override {
    run([conversation = conversation_, octets = std::move(octets)] { return conversation->feed(octets); },
        std::move(done));
  }

 private:
  void run(std::function<LoginStep()> ask, Done done) {
    auto step = std::make_shared<LoginStep>();
    const bool taken = workers_->run([ask = std::move(ask), step] { *step = ask(); },
                                     [step, conversation = conversation_, done, &log = log_] {
                                       for (const auto& complaint : conversation->take_complaints())
                                         log.warning(Program::smtpd, "SASL: " + complaint);
                                       done(std::move(*step));
                                     });
    if (!taken) done({LoginStep::Kind::unavailable, {}, {}, "too many logins wait for an answer"});
  }

  std::string mechanism_;
  std::shared_ptr<CyrusConversation> conversation_;
  std::shared_ptr<LoginWorkers> workers_;
  Log& log_;
};

class CyrusSource final : public LoginSource {
 public:
  CyrusSource(std::shared_ptr<const CyrusService> service, asio::io_context& loop, Log& log)
      : service_(std::move(service)),
        workers_(std::make_shared<LoginWorkers>(loop, most_threads, most_waiting)),
        log_(log) {}

  bool knows(std::string_view mechanism, const LoginPeer& peer) const override {
    if (mechanism == "EXTERNAL" && peer.certificate_name.empty()) return false;
    if (!mechanisms_) mechanisms_ = installed();
    return std::find(mechanisms_->begin(), mechanisms_->end(), mechanism) != mechanisms_->end();
  }

  std::unique_ptr<LoginDialogue> begin(const std::string& mechanism, const LoginPeer& peer) override {
    return std::make_unique<CyrusDialogue>(mechanism, std::make_shared<CyrusConversation>(service_, peer), workers_,
                                           log_);
  }

 private:
  std::vector<std::string> installed() const {
    // With a certificate, so that EXTERNAL shows; options forbid mechanisms later, client by client.
    LoginPeer anybody;
    anybody.tls = true;
    anybody.certificate_name = "anybody";
    auto service = std::make_shared<CyrusService>();
    service->hostname = service_->hostname;
    service->options = service_->options;
    CyrusConversation probe(std::move(service), std::move(anybody));
    auto found = probe.mechanisms();
    for (const auto& complaint : probe.take_complaints()) log_.warning(Program::smtpd, "SASL: " + complaint);
    return found;
  }

  std::shared_ptr<const CyrusService> service_;
  std::shared_ptr<LoginWorkers> workers_;
  Log& log_;
  mutable std::optional<std::vector<std::string>> mechanisms_;  // asked when the first client wants to know
};

}  // namespace

unsigned cyrus_flags(const std::vector<std::string>& security_options) {
  static const std::map<std::string, unsigned, std::less<>> flags{
      {"noplaintext", SASL_SEC_NOPLAINTEXT},   {"noactive", SASL_SEC_NOACTIVE},
      {"nodictionary", SASL_SEC_NODICTIONARY}, {"forward_secrecy", SASL_SEC_FORWARD_SECRECY},
      {"noanonymous", SASL_SEC_NOANONYMOUS},   {"mutual_auth", SASL_SEC_MUTUAL_AUTH}};
  unsigned all = 0;
  for (const auto& option : security_options)
    if (const auto found = flags.find(option); found != flags.end()) all |= found->second;
  return all;
}

std::unique_ptr<LoginSource> make_cyrus_source(const config::Config& config, asio::io_context& loop, Log& log) {
  auto service = std::make_shared<CyrusService>();
  service->hostname = config.hostname;
  service->realm = config.sasl.local_domain;
  const auto folder = config.file.substr(0, config.file.find_last_of('/') + 1);
  for (const auto& [name, value] : config.sasl.options) {
    const bool is_relative = name.ends_with("_path") && !value.empty() && value.front() != '/';
    service->options.insert_or_assign(name, is_relative ? folder + value : value);
  }
  service->security_flags = cyrus_flags(config.sasl.security_options);
  service->tls_security_flags = cyrus_flags(config.sasl.tls_security_options);
  return std::make_unique<CyrusSource>(std::move(service), loop, log);
}

}  // namespace gateway
