#include "sfu/subscription_settings.h"

#include <gtest/gtest.h>

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using signaling::TrackKind;
using signaling::TrackSource;

constexpr LatencyBudgets kBudgets{.audio = 150ms, .camera = 350ms, .screen = 950ms};

signaling::TrackDescription track(TrackKind kind, TrackSource source) {
  signaling::TrackDescription description;
  description.kind = kind;
  description.source = source;
  description.video.width = 1280;
  description.video.height = 720;
  return description;
}

signaling::TrackDescription simulcast() {
  signaling::TrackDescription description = track(TrackKind::kVideo, TrackSource::kCamera);
  description.video.encodings = {{.encoding = 0, .width = 320, .height = 180},
                                 {.encoding = 1, .width = 640, .height = 360},
                                 {.encoding = 2, .width = 1280, .height = 720}};
  return description;
}

TEST(EgressSettings, FillInTheBudgetOfTheSource) {
  const auto budget = [](TrackKind kind, TrackSource source) {
    return egress_settings(track(kind, source), {}, kBudgets).latency_budget;
  };
  EXPECT_EQ(budget(TrackKind::kAudio, TrackSource::kMicrophone), 150ms);
  EXPECT_EQ(budget(TrackKind::kAudio, TrackSource::kScreenAudio), 150ms);
  EXPECT_EQ(budget(TrackKind::kVideo, TrackSource::kCamera), 350ms);
  EXPECT_EQ(budget(TrackKind::kVideo, TrackSource::kScreen), 950ms);
}

TEST(EgressSettings, KeepWhatTheSubscriberAskedFor) {
  signaling::SubscriptionSettings wanted;
  wanted.latency_budget = 80ms;
  wanted.max_temporal_layer = 1;
  wanted.priority = 200;
  const auto settings =
      egress_settings(track(TrackKind::kVideo, TrackSource::kCamera), wanted, kBudgets);
  EXPECT_EQ(settings.latency_budget, 80ms);
  EXPECT_EQ(settings.max_temporal_layer, 1);
  EXPECT_EQ(settings.priority, 200);
  EXPECT_FALSE(settings.hidden);
}

TEST(WantedEncoding, IsTheSmallestThatFillsTheWantedSize) {
  const auto chosen = [](std::uint32_t width, std::uint32_t height) {
    signaling::SubscriptionSettings wanted;
    wanted.max_width = width;
    wanted.max_height = height;
    return wanted_encoding(simulcast().video, wanted);
  };
  EXPECT_EQ(chosen(320, 180), media::EncodingId{0});
  EXPECT_EQ(chosen(321, 180), media::EncodingId{1});
  EXPECT_EQ(chosen(640, 360), media::EncodingId{1});
  EXPECT_EQ(chosen(4000, 3000), media::EncodingId{2});
}

TEST(WantedEncoding, IsTheLargestForWhoSaysNothing) {
  EXPECT_EQ(wanted_encoding(simulcast().video, {}), media::EncodingId{2});
}

TEST(EgressSettings, BeginASimulcastTrackWithItsSmallestEncoding) {
  const auto settings = egress_settings(simulcast(), {}, kBudgets);
  EXPECT_TRUE(settings.simulcast);
  EXPECT_EQ(settings.encoding, media::EncodingId{0});
  EXPECT_FALSE(
      egress_settings(track(TrackKind::kVideo, TrackSource::kCamera), {}, kBudgets).simulcast);
}

TEST(EgressSettings, HideVideoOfSizeZeroButNeverAudio) {
  signaling::SubscriptionSettings wanted;
  wanted.max_width = 0;
  EXPECT_TRUE(egress_settings(simulcast(), wanted, kBudgets).hidden);
  EXPECT_FALSE(
      egress_settings(track(TrackKind::kAudio, TrackSource::kMicrophone), wanted, kBudgets).hidden);
}

}  // namespace
}  // namespace sluice::sfu
