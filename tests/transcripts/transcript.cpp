#include "tests/transcripts/transcript.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace gateway::testing {

namespace {

std::string unescape(const std::string& text) {
  std::string octets;
  bool line_end = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      octets += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        octets += '\r';
        break;
      case 'n':
        octets += '\n';
        break;
      case 't':
        octets += '\t';
        break;
      case '0':
        octets += '\0';
        break;
      case 'c':
        line_end = false;
        break;
      case 'x':
        octets += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
        break;
      default:
        octets += text[i];
    }
  }
  return line_end ? octets + "\r\n" : octets;
}

std::string without_changing_parts(std::string text) {
  static const std::regex queue_id("\\b0?6[0-9A-F]{12}\\b|\\b[0-9A-F]{13}\\b");
  static const std::regex date("[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [-+][0-9]{4} \\([^)]*\\)");
  static const std::regex reference("(ref=|reference )[0-9A-HJKMNP-TV-Z]{8}\\b");
  text = std::regex_replace(text, reference, "$1REFERENCE");
  static const std::regex stamp("<[0-9]{14}\\.ID@");
  text = std::regex_replace(text, queue_id, "ID");
  text = std::regex_replace(text, date, "DATE");
  return std::regex_replace(text, stamp, "<TIME.ID@");
}

/// The first of `lines` from `next` on that is `wanted`; else, for the reader, the first one left.
std::string find_in_order(const std::vector<std::string>& lines, std::size_t& next, const std::string& wanted) {
  for (std::size_t i = next; i < lines.size(); ++i)
    if (without_changing_parts(lines[i]) == wanted) {
      next = i + 1;
      return wanted;
    }
  return next < lines.size() ? without_changing_parts(lines[next++]) : "<nothing more>";
}

std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < content.size();) {
    const auto end = content.find("\r\n", begin);
    lines.push_back(content.substr(begin, end - begin));
    begin = end == std::string::npos ? content.size() : end + 2;
  }
  return lines;
}

}  // namespace

Transcript read_transcript(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  Transcript transcript;
  static const std::regex wish("# ([a-z_]+): (.*)");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, wish)) transcript.wishes.values[match[1]] = match[2];
    const bool spoken = line.size() >= 2 && line[1] == ':' && std::string("CSLM").find(line[0]) != std::string::npos;
    if (spoken) {
      transcript.steps.push_back({line[0], line.size() > 3 ? line.substr(3) : ""});
    } else {
      transcript.steps.push_back({'#', line});
    }
  }
  return transcript;
}

void write_transcript(const std::string& path, const Transcript& transcript) {
  std::ofstream file(path);
  for (const auto& [who, text] : transcript.steps) {
    if (who == '#') {
      file << text << '\n';
    } else {
      file << who << ':' << (text.empty() ? "" : " ") << text << '\n';
    }
  }
}

Transcript play(const Transcript& transcript) {
  SmtpWorld world(transcript.wishes);
  Transcript played = transcript;
  std::size_t next_log = 0, next_line = 0;
  auto client = std::make_unique<TestClient>(world.port());
  std::vector<std::string> content;
  for (std::size_t i = 0; i < played.steps.size(); ++i) {
    auto& [who, text] = played.steps[i];
    if (who == 'C') {
      std::string octets = unescape(text);
      while (i + 1 < played.steps.size() && played.steps[i + 1].who == 'C') octets += unescape(played.steps[++i].text);
      client->send(octets);
    } else if (who == 'S') {
      const auto line = client->read_line();
      text = line ? without_changing_parts(*line) : "<closed>";
    } else if (who == 'L') {
      if (client) {
        client.reset();
        world.log().wait_for("disconnect from ");
      }
      text = find_in_order(world.log().lines(), next_log, text);
    } else if (who == 'M') {
      if (content.empty()) {
        const auto messages = world.messages();
        content = lines_of(messages.empty() ? "<no message>" : messages.front().content);
      }
      text = find_in_order(content, next_line, text);
    }
  }
  return played;
}

}  // namespace gateway::testing
