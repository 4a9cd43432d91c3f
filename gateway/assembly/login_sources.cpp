#include "gateway/assembly/login_sources.hpp"

#include "gateway/sasl/cyrus_source.hpp"
#include "gateway/sasl/dovecot_source.hpp"
#include "gateway/sasl/password_source.hpp"

namespace gateway {

namespace {

constexpr std::string_view directory_prefix = "directory:", dovecot_prefix = "dovecot:";

void check_by(lookup::Directory& directory, std::string login, std::string password,
              std::function<void(lookup::LoginResult, std::string)> done) {
  directory.check_password(std::move(login), std::move(password),
                           [done = std::move(done)](lookup::LoginResult result, const lookup::DirectoryAnswer& answer) {
                             done(result, answer.detail);
                           });
}

}  // namespace

std::string sasl_directory(const config::Sasl& sasl) {
  return sasl.backend.starts_with(directory_prefix) ? sasl.backend.substr(directory_prefix.size()) : std::string();
}

std::unique_ptr<LoginSource> make_login_source(const config::Config& config, const LoopMaps& maps,
                                               asio::io_context& loop, Log& log) {
  if (config.sasl.backend == "cyrus") return make_cyrus_source(config, loop, log);
  if (config.sasl.backend.starts_with(dovecot_prefix)) {
    const auto slash = config.file.find_last_of('/');
    return make_dovecot_source(config.sasl.backend.substr(dovecot_prefix.size()),
                               slash == std::string::npos ? "." : config.file.substr(0, slash), loop, log);
  }
  auto directory = maps.directory(sasl_directory(config.sasl));
  return make_password_source([directory = std::move(directory)](std::string login, std::string password, auto done) {
    if (directory)
      check_by(*directory, std::move(login), std::move(password), std::move(done));
    else
      done(lookup::LoginResult::unavailable, "sasl.backend names no directory");
  });
}

}  // namespace gateway
