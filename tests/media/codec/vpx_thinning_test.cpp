// What the whole server counts on: whatever is left out by the rules of docs/protocol.md
// section 5.1, the frames that remain decode bit for bit to the same pictures.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "media/codec/vpx_decoder.h"
#include "media/codec/vpx_encoder.h"
#include "tests/media/codec/moving_picture.h"

namespace sluice::media {
namespace {

using std::chrono::microseconds;
using Pictures = std::map<FrameNumber, I420Image>;

constexpr int kWidth = 192;
constexpr int kHeight = 112;
constexpr int kFrames = 64;

struct Parameter {
  VideoCodec codec;
  int layers;
};

class VpxThinning : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    auto encoder = VpxEncoder::create({.codec = GetParam().codec,
                                       .width = kWidth,
                                       .height = kHeight,
                                       .bitrate_bps = 400'000,
                                       .temporal_layers = GetParam().layers});
    ASSERT_TRUE(encoder) << encoder.error().message;
    for (int i = 0; i < kFrames; ++i) {
      if (i == kFrames / 2) encoder->request_keyframe();
      if (i == kFrames / 4) {
        ASSERT_TRUE(encoder->set_bitrate(250'000));
      }
      auto frame = encoder->encode(moving_picture(kWidth, kHeight, i), microseconds{33'333} * i);
      ASSERT_TRUE(frame) << frame.error().message;
      if (*frame) frames_.push_back(*std::move(*frame));
    }
    ASSERT_GT(frames_.size(), kFrames * 3U / 4);
    whole_ = decode([](const EncodedVideoFrame&) { return true; });
    ASSERT_EQ(whole_.size(), frames_.size());
  }

  /// Decodes what `wanted` selects, less what lacks its dependency.
  Pictures decode(const std::function<bool(const EncodedVideoFrame&)>& wanted) {
    Pictures pictures;
    auto decoder = VpxDecoder::create(GetParam().codec);
    EXPECT_TRUE(decoder);
    for (const EncodedVideoFrame& frame : frames_) {
      const bool decodable =
          frame.place.keyframe || pictures.contains(frame.number - frame.place.dependency_delta);
      if (!decodable || !wanted(frame)) continue;
      auto picture = decoder->decode(frame.payload);
      EXPECT_TRUE(picture) << picture.error().message;
      EXPECT_TRUE(*picture) << "frame " << frame.number << " shows nothing";
      if (picture && *picture) pictures.emplace(frame.number, **std::move(picture));
    }
    return pictures;
  }

  void expect_same_pictures(const Pictures& thinned, const std::string& what) {
    for (const auto& [number, picture] : thinned) {
      ASSERT_TRUE(picture == whole_.at(number)) << what << ": frame " << number << " differs";
    }
  }

  std::vector<EncodedVideoFrame> frames_;
  Pictures whole_;
};

TEST_P(VpxThinning, DroppingTheHighestLayersChangesNoOtherPicture) {
  for (int highest = 0; highest < GetParam().layers; ++highest) {
    const Pictures thinned =
        decode([&](const auto& frame) { return frame.place.temporal_layer <= highest; });
    std::size_t expected = 0;
    for (const auto& frame : frames_) expected += frame.place.temporal_layer <= highest ? 1 : 0;
    EXPECT_EQ(thinned.size(), expected);
    expect_same_pictures(thinned, "up to layer " + std::to_string(highest));
  }
}

TEST_P(VpxThinning, LosingAnySingleFrameSpoilsOnlyWhatDependsOnIt) {
  for (const auto& lost : frames_) {
    expect_same_pictures(decode([&](const auto& frame) { return frame.number != lost.number; }),
                         "without frame " + std::to_string(lost.number));
  }
}

TEST_P(VpxThinning, AnyRandomLegalSelectionDecodesToTheSamePictures) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random{seed};
    // Layer 0 mostly stays, or the pictures would end soon after a keyframe.
    const std::array<double, 3> keep{seed % 3 == 0 ? 0.97 : 1.0, (seed % 5) * 0.25,
                                     (seed % 7) * 0.16};
    expect_same_pictures(
        decode([&](const auto& frame) {
          return std::bernoulli_distribution{keep[frame.place.temporal_layer]}(random);
        }),
        "seed " + std::to_string(seed));
  }
}

TEST_P(VpxThinning, JoiningAtTheSecondKeyframeShowsTheSamePictures) {
  const auto second =
      std::ranges::find_if(frames_, [](const auto& frame) { return frame.group == 1; });
  ASSERT_NE(second, frames_.end());
  ASSERT_TRUE(second->place.keyframe);
  const Pictures joined = decode([&](const auto& frame) { return frame.number >= second->number; });
  EXPECT_EQ(joined.size(), frames_.size() - second->number);
  expect_same_pictures(joined, "from the second keyframe");
}

TEST_P(VpxThinning, DiscardableMeansThatNothingDependsOnIt) {
  std::set<FrameNumber> needed;
  for (const auto& frame : frames_) {
    if (!frame.place.keyframe) needed.insert(frame.number - frame.place.dependency_delta);
  }
  for (const auto& frame : frames_) {
    if (frame.place.discardable) {
      EXPECT_FALSE(needed.contains(frame.number)) << frame.number;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    , VpxThinning,
    testing::Values(Parameter{VideoCodec::kVp8, 1}, Parameter{VideoCodec::kVp8, 2},
                    Parameter{VideoCodec::kVp8, 3}, Parameter{VideoCodec::kVp9, 1},
                    Parameter{VideoCodec::kVp9, 2}, Parameter{VideoCodec::kVp9, 3}),
    [](const auto& instance) {
      return std::string{instance.param.codec == VideoCodec::kVp8 ? "Vp8L" : "Vp9L"} +
             std::to_string(instance.param.layers);
    });

}  // namespace
}  // namespace sluice::media
