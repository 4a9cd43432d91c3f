#include "gateway/smtp/command.hpp"

#include <cstdint>
#include <cstdlib>

#include "gateway/smtp/xclient.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  for (const auto strictness : {gateway::Strictness::lax, gateway::Strictness::strict}) {
    const auto command = gateway::parse_command(line, {strictness, true, true});
    // Whatever was decoded, no line break may come out of it.
    if (const auto* mail = std::get_if<gateway::MailFrom>(&command.content))
      if ((mail->envid + mail->auth).find_first_of("\r\n") != std::string::npos) std::abort();
    if (const auto* rcpt = std::get_if<gateway::RcptTo>(&command.content))
      if (rcpt->orcpt.find_first_of("\r\n") != std::string::npos) std::abort();
  }
  (void)gateway::parse_attributes(line, gateway::AttributeSet::xclient);
  (void)gateway::parse_attributes(line, gateway::AttributeSet::xforward);
  return 0;
}
