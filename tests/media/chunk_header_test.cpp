#include "media/chunk_header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string_view>
#include <vector>

namespace sluice::media {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint8_t kFirst = 0x01;
constexpr std::uint8_t kLast = 0x02;
constexpr std::uint8_t kAbandon = 0x04;
constexpr std::uint8_t kKeyframe = 0x08;

Bytes message_of(const ChunkHeader& header, std::size_t payload_bytes) {
  Bytes message(chunk_header_size(header) + payload_bytes, std::byte{0xAB});
  EXPECT_EQ(write_chunk_header(header, message), chunk_header_size(header));
  return message;
}

/// The first chunk of a delta frame of 100 bytes that needs the two frames before it.
ChunkHeader first_of_delta() {
  ChunkHeader header{.track = TrackHandle{0x1234},
                     .encoding = EncodingId{2},
                     .temporal_layer = 1,
                     .frame = 0xFFFF'FFFE,
                     .discardable = true};
  header.description = FrameDescription{.track = header.track,
                                        .encoding = header.encoding,
                                        .temporal_layer = header.temporal_layer,
                                        .number = header.frame,
                                        .group = 7,
                                        .length = 100,
                                        .discardable = true,
                                        .capture_time = std::chrono::microseconds{-5},
                                        .dependency_count = 2,
                                        .dependency_deltas = {1, 2}};
  return header;
}

ChunkHeader continuation() {
  return {.track = TrackHandle{9}, .frame = 3, .offset = 1200, .last = true};
}

/// `message` with one byte replaced.
Bytes with(Bytes message, std::size_t at, std::uint8_t value) {
  message.at(at) = std::byte{value};
  return message;
}

std::optional<ChunkError> error_of(const Bytes& message) {
  const auto chunk = parse_chunk(message);
  return chunk ? std::nullopt : std::optional{chunk.error()};
}

void expect_round_trip(const ChunkHeader& header, std::size_t payload_bytes) {
  const Bytes message = message_of(header, payload_bytes);
  const auto chunk = parse_chunk(message);
  ASSERT_TRUE(chunk.has_value()) << describe(chunk.error());
  EXPECT_EQ(chunk->header, header);
  EXPECT_EQ(chunk->payload.size(), payload_bytes);
  EXPECT_EQ(chunk->payload.data() + payload_bytes, message.data() + message.size());
}

TEST(ChunkHeader, HasTheSizesOfTheProtocol) {
  EXPECT_EQ(chunk_header_size(continuation()), 12U);
  EXPECT_EQ(chunk_header_size(first_of_delta()), 12U + 18 + 2 * 2);
  EXPECT_EQ(kChunkHeaderBytesMax, 12U + 18 + 8 * 2);
}

TEST(ChunkHeader, ReadsBackWhatItWrote) {
  expect_round_trip(first_of_delta(), 60);
  expect_round_trip(continuation(), 1);
  expect_round_trip({.track = TrackHandle{4}, .frame = 9, .offset = 1200, .abandon = true}, 0);
}

TEST(ChunkHeader, ReadsBackTheLeastAndTheGreatestOfEveryField) {
  constexpr auto kMicroseconds = std::numeric_limits<std::int64_t>::max();
  for (const bool greatest : {false, true}) {
    ChunkHeader header{.track = TrackHandle{static_cast<std::uint16_t>(greatest ? 0xFFFF : 0)},
                       .encoding = EncodingId{static_cast<std::uint8_t>(greatest ? 15 : 0)},
                       .temporal_layer = static_cast<std::uint8_t>(greatest ? 15 : 0),
                       .frame = greatest ? 0xFFFF'FFFF : 0,
                       .last = !greatest};
    header.description = FrameDescription{
        .track = header.track,
        .encoding = header.encoding,
        .temporal_layer = header.temporal_layer,
        .number = header.frame,
        .group = greatest ? 0xFFFF'FFFF : 0,
        .length = greatest ? 0xFFFF'FFFF : 1,
        .audio_level = static_cast<std::uint8_t>(greatest ? 127 : 0),
        .capture_time = std::chrono::microseconds{greatest ? kMicroseconds : -kMicroseconds - 1},
        .dependency_count = static_cast<std::uint8_t>(greatest ? kDependenciesMax : 0),
    };
    for (std::size_t i = 0; i < header.description->dependency_count; ++i) {
      header.description->dependency_deltas[i] = 0xFFFF;
    }
    expect_round_trip(header, 1);
  }
}

TEST(ChunkHeader, ReadsBackRandomHeaders) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    ChunkHeader header{.track = TrackHandle{static_cast<std::uint16_t>(random())},
                       .encoding = EncodingId{static_cast<std::uint8_t>(random() % 16)},
                       .temporal_layer = static_cast<std::uint8_t>(random() % 16),
                       .frame = static_cast<FrameNumber>(random()),
                       .keyframe = random() % 2 == 0,
                       .discardable = random() % 2 == 0};
    const std::size_t payload_bytes = 1 + random() % 2000;
    if (random() % 2 == 0) {
      header.offset = static_cast<std::uint32_t>(random());
      header.last = random() % 2 == 0;
      expect_round_trip(header, payload_bytes);
      continue;
    }
    const auto more = static_cast<std::uint32_t>(random() % 2 == 0 ? 0 : 1 + random() % 5000);
    header.last = more == 0;
    FrameDescription description{
        .track = header.track,
        .encoding = header.encoding,
        .temporal_layer = header.temporal_layer,
        .number = header.frame,
        .group = static_cast<std::uint32_t>(random()),
        .length = static_cast<std::uint32_t>(payload_bytes) + more,
        .keyframe = header.keyframe,
        .discardable = header.discardable,
        .audio_level = static_cast<std::uint8_t>(random() % 4 == 0 ? 255 : random() % 128),
        .capture_time = std::chrono::microseconds{static_cast<std::int64_t>(random())},
        .dependency_count =
            static_cast<std::uint8_t>(header.keyframe ? 0 : random() % (kDependenciesMax + 1)),
    };
    for (std::size_t i = 0; i < description.dependency_count; ++i) {
      description.dependency_deltas[i] = static_cast<std::uint16_t>(1 + random() % 65535);
    }
    header.description = description;
    expect_round_trip(header, payload_bytes);
  }
}

