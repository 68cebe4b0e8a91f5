// What is recorded here is judged by others: ffmpeg and ffprobe.
#include "client/recorder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "client/sound_source.h"
#include "client/synthetic_camera.h"
#include "media/codec/opus_encoder.h"
#include "media/codec/vpx_decoder.h"
#include "tests/client/shell.h"

namespace sluice::client {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

class RecorderTest : public testing::Test {
 protected:
  std::string path(const std::string& ending) {
    return (folder_.path() / ("recording" + ending)).string();
  }

  /// Two seconds of what a publisher sends, from a moment of its clock that is not 0.
  void record(Recorder& recorder, media::VideoCodec codec, bool with_sound = true,
              bool with_video = true) {
    auto encoder = media::VpxEncoder::create({.codec = codec, .width = 320, .height = 180});
    auto decoder = media::VpxDecoder::create(codec);
    auto opus = media::OpusEncoder::create(1, 32'000);
    ASSERT_TRUE(encoder && decoder && opus);
    const SyntheticCamera camera{"Ada", 320, 180};
    const auto sound = make_sine(440);
    const microseconds start = 1234s;
    int next_picture = 0;
    for (int packet = 0; packet < 100; ++packet) {
      const microseconds time = packet * 20ms;
      std::array<std::int16_t, media::kOpusPacketSamples> samples{};
      sound->read(samples);
      if (with_sound) {
        ASSERT_TRUE(recorder.sound(start + time, *opus->encode(samples)));
      }
      while (with_video && next_picture * microseconds{33'333} <= time) {
        const microseconds at = next_picture * microseconds{33'333};
        if (next_picture == 30) encoder->request_keyframe();
        const auto frame = encoder->encode(camera.picture(at, 0ms, 0), start + at);
        ASSERT_TRUE(frame);
        ++next_picture;
        if (!*frame) continue;
        const auto picture = decoder->decode((*frame)->payload);
        ASSERT_TRUE(picture && *picture);
        ASSERT_TRUE(recorder.video({.capture_time = start + at,
                                    .keyframe = (*frame)->place.keyframe,
                                    .codec = codec,
                                    .payload = (*frame)->payload,
                                    .picture = &**picture}));
      }
    }
    ASSERT_TRUE(recorder.finish());
  }

  struct Part {
    media::VideoCodec codec{};
    int width = 0;
    int first = 0;  ///< picture, of 30 a second
    int end = 0;
  };

  /// Part of one encoding, from a keyframe.
  static void record_part(Recorder& recorder, const Part& part) {
    const int height = part.width * 9 / 16;
    auto encoder =
        media::VpxEncoder::create({.codec = part.codec, .width = part.width, .height = height});
    auto decoder = media::VpxDecoder::create(part.codec);
    ASSERT_TRUE(encoder && decoder);
    const SyntheticCamera camera{"Ada", part.width, height};
    for (int number = part.first; number < part.end; ++number) {
      const microseconds at = number * microseconds{33'333};
      const auto frame = encoder->encode(camera.picture(at, 0ms, 0), at);
      ASSERT_TRUE(frame && *frame);
      const auto picture = decoder->decode((*frame)->payload);
      ASSERT_TRUE(picture && *picture);
      ASSERT_TRUE(recorder.video({.capture_time = at,
                                  .keyframe = (*frame)->place.keyframe,
                                  .codec = part.codec,
                                  .payload = (*frame)->payload,
                                  .picture = &**picture}));
    }
  }

  tests::TemporaryFolder folder_;
};

TEST_F(RecorderTest, FfmpegDecodesAWebmOfEachCodecWithoutAWord) {
  for (const auto codec : {media::VideoCodec::kVp8, media::VideoCodec::kVp9}) {
    auto recorder = open_recorder(path(".webm"));
    ASSERT_TRUE(recorder) << recorder.error();
    record(**recorder, codec);
    EXPECT_EQ(tests::run("ffmpeg -v error -i " + path(".webm") + " -f null - 2>&1").output, "");
    const auto probe = tests::run(
        "ffprobe -v error -count_packets -show_entries "
        "stream=codec_name,nb_read_packets,width,sample_rate:format=duration -of csv=p=0 " +
        path(".webm") + " 2>&1");
    EXPECT_NE(probe.output.find(codec == media::VideoCodec::kVp8 ? "vp8,320" : "vp9,320"),
              std::string::npos)
        << probe.output;
    EXPECT_NE(probe.output.find("opus,48000,100"), std::string::npos) << probe.output;
    EXPECT_NE(probe.output.find("2.0"), std::string::npos) << probe.output;
  }
}

TEST_F(RecorderTest, AWebmCanBeSearched) {
  auto recorder = open_recorder(path(".webm"));
  ASSERT_TRUE(recorder);
  record(**recorder, media::VideoCodec::kVp8);
  const auto sought = tests::run("ffmpeg -v error -ss 1.5 -i " + path(".webm") +
                                 " -frames:v 1 -f rawvideo - 2>&1 | wc -c");
  EXPECT_EQ(std::stoi(sought.output), 320 * 180 * 3 / 2);
  const auto times = tests::run(
      "ffprobe -v error -select_streams v -show_entries packet=pts_time,flags -of csv=p=0 " +
      path(".webm"));
  EXPECT_TRUE(times.output.starts_with("0.000000,K")) << times.output;
  EXPECT_NE(times.output.find("1.000000,K"), std::string::npos) << times.output;
}

TEST_F(RecorderTest, SoundAloneAndVideoAloneMakeAFileToo) {
  for (const bool sound : {true, false}) {
    auto recorder = open_recorder(path(".webm"));
    ASSERT_TRUE(recorder);
    record(**recorder, media::VideoCodec::kVp8, sound, !sound);
    EXPECT_EQ(tests::run("ffmpeg -v error -i " + path(".webm") + " -f null - 2>&1").output, "");
  }
}

TEST_F(RecorderTest, FfmpegDecodesIvfAndY4m) {
  for (const char* ending : {".ivf", ".y4m"}) {
    auto recorder = open_recorder(path(ending));
    ASSERT_TRUE(recorder);
    record(**recorder, media::VideoCodec::kVp8);
    EXPECT_EQ(tests::run("ffmpeg -v error -i " + path(ending) + " -f null - 2>&1").output, "");
  }
}

// What a receiver gets when the server moves it to the larger encoding: its cached group, captured
// while the smaller one was shown, then both at once until the present.
TEST_F(RecorderTest, AnEncodingThatBeginsInThePastIsRecordedWithTimesThatRise) {
  for (const auto codec : {media::VideoCodec::kVp8, media::VideoCodec::kVp9}) {
    for (const char* ending : {".webm", ".ivf"}) {
      auto recorder = open_recorder(path(ending));
      ASSERT_TRUE(recorder);
      record_part(**recorder, {.codec = codec, .width = 160, .first = 0, .end = 30});
      record_part(**recorder, {.codec = codec, .width = 320, .first = 20, .end = 60});
      record_part(**recorder, {.codec = codec, .width = 160, .first = 45, .end = 90});
      ASSERT_TRUE((*recorder)->finish());

      EXPECT_EQ(tests::run("ffmpeg -v error -i " + path(ending) + " -f null - 2>&1").output, "");
      const auto pictures = tests::run(
          "ffprobe -v error -show_entries frame=pts_time,width -of csv=p=0 " + path(ending));
      std::istringstream lines{pictures.output};
      std::map<int, int> widths;
      double last = -1;
      for (std::string line; std::getline(lines, line);) {
        const double time = std::stod(line);
        EXPECT_GT(time, last + 0.03) << pictures.output;
        last = time;
        ++widths[std::stoi(line.substr(line.find(',') + 1))];
      }
      EXPECT_EQ(widths, (std::map<int, int>{{160, 65}, {320, 25}})) << ending << pictures.output;
    }
  }
}

TEST_F(RecorderTest, WhatIsNotWritableOrUnknownIsRefusedWithASentence) {
  EXPECT_FALSE(open_recorder("recording.mp4"));
  EXPECT_FALSE(open_recorder(path("/no/such/folder.webm")));
}

}  // namespace
}  // namespace sluice::client
