#include "tests/sim/scenarios.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <random>

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;
using Pieces = std::vector<Capacity::Piece>;

constexpr double kVideo = 1e6;
/// Video, and sound with its headers in messages and half-empty segments.
constexpr double kStream = kVideo + 6e4;

MeetingSettings on_link(double bits_per_second, Duration round_trip, Duration queue,
                        std::uint64_t seed, int encodings = 1) {
  MeetingSettings settings;
  settings.link.capacity = Capacity::constant(bits_per_second);
  settings.link.round_trip = round_trip;
  settings.link.queue_bytes =
      static_cast<std::size_t>(bits_per_second / 8 * static_cast<double>(queue.count()) / 1e6);
  settings.link.seed = seed;
  settings.publisher.seed = seed;
  settings.publisher.video_bits_per_second = kVideo;
  settings.publisher.encodings = encodings;
  return settings;
}

/// The same on a link that changes; `pieces` follow a first one whose length depends on the seed.
MeetingSettings on_changing_link(Pieces pieces, std::uint64_t seed, int encodings = 1) {
  MeetingSettings settings = on_link(1e6, 40ms, 400ms, seed, encodings);
  std::mt19937_64 random{seed};
  const Duration most = std::min<Duration>(2s, pieces.front().length);
  pieces.front().length -=
      Duration{static_cast<Duration::rep>(random() % static_cast<std::uint64_t>(most.count()))};
  settings.link.capacity = Capacity{std::move(pieces)};
  return settings;
}

Pieces ramp(double from, double to, Duration length) {
  constexpr int kSteps = 20;
  Pieces pieces;
  for (int step = 0; step < kSteps; ++step) {
    pieces.push_back(
        {.length = length / kSteps, .bits_per_second = from + (to - from) * (step + 0.5) / kSteps});
  }
  return pieces;
}

Pieces random_walk(std::uint64_t seed) {
  std::mt19937_64 random{seed + 100};
  std::normal_distribution<double> step{0, 0.25};
  Pieces pieces;
  double log_rate = 0;
  for (int index = 0; index < 120; ++index) {
    log_rate = std::clamp(log_rate + step(random), std::log(0.25), std::log(3.0));
    pieces.push_back({.length = 500ms, .bits_per_second = 1e6 * std::exp(log_rate)});
  }
  return pieces;
}

void add_constant(std::vector<Scenario>& all) {
  struct Share {
    int encodings;
    double share;
  };
  for (const auto& [encodings, share] :
       {Share{1, 1.0}, Share{1, 0.7}, Share{1, 0.5}, Share{1, 0.3}, Share{2, 0.7}, Share{2, 0.4},
        Share{3, 1.0}, Share{3, 0.6}, Share{3, 0.3}}) {
    char name[64];
    std::snprintf(name, sizeof name, "%.1f x the stream, %d encoding%s", share, encodings,
                  encodings == 1 ? "" : "s");
    all.push_back({name, [encodings, share](std::uint64_t seed) {
                     return on_link(share * kStream, 80ms, 200ms, seed, encodings);
                   }});
  }
}