TEST(ChunkHeader, EachFlagIsTheBitOfTheProtocol) {
  const auto flags = [](const ChunkHeader& header) { return message_of(header, 1)[0]; };
  EXPECT_EQ(flags({}), std::byte{0x00});
  EXPECT_EQ(flags({.description = FrameDescription{}}), std::byte{0x01});
  EXPECT_EQ(flags({.last = true}), std::byte{0x02});
  EXPECT_EQ(flags({.abandon = true}), std::byte{0x04});
  EXPECT_EQ(flags({.keyframe = true}), std::byte{0x08});
  EXPECT_EQ(flags({.discardable = true}), std::byte{0x10});
}

TEST(ChunkHeader, RefusesEachReservedFlag) {
  const Bytes message = message_of(continuation(), 10);
  for (const int bit : {0x20, 0x40, 0x80}) {
    EXPECT_EQ(error_of(with(message, 0, static_cast<std::uint8_t>(kLast | bit))),
              ChunkError::kReservedFlags);
  }
}

TEST(ChunkHeader, AFirstChunkIsTooShortWhereverItsHeaderIsCut) {
  const Bytes message = message_of(first_of_delta(), 60);
  const std::size_t header_bytes = chunk_header_size(first_of_delta());
  for (std::size_t cut = 0; cut < message.size(); ++cut) {
    const auto error = error_of(Bytes(message.begin(), message.begin() + std::ptrdiff_t(cut)));
    if (cut < header_bytes) {
      EXPECT_EQ(error, ChunkError::kTooShort) << cut;
    } else if (cut == header_bytes) {
      EXPECT_EQ(error, ChunkError::kEmpty);
    } else {
      EXPECT_EQ(error, std::nullopt) << cut;  // a smaller piece of the frame is as good
    }
  }
}

TEST(ChunkHeader, ALaterChunkIsTooShortWhereverItsHeaderIsCut) {
  const Bytes message = message_of(continuation(), 10);
  for (std::size_t cut = 0; cut < kChunkHeaderBytes; ++cut) {
    EXPECT_EQ(error_of(Bytes(message.begin(), message.begin() + std::ptrdiff_t(cut))),
              ChunkError::kTooShort)
        << cut;
  }
  EXPECT_EQ(error_of(Bytes(message.begin(), message.begin() + kChunkHeaderBytes)),
            ChunkError::kEmpty);
}

