#include "tests/sim/scenarios.h"

#include <chrono>
#include <utility>

namespace sluice::sim {
namespace {

using namespace std::chrono_literals;

MeetingSettings on_link(double bits_per_second, Duration round_trip, std::size_t queue_bytes) {
  MeetingSettings settings;
  settings.link.capacity = Capacity::constant(bits_per_second);
  settings.link.round_trip = round_trip;
  settings.link.queue_bytes = queue_bytes;
  return settings;
}

}  // namespace

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all{
      {"clean 100 Mbit/s, 20 ms", on_link(1e8, 20ms, 1 << 20)},
      {"1 Mbit/s, 80 ms, 200 ms queue", on_link(1e6, 80ms, 25'000)},
      {"700 kbit/s, 40 ms, deep queue", on_link(7e5, 40ms, 131'072)},
      {"600 kbit/s, 80 ms, 200 ms queue", on_link(6e5, 80ms, 15'000)},
      {"300 kbit/s, 80 ms, 200 ms queue", on_link(3e5, 80ms, 7'500)},
      {"2 Mbit/s, 40 ms, 3 % loss", on_link(2e6, 40ms, 50'000)},
      {"2 Mbit/s, 40 ms, loss in bursts", on_link(2e6, 40ms, 50'000)},
      {"1 Mbit/s, 100 kB keyframe each 5 s", on_link(1e6, 40ms, 131'072)},
      {"outage of 3 s at 2 Mbit/s", on_link(2e6, 40ms, 50'000)},
      {"3 -> 0.4 -> 3 Mbit/s", on_link(3e6, 40ms, 75'000)},
      {"sawtooth 0.3 to 2 Mbit/s", on_link(1e6, 50ms, 50'000)},
      {"LAN, reader takes 500 kbit/s", on_link(1e7, 200us, 131'072)},
  };
  all[5].settings.link.loss = 0.03;
  all[6].settings.link.loss = 0.02;
  all[6].settings.link.loss_burst = 5;
  all[7].settings.publisher.video_bits_per_second = 5e5;
  all[7].settings.publisher.keyframe_weight = 1600ms;
  all[7].settings.publisher.keyframe_interval = 5s;
  all[8].settings.link.capacity = Capacity{{{20s, 2e6}, {3s, 0}, {37s, 2e6}}};
  all[9].settings.link.capacity = Capacity{{{20s, 3e6}, {20s, 4e5}, {20s, 3e6}}};
  std::vector<Capacity::Piece> teeth;
  for (int step = 0; step < 10; ++step) {
    teeth.push_back({.length = 1s, .bits_per_second = 3e5 + 1.7e5 * step});
  }
  all[10].settings.link.capacity = Capacity{std::move(teeth)};
  all[11].settings.link.read_bits_per_second = 5e5;
  all[11].settings.link.receive_buffer = 262'144;
  return all;
}

}  // namespace sluice::sim
