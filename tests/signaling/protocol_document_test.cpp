// Holds docs/protocol.md against the code: every example and every error code of the page.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "signaling/client_message.h"
#include "signaling/server_message.h"

namespace sluice::signaling {
namespace {

using nlohmann::json;

constexpr std::size_t kBytesMax = 65536;

std::vector<std::string> lines_of_document() {
  std::ifstream file{SLUICE_SOURCE_DIR "/docs/protocol.md"};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The contents of the fenced blocks that open with "```" and `label`.
std::vector<std::string> examples(const std::string& label) {
  std::vector<std::string> found;
  bool inside = false;
  for (const std::string& line : lines_of_document()) {
    if (line == "```" + label) {
      inside = true;
      found.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      found.back() += line;
    }
  }
  return found;
}

/// Everything that `part` says is said by `whole` with the same values.
bool includes(const json& whole, const json& part) {
  if (part.is_object()) {
    for (const auto& [name, value] : part.items()) {
      if (!whole.contains(name) || !includes(whole.at(name), value)) return false;
    }
    return whole.is_object();
  }
  if (part.is_array()) {
    if (!whole.is_array() || whole.size() != part.size()) return false;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!includes(whole[i], part[i])) return false;
    }
    return true;
  }
  return whole == part;
}

auto parse_client(std::string_view text) { return parse_client_message(text, Limits{}); }
auto parse_server(std::string_view text) { return parse_server_message(text, kBytesMax); }

template <typename Parse>
void expect_round_trip(const std::string& example, Parse parse) {
  const auto message = parse(example);
  ASSERT_TRUE(message) << example << "\n" << message.error().message;
  const std::string written = serialise(*message);
  EXPECT_TRUE(includes(json::parse(written), json::parse(example))) << written << "\n" << example;
  const auto again = parse(written);
  ASSERT_TRUE(again) << written;
  EXPECT_EQ(*again, *message);
}

template <typename Parse>
void expect_error_when_cut(const std::string& example, Parse parse) {
  for (std::size_t length = 0; length < example.size(); ++length) {
    const auto message = parse(std::string_view{example}.substr(0, length));
    ASSERT_FALSE(message) << example.substr(0, length);
    EXPECT_EQ(message.error().code, ErrorCode::kBadMessage);
    EXPECT_TRUE(message.error().fatal);
  }
}

TEST(ProtocolDocument, HasExamplesOfEveryMessageInBothDirections) {
  std::set<std::size_t> client_bodies;
  std::set<std::size_t> server_bodies;
  for (const std::string& example : examples("json client")) {
    if (const auto message = parse_client(example)) client_bodies.insert(message->body.index());
  }
  for (const std::string& example : examples("json server")) {
    if (const auto message = parse_server(example)) server_bodies.insert(message->body.index());
  }
  EXPECT_EQ(client_bodies.size(), std::variant_size_v<ClientBody>);
  EXPECT_EQ(server_bodies.size(), std::variant_size_v<ServerBody>);
}

TEST(ProtocolDocument, ClientExamplesAreReadAndWrittenBack) {
  for (const std::string& example : examples("json client")) {
    expect_round_trip(example, parse_client);
  }
}

TEST(ProtocolDocument, ServerExamplesAreReadAndWrittenBack) {
  for (const std::string& example : examples("json server")) {
    expect_round_trip(example, parse_server);
  }
}

TEST(ProtocolDocument, ExamplesCutAtAnyByteAreErrors) {
  for (const std::string& example : examples("json client")) {
    expect_error_when_cut(example, parse_client);
  }
  for (const std::string& example : examples("json server")) {
    expect_error_when_cut(example, parse_server);
  }
}

TEST(ProtocolDocument, ExamplesWithAnyByteBrokenNeverThrow) {
  for (std::string example : examples("json client")) {
    for (char& byte : example) {
      for (const char broken : {'\0', '"', '{', '0', '\\', '\x80', '\xFF'}) {
        const char whole = std::exchange(byte, broken);
        EXPECT_NO_THROW(std::ignore = parse_client(example));
        EXPECT_NO_THROW(std::ignore = parse_server(example));
        byte = whole;
      }
    }
  }
}

/// Code to what its row says under "fatal".
std::map<std::string, std::string> error_table() {
  std::map<std::string, std::string> table;
  bool inside = false;
  for (const std::string& line : lines_of_document()) {
    if (line.starts_with("| code | fatal |")) {
      inside = true;
    } else if (inside && line.starts_with("| `")) {
      const auto code_end = line.find('`', 3);
      const auto fatal_begin = line.find("| ", code_end) + 2;
      table[line.substr(3, code_end - 3)] =
          line.substr(fatal_begin, line.find(' ', fatal_begin) - fatal_begin);
    } else if (inside && !line.starts_with("|")) {
      break;
    }
  }
  return table;
}

TEST(ProtocolDocument, ErrorTableAndErrorCodesAreTheSame) {
  const auto table = error_table();
  EXPECT_EQ(table.size(), kErrorCodes.size());
  for (const auto& [word, fatal] : table) {
    const auto code = error_code_from_string(word);
    ASSERT_TRUE(code) << word;
    EXPECT_EQ(is_fatal(*code) ? "yes" : "no", fatal) << word;
  }
  for (const ErrorCode code : kErrorCodes) {
    EXPECT_TRUE(table.contains(std::string{to_string(code)})) << to_string(code);
  }
}

TEST(ProtocolDocument, NamesEveryGoodbyeReason) {
  std::stringstream page;
  page << std::ifstream{SLUICE_SOURCE_DIR "/docs/protocol.md"}.rdbuf();
  for (const GoodbyeReason reason : kGoodbyeReasons) {
    EXPECT_NE(page.str().find("`" + std::string{to_string(reason)} + "`"), std::string::npos);
  }
}

TEST(ProtocolDocument, LimitsHaveTheDefaultsOfThePage) {
  for (const std::string& example : examples("json server")) {
    const auto message = parse_server(example);
    if (!message) continue;
    if (const auto* hello = std::get_if<ServerHello>(&message->body)) {
      EXPECT_EQ(hello->limits, Limits{});
      EXPECT_EQ(hello->ping_interval, ServerHello{}.ping_interval);
      EXPECT_EQ(hello->timeout, ServerHello{}.timeout);
      EXPECT_EQ(hello->report_interval, ServerHello{}.report_interval);
    }
  }
}

}  // namespace
}  // namespace sluice::signaling