void add_changing(std::vector<Scenario>& all) {
  const auto add = [&](const char* name, const Pieces& pieces, int encodings) {
    all.push_back({name, [pieces, encodings](std::uint64_t seed) {
                     return on_changing_link(pieces, seed, encodings);
                   }});
  };
  add("capacity halves, 1.4 -> 0.7 Mbit/s", {{20s, 1.4e6}, {50s, 7e5}}, 1);
  add("capacity halves, 3 encodings", {{20s, 1.4e6}, {50s, 7e5}}, 3);
  add("capacity doubles, 3 encodings", {{20s, 7e5}, {50s, 1.4e6}}, 3);
  add("steps 3 -> 0.4 -> 3, 3 encodings", {{20s, 3e6}, {20s, 4e5}, {30s, 3e6}}, 3);
  Pieces down_and_up = ramp(2e6, 3e5, 20s);
  down_and_up.insert(down_and_up.begin(), {10s, 2e6});
  std::ranges::copy(ramp(3e5, 2e6, 20s), std::back_inserter(down_and_up));
  down_and_up.push_back({20s, 2e6});
  add("ramps 2 -> 0.3 -> 2 Mbit/s", down_and_up, 1);
  add("ramps 2 -> 0.3 -> 2, 3 encodings", down_and_up, 3);
  Pieces teeth;
  for (int tooth = 0; tooth < 7; ++tooth)
    std::ranges::copy(ramp(3e5, 2e6, 10s), std::back_inserter(teeth));
  teeth.insert(teeth.begin(), {3s, 2e6});
  add("sawtooth 0.3 to 2, 3 encodings", teeth, 3);
  add("outages of 0.3 s at 2 Mbit/s", {{10s, 2e6}, {300ms, 0}, {10s, 2e6}, {300ms, 0}}, 1);
  add("outage of 1 s at 2 Mbit/s", {{20s, 2e6}, {1s, 0}, {60s, 2e6}}, 1);
  add("outage of 10 s at 2 Mbit/s", {{20s, 2e6}, {10s, 0}, {60s, 2e6}}, 1);
  all.push_back({"random walk 0.25 to 3 Mbit/s",
                 [](std::uint64_t seed) { return on_changing_link(random_walk(seed), seed, 1); }});
  all.push_back({"random walk, 3 encodings",
                 [](std::uint64_t seed) { return on_changing_link(random_walk(seed), seed, 3); }});
}

void add_others(std::vector<Scenario>& all) {
  all.push_back({"bufferbloat: 1 Mbit/s, 8 s of queue",
                 [](std::uint64_t seed) { return on_link(1e6, 40ms, 8s, seed); }});
  all.push_back({"slow reader, 3 encodings", [](std::uint64_t seed) {
                   MeetingSettings settings = on_link(1e7, 200us, 100ms, seed, 3);
                   settings.link.read_bits_per_second = 5e5;
                   settings.link.receive_buffer = 262'144;
                   return settings;
                 }});
  all.push_back({"pauses of speech, 500 kbit/s", [](std::uint64_t seed) {
                   MeetingSettings settings = on_link(5e5, 60ms, 400ms, seed);
                   settings.publisher.video_bits_per_second = 6e5;
                   settings.publisher.pauses = true;
                   return settings;
                 }});
}

}  // namespace

