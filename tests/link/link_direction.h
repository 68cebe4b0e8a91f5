#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "media/time.h"
#include "tests/link/loss_model.h"
#include "tests/sim/capacity.h"

namespace sluice::link {

using media::Duration;
using media::Time;
using Packet = std::vector<std::byte>;

/// One direction of an emulated link: a drop-tail queue, a bottleneck whose rate changes, then a
/// delay of fixed length. Sans-IO: packets and moments go in, packets come out.
///
/// A packet's bytes are those of IP, as the bottleneck of the simulator counts them. Losses happen
/// before the queue and take no capacity, as in `sim::TcpLink` and in netem.
/// Bound: `queue_bytes` before the bottleneck; behind it what the rate carries during the delay.
class LinkDirection {
 public:
  struct Settings {
    sim::Capacity capacity = sim::Capacity::constant(10e9);
    Duration delay{};  ///< one way
    /// What may wait, the packet under way included; one packet always may.
    std::size_t queue_bytes = 256 * 1024;
    LossModel::Settings loss;
  };

  struct Counters {
    std::uint64_t packets = 0, bytes = 0;                      ///< that arrived at the link
    std::uint64_t delivered_packets = 0, delivered_bytes = 0;  ///< that came out of it
    std::uint64_t lost_packets = 0;                            ///< by the loss model
    std::uint64_t overflowed_packets = 0;                      ///< the queue was full
    std::size_t queue_bytes_most = 0;
    Duration wait_most{};  ///< from arrival at the queue to the end of transmission
    Duration wait_total{};
  };

  explicit LinkDirection(Settings settings);

  /// The capacity's time zero is `now`; what waits already keeps its moments.
  void begin_schedule(Time now) { schedule_begins_ = now; }

  void arrive(Packet packet, Time now);
  /// The next packet that reached the other end by `now`; nothing while there is none.
  [[nodiscard]] std::optional<Packet> take(Time now);
  /// When `take` has something next; `Time::max()` while the link is empty.
  [[nodiscard]] Time next_delivery() const;

  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Waiting {
    Packet packet;
    Time departs;
  };
  void depart(Time now);

  Settings settings_;
  LossModel loss_;
  Time schedule_begins_{};
  Time free_ = Time::min();  ///< when the bottleneck has sent all that it accepted
  std::deque<Waiting> queue_;
  std::size_t queued_bytes_ = 0;
  std::deque<Waiting> flying_;
  Counters counters_;
};

}  // namespace sluice::link
