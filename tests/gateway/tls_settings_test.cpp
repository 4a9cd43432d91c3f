#include "gateway/net/tls_settings.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/gateway/smtp_world.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

const auto start = TicketKeys::Clock::time_point{} + 1000h;

TEST(TicketKeys, a_key_makes_tickets_for_an_hour) {
  TicketKeys keys;
  const auto first = keys.current(start);
  ASSERT_TRUE(first);
  EXPECT_EQ(keys.current(start + 59min), first);
  const auto second = keys.current(start + 61min);
  ASSERT_TRUE(second);
  EXPECT_NE(second->name, first->name);
  EXPECT_NE(second->cipher, first->cipher);
}

TEST(TicketKeys, a_key_opens_tickets_for_two_hours) {
  TicketKeys keys;
  const auto first = keys.current(start);
  (void)keys.current(start + 61min);
  EXPECT_EQ(keys.find(first->name.data(), start + 90min), first);
  EXPECT_EQ(keys.find(first->name.data(), start + 121min), nullptr);
  (void)keys.current(start + 180min);
  EXPECT_EQ(keys.find(first->name.data(), start + 90min), nullptr) << "a third key drops the first";
}

TEST(TicketKeys, an_unknown_key_opens_nothing) {
  TicketKeys keys;
  (void)keys.current(start);
  const std::array<unsigned char, 16> name{};
  EXPECT_EQ(keys.find(name.data(), start), nullptr);
}

class Certificates : public ::testing::Test {
 protected:
  ~Certificates() override {
    for (const auto& file : files_) std::filesystem::remove(file);
  }
  std::string make() { return files_.emplace_back(testing::make_certificate()); }
  static config::Tls tls_of(const std::string& file, std::vector<std::string> names = {}) {
    config::Tls tls;
    tls.certificates.push_back({std::move(names), file, "", {}});
    return tls;
  }

 private:
  std::vector<std::string> files_;
};

TEST_F(Certificates, names_are_those_in_the_certificate_unless_configured) {
  TicketKeys keys;
  const auto own = CertificateSet::load(tls_of(make()), keys);
  ASSERT_TRUE(own) << own.error();
  EXPECT_EQ((*own)->choose("MX.example.com."), (*own)->first());
  EXPECT_EQ((*own)->choose("other.example.com"), nullptr);
  const auto given = CertificateSet::load(tls_of(make(), {"*.Example.org"}), keys);
  ASSERT_TRUE(given) << given.error();
  EXPECT_EQ((*given)->choose("a.example.org"), (*given)->first());
  for (const char* other : {"example.org", "a.b.example.org", ".example.org", "mx.example.com", ""})
    EXPECT_EQ((*given)->choose(other), nullptr) << other;
}

TEST_F(Certificates, a_missing_file_is_named) {
  TicketKeys keys;
  const auto set = CertificateSet::load(tls_of("/nowhere/mx.pem"), keys);
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().find("/nowhere/mx.pem"), std::string::npos) << set.error();
}

TEST_F(Certificates, a_changed_file_is_read_again_and_a_broken_one_is_not_used) {
  const auto file = make();
  const auto settings = TlsSettings::load(tls_of(file));
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_FALSE((*settings)->refresh()) << "nothing changed";
  std::ofstream(file) << "garbage";
  const auto broken = (*settings)->refresh();
  ASSERT_TRUE(broken);
  EXPECT_FALSE(broken->good);
  EXPECT_NE(broken->text.find(file), std::string::npos) << broken->text;
  EXPECT_TRUE((*settings)->new_session());
  EXPECT_FALSE((*settings)->refresh()) << "said once";
  std::filesystem::copy_file(make(), file, std::filesystem::copy_options::overwrite_existing);
  const auto repaired = (*settings)->refresh();
  ASSERT_TRUE(repaired);
  EXPECT_TRUE(repaired->good) << repaired->text;
}

}  // namespace
}  // namespace gateway