std::vector<Scenario> basic_scenarios() {
  std::vector<Scenario> all;
  const auto add = [&](const char* name, double bits_per_second, Duration round_trip,
                       std::size_t queue_bytes, const auto& change) {
    MeetingSettings settings;
    settings.link.capacity = Capacity::constant(bits_per_second);
    settings.link.round_trip = round_trip;
    settings.link.queue_bytes = queue_bytes;
    change(settings);
    all.push_back({name, [settings](std::uint64_t seed) {
                     MeetingSettings seeded = settings;
                     seeded.link.seed = seeded.publisher.seed = seed;
                     return seeded;
                   }});
  };
  const auto as_it_is = [](MeetingSettings&) {};
  add("clean 100 Mbit/s, 20 ms", 1e8, 20ms, 1 << 20, as_it_is);
  add("1 Mbit/s, 80 ms, 200 ms queue", 1e6, 80ms, 25'000, as_it_is);
  add("700 kbit/s, 40 ms, deep queue", 7e5, 40ms, 131'072, as_it_is);
  add("600 kbit/s, 80 ms, 200 ms queue", 6e5, 80ms, 15'000, as_it_is);
  add("300 kbit/s, 80 ms, 200 ms queue", 3e5, 80ms, 7'500, as_it_is);
  add("2 Mbit/s, 40 ms, 3 % loss", 2e6, 40ms, 50'000,
      [](MeetingSettings& settings) { settings.link.loss = 0.03; });
  add("2 Mbit/s, 40 ms, loss in bursts", 2e6, 40ms, 50'000, [](MeetingSettings& settings) {
    settings.link.loss = 0.02;
    settings.link.loss_burst = 5;
  });
  add("1 Mbit/s, 100 kB keyframe each 5 s", 1e6, 40ms, 131'072, [](MeetingSettings& settings) {
    settings.publisher.video_bits_per_second = 5e5;
    settings.publisher.keyframe_weight = 1600ms;
    settings.publisher.keyframe_interval = 5s;
  });
  add("outage of 3 s at 2 Mbit/s", 2e6, 40ms, 50'000, [](MeetingSettings& settings) {
    settings.link.capacity = Capacity{{{20s, 2e6}, {3s, 0}, {37s, 2e6}}};
  });
  add("3 -> 0.4 -> 3 Mbit/s", 3e6, 40ms, 75'000, [](MeetingSettings& settings) {
    settings.link.capacity = Capacity{{{20s, 3e6}, {20s, 4e5}, {20s, 3e6}}};
  });
  add("sawtooth 0.3 to 2 Mbit/s", 1e6, 50ms, 50'000, [](MeetingSettings& settings) {
    Pieces teeth;
    for (int step = 0; step < 10; ++step) {
      teeth.push_back({.length = 1s, .bits_per_second = 3e5 + 1.7e5 * step});
    }
    settings.link.capacity = Capacity{std::move(teeth)};
  });
  add("LAN, reader takes 500 kbit/s", 1e7, 200us, 131'072, [](MeetingSettings& settings) {
    settings.link.read_bits_per_second = 5e5;
    settings.link.receive_buffer = 262'144;
  });
  return all;
}

std::vector<Scenario> generated_scenarios() {
  std::vector<Scenario> all = basic_scenarios();
  add_constant(all);
  add_changing(all);
  add_others(all);
  return all;
}

MeetingSettings arbitrary_meeting(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const auto between = [&](double from, double to) {
    return std::uniform_real_distribution{from, to}(random);
  };
  const auto one_in = [&](unsigned count) { return random() % count == 0; };
  const double typical = std::exp(between(std::log(1e5), std::log(5e6)));
  MeetingSettings settings =
      on_link(typical, Duration{static_cast<Duration::rep>(between(200, 300'000))},
              Duration{static_cast<Duration::rep>(between(2e4, 2e6))}, seed,
              static_cast<int>(1 + random() % 3));
  settings.length = 10s;
  Pieces pieces;
  for (int piece = 0; piece < 12; ++piece) {
    pieces.push_back({.length = Duration{static_cast<Duration::rep>(between(5e4, 2e6))},
                      .bits_per_second = one_in(6) ? 0 : typical * between(0.1, 2)});
  }
  pieces.push_back({.length = 1s, .bits_per_second = typical});
  if (!one_in(4)) settings.link.capacity = Capacity{std::move(pieces)};
  if (one_in(3)) {
    settings.link.loss = between(0, 0.08);
    settings.link.loss_burst = between(1, 6);
  }
  if (one_in(5)) settings.link.read_bits_per_second = typical * between(0.3, 1.2);
  settings.link.receive_buffer = static_cast<std::size_t>(between(1e5, 4e6));
  settings.publisher.video_bits_per_second = std::exp(between(std::log(1e5), std::log(4e6)));
  settings.publisher.base_share = between(0.15, 0.7);
  settings.publisher.keyframe_weight = Duration{static_cast<Duration::rep>(between(2e5, 2e6))};
  if (one_in(3))
    settings.publisher.keyframe_interval = Duration{static_cast<Duration::rep>(between(5e5, 5e6))};
  settings.publisher.request_delay = Duration{static_cast<Duration::rep>(between(1e4, 3e5))};
  settings.publisher.pauses = one_in(2);
  if (one_in(3)) settings.report_interval = Duration::zero();
  return settings;
}

}  // namespace sluice::sim
