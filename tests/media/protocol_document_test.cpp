// Holds docs/protocol.md against the code that reads and writes binary messages: its `hex` blocks,
// and what the prose beside them says.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "media/chunk_header.h"
#include "media/raw_framing.h"

namespace sluice::media {
namespace {

using Bytes = std::vector<std::byte>;
using std::chrono::milliseconds;

/// The bytes of the fenced blocks that open with "```hex " and `label`, in order.
std::vector<Bytes> hex_blocks(std::string_view label) {
  std::ifstream file{SLUICE_SOURCE_DIR "/docs/protocol.md"};
  EXPECT_TRUE(file.is_open());
  std::vector<Bytes> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```hex " + std::string{label}) {
      inside = true;
      blocks.emplace_back();
    } else if (line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      std::istringstream numbers{line};
      for (std::string number; numbers >> number;) {
        EXPECT_EQ(number.size(), 2U) << line;
        blocks.back().push_back(static_cast<std::byte>(std::stoi(number, nullptr, 16)));
      }
    }
  }
  return blocks;
}

/// Labels of all hex blocks of the page, to notice one that no test reads.
std::vector<std::string> hex_labels() {
  std::ifstream file{SLUICE_SOURCE_DIR "/docs/protocol.md"};
  std::vector<std::string> labels;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```hex"))
      labels.push_back(line.substr(std::string_view{"```hex"}.size()));
  }
  return labels;
}

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

class ProtocolChunks : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(messages_.size(), 4U) << "one test for each example"; }

  [[nodiscard]] Chunk parsed(std::size_t index) const {
    const auto chunk = parse_chunk(messages_.at(index));
    EXPECT_TRUE(chunk.has_value()) << describe(chunk.error());
    return chunk.value_or(Chunk{});
  }

  std::vector<Bytes> messages_ = hex_blocks("chunk");
};

TEST(ProtocolDocument, EveryHexBlockIsOfAKindThatATestReads) {
  const std::vector<std::string> labels = hex_labels();
  EXPECT_EQ(labels.size(), 6U);
  for (const std::string& label : labels) {
    EXPECT_TRUE(label == " magic" || label == " raw-control" || label == " chunk") << label;
  }
}

TEST(ProtocolDocument, TheMagicOfThePageOpensARawConnection) {
  const auto blocks = hex_blocks("magic");
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_TRUE(std::ranges::equal(blocks[0], kRawMagic));
  EXPECT_EQ(read_raw_magic(blocks[0]), kRawMagic.size());
}

TEST(ProtocolDocument, TheRawControlMessageOfThePageIsThePingItSays) {
  const auto blocks = hex_blocks("raw-control");
  ASSERT_EQ(blocks.size(), 1U);
  const auto read = read_raw_message(blocks[0], RawLimits{});
  ASSERT_TRUE(read.has_value());
  ASSERT_TRUE(read->whole());
  EXPECT_EQ(read->consumed, blocks[0].size());
  EXPECT_EQ(read->kind, RawKind::kControl);
  const std::string_view body{reinterpret_cast<const char*>(read->body.data()), read->body.size()};
  EXPECT_EQ(body, R"({"type":"ping"})");

  Bytes written(kRawPrefixBytes);
  write_raw_prefix(RawKind::kControl, body.size(), std::span{written}.first<kRawPrefixBytes>());
  written.insert(written.end(), read->body.begin(), read->body.end());
  EXPECT_EQ(written, blocks[0]);
}

TEST_F(ProtocolChunks, AreWrittenAgainByteForByte) {
  for (std::size_t index = 0; index < messages_.size(); ++index) {
    const Chunk chunk = parsed(index);
    Bytes written(chunk_header_size(chunk.header));
    ASSERT_EQ(write_chunk_header(chunk.header, written), written.size());
    written.insert(written.end(), chunk.payload.begin(), chunk.payload.end());
    EXPECT_EQ(written, messages_[index]) << "chunk " << index;
  }
}

TEST_F(ProtocolChunks, TheFirstIsTheOpusFrameThatTheProseDescribes) {
  const Chunk chunk = parsed(0);
  const FrameDescription expected{.track = TrackHandle{7},
                                  .number = 1,
                                  .length = 3,
                                  .audio_level = 30,
                                  .capture_time = milliseconds{20}};
  EXPECT_EQ(chunk.header.description, expected);
  EXPECT_TRUE(chunk.header.last);
  EXPECT_TRUE(std::ranges::equal(chunk.payload, bytes_of({0xF8, 0xFF, 0xFE})));
}

TEST_F(ProtocolChunks, TheSecondAndThirdAreTheVp8FrameThatTheProseDescribes) {
  const Chunk first = parsed(1);
  const FrameDescription expected{.track = TrackHandle{4},
                                  .temporal_layer = 2,
                                  .number = 1,
                                  .group = 1,
                                  .length = 5,
                                  .discardable = true,
                                  // The second frame of 30 a second.
                                  .capture_time = std::chrono::microseconds{33333},
                                  .dependency_count = 1,
                                  .dependency_deltas = {1}};
  EXPECT_EQ(first.header.description, expected);
  EXPECT_FALSE(first.header.last);
  EXPECT_TRUE(std::ranges::equal(first.payload, bytes_of({0xAA, 0xBB, 0xCC})));

  const Chunk second = parsed(2);
  EXPECT_EQ(second.header, (ChunkHeader{.track = TrackHandle{4},
                                        .temporal_layer = 2,
                                        .frame = 1,
                                        .offset = 3,
                                        .last = true,
                                        .discardable = true}));
  EXPECT_TRUE(std::ranges::equal(second.payload, bytes_of({0xDD, 0xEE})));
}

TEST_F(ProtocolChunks, TheFourthGivesAFrameUpAfterTheBytesThatTheProseSays) {
  const Chunk chunk = parsed(3);
  EXPECT_EQ(chunk.header,
            (ChunkHeader{.track = TrackHandle{4}, .frame = 9, .offset = 1200, .abandon = true}));
  EXPECT_TRUE(chunk.payload.empty());
}

}  // namespace
}  // namespace sluice::media
