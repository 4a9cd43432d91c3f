#pragma once

#include <poll.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/gateway/scripted_peer.hpp"

namespace gateway::testing {

/// A milter that answers each command with the packets it was given for it, and keeps what it is told.
class ScriptedMilter {
 public:
  /// Packets without their lengths, by the command's letter; a command without answers gets "c".
  using Answers = std::map<char, std::vector<std::string>>;
  static constexpr const char* hangs_up = "HANG UP";
  static constexpr const char* silence = "SILENCE";

  explicit ScriptedMilter(Answers answers = {}, std::uint32_t steps = 0)
      : answers_(std::move(answers)), steps_(steps), peer_([this](PeerTalk& talk, int) { serve(talk); }) {}

  std::string address() const { return "inet:127.0.0.1:" + std::to_string(peer_.port); }
  int connections() const { return peer_.connections; }
  void answer(char command, std::vector<std::string> packets) {
    const std::lock_guard lock(mutex_);
    answers_[command] = std::move(packets);
  }
  /// All packets heard, NULs shown as "|".
  std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  std::string letters() const {
    std::string letters;
    for (const auto& packet : heard())
      if (packet[0] != 'D') letters += packet[0];
    return letters;
  }
  /// Waits, with a limit, until a command was heard.
  bool wait_for(char command) const {
    for (int i = 0; i < 500; ++i) {
      if (letters().find(command) != std::string::npos) return true;
      ::poll(nullptr, 0, 20);
    }
    return false;
  }

 private:
  static std::string number(std::size_t value) {
    std::string octets;
    for (const unsigned shift : {24u, 16u, 8u, 0u}) octets += static_cast<char>((value >> shift) & 0xff);
    return octets;
  }
  bool answered(char command) const {
    constexpr std::pair<char, std::uint32_t> silent[] = {{'C', 0x1000}, {'H', 0x2000},  {'M', 0x4000},  {'R', 0x8000},
                                                         {'L', 0x80},   {'N', 0x40000}, {'B', 0x80000}, {'T', 0x10000}};
    for (const auto& [letter, bit] : silent)
      if (letter == command) return (steps_ & bit) == 0;
    return command == 'E';
  }
  void serve(PeerTalk& talk) {
    for (;;) {
      const auto size = talk.hear_octets(4);
      if (size.size() < 4) return;
      std::size_t length = 0;
      for (const char octet : size) length = length << 8 | static_cast<unsigned char>(octet);
      auto packet = talk.hear_octets(length);
      if (packet.size() < length) return;
      const char command = packet[0];
      if (command == 'O') {
        talk.say(number(13) + "O" + number(6) + number(0xff) + number(steps_));
        continue;
      }
      std::replace(packet.begin(), packet.end(), '\0', '|');
      std::vector<std::string> packets{"c"};
      {
        const std::lock_guard lock(mutex_);
        heard_.push_back(packet);
        if (const auto found = answers_.find(command); found != answers_.end()) packets = found->second;
      }
      if (command == 'Q') return;
      if (!answered(command)) continue;
      for (const auto& answer : packets) {
        if (answer == hangs_up) return;
        if (answer != silence) talk.say(number(answer.size()) + answer);
      }
    }
  }

  mutable std::mutex mutex_;
  Answers answers_;
  std::uint32_t steps_;
  std::vector<std::string> heard_;
  ScriptedPeer peer_;
};

}  // namespace gateway::testing
