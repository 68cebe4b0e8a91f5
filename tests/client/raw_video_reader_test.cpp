#include "client/raw_video_reader.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::client {
namespace {

std::string picture_bytes(char value) { return std::string(4 * 2 + 2 * 2 * 1, value); }

TEST(Y4mHeader, ReadsWhatFfmpegWrites) {
  const auto header =
      parse_y4m_header("YUV4MPEG2 W640 H360 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2");
  ASSERT_TRUE(header) << header.error();
  EXPECT_EQ(header->width, 640);
  EXPECT_EQ(header->height, 360);
  EXPECT_NEAR(header->frames_per_second(), 29.97, 0.01);
}

TEST(Y4mHeader, RefusesWhatIsNotEightBit420InFrames) {
  for (const char* bad : {"", "YUV4MPEG2", "YUV4MPEG W4 H2", "YUV4MPEG2 W4", "YUV4MPEG2 W0 H2",
                          "YUV4MPEG2 W4 H99999", "YUV4MPEG2 W4 H2 C444", "YUV4MPEG2 W4 H2 C420p10",
                          "YUV4MPEG2 W4 H2 It", "YUV4MPEG2 W4 H2 F30", "YUV4MPEG2 W4 H2 F0:1",
                          "YUV4MPEG2 W4 H2 F1:100", "YUV4MPEG2 W4x H2"}) {
    EXPECT_FALSE(parse_y4m_header(bad)) << bad;
  }
}

TEST(RawVideoReader, ReadsThePicturesOfAY4mStream) {
  std::istringstream input{"YUV4MPEG2 W4 H2 F25:1\nFRAME\n" + picture_bytes('a') + "FRAME Ip\n" +
                           picture_bytes('b')};
  auto reader = RawVideoReader::open_y4m(input);
  ASSERT_TRUE(reader);
  for (const char value : {'a', 'b'}) {
    const auto picture = reader->next();
    ASSERT_TRUE(picture && *picture);
    EXPECT_EQ((*picture)->bytes().size(), 12U);
    EXPECT_EQ((*picture)->bytes().back(), static_cast<std::uint8_t>(value));
  }
  const auto end = reader->next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(RawVideoReader, ReadsBarePictures) {
  std::istringstream input{picture_bytes('a') + picture_bytes('b') + "cut"};
  RawVideoReader reader{input, {.width = 4, .height = 2}};
  EXPECT_TRUE(*reader.next());
  EXPECT_TRUE(*reader.next());
  EXPECT_FALSE(*reader.next());
}

TEST(RawVideoReader, AStreamCutAnywhereEndsOrIsRefused) {
  const std::string whole = "YUV4MPEG2 W4 H2 F25:1\nFRAME\n" + picture_bytes('a');
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::istringstream input{whole.substr(0, length)};
    auto reader = RawVideoReader::open_y4m(input);
    if (!reader) continue;
    const auto picture = reader->next();
    EXPECT_FALSE(picture && *picture) << length;
  }
}

TEST(RawVideoReader, RefusesAFrameThatIsNone) {
  std::istringstream input{"YUV4MPEG2 W4 H2\nFRAMX\n" + picture_bytes('a')};
  auto reader = RawVideoReader::open_y4m(input);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->next());
}

}  // namespace
}  // namespace sluice::client