TEST(ChunkHeader, AnAbandonMarkStandsAlone) {
  const ChunkHeader mark{.track = TrackHandle{4}, .frame = 9, .offset = 1200, .abandon = true};
  EXPECT_EQ(error_of(message_of(mark, 0)), std::nullopt);
  EXPECT_EQ(error_of(message_of(mark, 1)), ChunkError::kBadAbandon);
  EXPECT_EQ(error_of(with(message_of(mark, 0), 0, kAbandon | kLast)), ChunkError::kBadAbandon);
  EXPECT_EQ(error_of(with(message_of(first_of_delta(), 60), 0, kFirst | kAbandon)),
            ChunkError::kBadAbandon);
}

TEST(ChunkHeader, AnAbandonMarkMayNameAKeyframe) {
  const ChunkHeader mark{.frame = 9, .abandon = true, .keyframe = true, .discardable = true};
  expect_round_trip(mark, 0);
}

TEST(ChunkHeader, AFirstChunkBeginsAtOffsetZero) {
  const Bytes message = message_of(first_of_delta(), 60);
  for (std::size_t at = 8; at < 12; ++at) {
    EXPECT_EQ(error_of(with(message, at, 1)), ChunkError::kBadOffset);
  }
}

TEST(ChunkHeader, AFirstChunkHasNoPayloadBehindItsFrame) {
  ChunkHeader header = first_of_delta();
  header.last = true;
  EXPECT_EQ(error_of(message_of(header, 100)), std::nullopt);
  EXPECT_EQ(error_of(message_of(header, 101)), ChunkError::kBadOffset);
}

TEST(ChunkHeader, LastAndTheLengthOfTheFrameMustAgree) {
  ChunkHeader header = first_of_delta();
  EXPECT_EQ(error_of(message_of(header, 99)), std::nullopt);
  EXPECT_EQ(error_of(message_of(header, 100)), ChunkError::kBadLength);
  header.last = true;
  EXPECT_EQ(error_of(message_of(header, 99)), ChunkError::kBadLength);
}

TEST(ChunkHeader, AFrameHasAtLeastOneByte) {
  ChunkHeader header = first_of_delta();
  header.description->length = 0;
  EXPECT_EQ(error_of(message_of(header, 0)), ChunkError::kBadLength);
  EXPECT_EQ(error_of(message_of(header, 1)), ChunkError::kBadLength);
}

TEST(ChunkHeader, RefusesWrongDependencies) {
  const Bytes message = message_of(first_of_delta(), 60);
  for (const int count : {9, 128, 255}) {
    EXPECT_EQ(error_of(with(message, 29, static_cast<std::uint8_t>(count))),
              ChunkError::kBadDependencies)
        << count;
  }
  EXPECT_EQ(error_of(with(message, 31, 0)), ChunkError::kBadDependencies) << "the first is 0";
  EXPECT_EQ(error_of(with(message, 33, 0)), ChunkError::kBadDependencies) << "the second is 0";
  EXPECT_EQ(error_of(with(message, 0, kFirst | kKeyframe)), ChunkError::kBadDependencies);
}

TEST(ChunkHeader, AcceptsExactlyTheAudioLevelsOfRfc6464AndUnknown) {
  const Bytes message = message_of(first_of_delta(), 60);
  for (int level = 0; level <= 255; ++level) {
    const auto error = error_of(with(message, 28, static_cast<std::uint8_t>(level)));
    if (level <= 127 || level == kAudioLevelUnknown) {
      EXPECT_EQ(error, std::nullopt) << level;
    } else {
      EXPECT_EQ(error, ChunkError::kBadAudioLevel) << level;
    }
  }
}

TEST(ChunkHeader, AChunkThatGivesNothingUpCarriesPayload) {
  EXPECT_EQ(error_of(message_of(continuation(), 0)), ChunkError::kEmpty);
  EXPECT_EQ(error_of(message_of(first_of_delta(), 0)), ChunkError::kEmpty);
}

TEST(ChunkHeader, SaysWhatIsWrongInDifferentWordsForEachError) {
  std::vector<std::string_view> seen;
  for (int error = 0; error <= static_cast<int>(ChunkError::kEmpty); ++error) {
    const std::string_view words = describe(static_cast<ChunkError>(error));
    EXPECT_EQ(std::ranges::count(seen, words), 0) << words;
    EXPECT_NE(words, "unknown");
    seen.push_back(words);
  }
}

}  // namespace
}  // namespace sluice::media
