#include "gateway/sasl/password_source.hpp"

#include "gateway/sasl/password_exchange.hpp"

namespace gateway {

namespace {

class PasswordDialogue final : public LoginDialogue {
 public:
  PasswordDialogue(PasswordExchange::Mechanism mechanism, std::shared_ptr<const PasswordCheck> check)
      : exchange_(mechanism), check_(std::move(check)) {}

  void start(std::optional<std::string> initial, Done done) override {
    go_on(exchange_.start(std::move(initial)), std::move(done));
  }
  void feed(std::string octets, Done done) override { go_on(exchange_.feed(std::move(octets)), std::move(done)); }

 private:
  void go_on(PasswordExchange::Step step, const Done& done) {
    using Kind = LoginStep::Kind;
    if (step == PasswordExchange::Step::challenge) {
      done({Kind::challenge, std::string(exchange_.challenge()), {}, {}});
      return;
    }
    if (step == PasswordExchange::Step::malformed) {
      done({Kind::malformed, {}, {}, "malformed response"});
      return;
    }
    std::string login = exchange_.login(), password = exchange_.take_password();
    if (step == PasswordExchange::Step::foreign) {
      done({Kind::refused, {}, std::move(login), "may not act for another"});
    } else if (login.empty() || password.empty() || (login + password).find('\0') != std::string::npos) {
      done({Kind::refused, {}, std::move(login), "empty name or password"});
    } else {
      (*check_)(login, std::move(password), [done, login](lookup::LoginResult result, std::string detail) {
        const auto kind = result == lookup::LoginResult::ok        ? Kind::accepted
                          : result == lookup::LoginResult::refused ? Kind::refused
                                                                   : Kind::unavailable;
        done({kind, {}, login, std::move(detail)});
      });
    }
  }

  PasswordExchange exchange_;
  std::shared_ptr<const PasswordCheck> check_;
};

class PasswordSource final : public LoginSource {
 public:
  explicit PasswordSource(PasswordCheck check) : check_(std::make_shared<const PasswordCheck>(std::move(check))) {}

  bool knows(std::string_view mechanism, const LoginPeer&) const override {
    return mechanism == "PLAIN" || mechanism == "LOGIN";
  }

  std::unique_ptr<LoginDialogue> begin(const std::string& mechanism, const LoginPeer&) override {
    using Mechanism = PasswordExchange::Mechanism;
    return std::make_unique<PasswordDialogue>(mechanism == "PLAIN" ? Mechanism::plain : Mechanism::login, check_);
  }

 private:
  std::shared_ptr<const PasswordCheck> check_;
};

}  // namespace

std::unique_ptr<LoginSource> make_password_source(PasswordCheck check) {
  return std::make_unique<PasswordSource>(std::move(check));
}

}  // namespace gateway
