#include "tests/sim/gathering_families.h"

#include <algorithm>
#include <random>

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;

GatheringSettings::Member camera(const GatheringShape& shape, std::uint64_t seed) {
  GatheringSettings::Member member;
  member.publisher = {.encodings = shape.encodings,
                      .video_bits_per_second = shape.camera_bits_per_second,
                      .pauses = !shape.everybody_talks,
                      .seed = seed};
  return member;
}

/// Larger keyframes beside its other frames than a camera's, and more time.
GatheringSettings::Member screen(std::uint64_t seed) {
  GatheringSettings::Member member{.latency_budget = 1000ms};
  member.publisher = {
      .video_bits_per_second = 2e5, .keyframe_weight = 2000ms, .speaks = false, .seed = seed};
  return member;
}

}  // namespace

GatheringSettings gathering(const GatheringShape& shape, GatheringLink link, double bits_per_second,
                            std::uint64_t seed) {
  GatheringSettings settings;
  settings.length = 60s;
  settings.link.round_trip = 80ms;
  settings.link.queue_bytes = static_cast<std::size_t>(bits_per_second / 8 * 0.2);
  settings.link.timeout_most = 1s;
  settings.link.seed = seed;
  switch (link) {
    case GatheringLink::kSteady:
      settings.link.capacity = Capacity::constant(bits_per_second);
      break;
    case GatheringLink::kStep:
      settings.link.capacity = Capacity{
          {{20s, 3 * bits_per_second}, {20s, bits_per_second}, {20s, 3 * bits_per_second}}};
      break;
    case GatheringLink::kStall:
      settings.link.capacity = Capacity{{{14500ms, bits_per_second}, {500ms, 0}}};
      break;
  }
  std::mt19937_64 random{seed};
  if (shape.screen) settings.members.push_back(screen(random()));
  for (int index = 0; index < shape.cameras; ++index) {
    settings.members.push_back(camera(shape, random()));
  }
  for (auto& member : settings.members) {
    member.publisher.phase = Duration{std::uniform_int_distribution{0, 33'000}(random)};
  }
  if (shape.speaker) settings.members.back().priority = 255;
  return settings;
}

GatheringSettings arbitrary_gathering(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution{low, high}(random);
  };
  GatheringSettings settings;
  settings.length = 10s;
  settings.link.round_trip = Duration{pick(1, 300) * 1000};
  settings.link.queue_bytes = static_cast<std::size_t>(pick(8, 200)) * 1000;
  settings.link.timeout_most = 1s;
  settings.link.loss = pick(0, 2) == 0 ? 0.02 : 0;
  settings.link.seed = seed;
  std::vector<Capacity::Piece> pieces;
  pieces.reserve(11);
  for (int piece = 0; piece < 10; ++piece) {
    pieces.push_back({.length = Duration{pick(200, 3000) * 1000},
                      .bits_per_second = pick(0, 8) == 0 ? 0.0 : pick(100, 3000) * 1e3});
  }
  // A link that never carries anything would let no time pass that matters.
  pieces.push_back({.length = 1s, .bits_per_second = 1e6});
  settings.link.capacity = Capacity{std::move(pieces)};
  const int members = pick(2, 9);
  for (int index = 0; index < members; ++index) {
    GatheringSettings::Member member{.priority = static_cast<std::uint8_t>(pick(1, 255)),
                                     .latency_budget = Duration{pick(100, 1000) * 1000},
                                     .hidden = pick(0, 5) == 0};
    member.publisher = {.encodings = pick(1, 3),
                        .video_bits_per_second = pick(100, 1500) * 1e3,
                        .pauses = pick(0, 1) == 0,
                        .speaks = pick(0, 3) > 0,
                        .phase = Duration{pick(0, 33) * 1000},
                        .seed = random()};
    settings.members.push_back(member);
  }
  for (int at = 1; at < 10; at += pick(1, 4)) {
    settings.promotions.push_back({.at = Time{std::chrono::seconds{at}},
                                   .member = static_cast<std::size_t>(pick(0, members - 1)),
                                   .priority = static_cast<std::uint8_t>(pick(1, 255))});
  }
  return settings;
}

void GatheringFigures::add(const GatheringSettings& settings, const GatheringResult& result) {
  ++runs;
  minutes += result.seconds / 60;
  double live = 0;
  double shown = 0;
  for (const GatheringResult::Member& member : result.members) {
    const double live_share = 1 - member.paused_seconds / result.seconds;
    live += live_share;
    shown += live_share * member.shown_while_live;
    frozen_seconds += member.frozen_seconds;
    const std::size_t times = (member.paused_and_resumed.size() + 1) / 2;
    pauses += static_cast<double>(times);
    sounds += member.outcome.audio_sent;
    sounds_on_time += member.outcome.audio_on_time;
    sound_ages.insert(sound_ages.end(), member.outcome.audio_ages.begin(),
                      member.outcome.audio_ages.end());
    picture_ages.insert(picture_ages.end(), member.outcome.video_ages.begin(),
                        member.outcome.video_ages.end());
    undecodable += member.outcome.undecodable;
  }
  members += static_cast<int>(result.members.size());
  live_cameras += live;
  shown_while_live += live > 0 ? shown / live : 0;
  const auto first =
      std::ranges::max_element(settings.members, {}, &GatheringSettings::Member::priority);
  const auto& outcome =
      result.members[static_cast<std::size_t>(first - settings.members.begin())].outcome;
  shown_first +=
      static_cast<double>(outcome.video_on_time) / static_cast<double>(outcome.video_sent);
}

}  // namespace sluice::sim
