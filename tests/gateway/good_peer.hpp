#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "tests/gateway/scripted_peer.hpp"

namespace gateway::testing {

/// A server that behaves, and keeps what it got. `extensions` are lines of its EHLO reply.
class GoodPeer {
 public:
  explicit GoodPeer(std::vector<std::string> extensions = {"PIPELINING", "SIZE 1000000", "8BITMIME", "DSN"},
                    std::string rcpt_reply = {})
      : extensions_(std::move(extensions)),
        rcpt_reply_(std::move(rcpt_reply)),
        peer([this](PeerTalk& talk, int) { serve(talk); }) {}

  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::string> contents() {
    const std::lock_guard lock(mutex_);
    return contents_;
  }
  bool heard(const std::string& line) {
    const auto all = lines();
    return std::find(all.begin(), all.end(), line) != all.end();
  }

 private:
  void serve(PeerTalk& talk) {
    talk.say("220 peer ESMTP\r\n");
    int accepted = 0;
    bool lmtp = false;
    for (std::string line = talk.hear(); !line.empty(); line = talk.hear()) {
      {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
      }
      if (line.starts_with("EHLO") || line.starts_with("LHLO")) {
        lmtp = line.starts_with("LHLO");
        std::string reply;
        for (const std::string& each : extensions_) reply += "250-" + each + "\r\n";
        talk.say("250-peer\r\n" + reply + "250 HELP\r\n");
      } else if (line.starts_with("RCPT") && !rcpt_reply_.empty() && line.find("bad") != std::string::npos) {
        talk.say(rcpt_reply_ + "\r\n");
      } else if (line.starts_with("RCPT")) {
        ++accepted;
        talk.say("250 2.1.5 Ok\r\n");
      } else if (line == "DATA" && accepted == 0) {
        talk.say("554 5.5.1 no valid recipients\r\n");
      } else if (line == "DATA") {
        talk.say("354 go\r\n");
        const std::string content = talk.hear_content();
        if (content.empty()) return;
        {
          const std::lock_guard lock(mutex_);
          contents_.push_back(content);
        }
        for (int each = 0; each < (lmtp ? accepted : 1); ++each)
          talk.say(lmtp && each == 1 ? "452 4.2.2 full\r\n" : "250 2.0.0 Ok: queued as X\r\n");
        accepted = 0;
      } else if (line == "QUIT") {
        talk.say("221 bye\r\n");
        return;
      } else {
        talk.say("250 2.1.0 Ok\r\n");
      }
    }
  }

  std::vector<std::string> extensions_;
  std::string rcpt_reply_;
  std::mutex mutex_;
  std::vector<std::string> lines_, contents_;

 public:
  ScriptedPeer peer;
};

/// The server's part of a pipelined transaction up to DATA, whose commands are read but not answered.
inline void until_data(PeerTalk& talk) {
  talk.say("220 x\r\n");
  talk.hear();
  talk.say("250-x\r\n250 PIPELINING\r\n");
  talk.hear();
  talk.hear();
  talk.hear();
}

}  // namespace gateway::testing
