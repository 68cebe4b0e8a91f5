// What is recorded here is judged by others: ffmpeg and ffprobe.
#include "client/recorder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
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

TEST_F(RecorderTest, WhatIsNotWritableOrUnknownIsRefusedWithASentence) {
  EXPECT_FALSE(open_recorder("recording.mp4"));
  EXPECT_FALSE(open_recorder(path("/no/such/folder.webm")));
}

}  // namespace
}  // namespace sluice::client
