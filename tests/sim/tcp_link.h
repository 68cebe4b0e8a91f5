#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "media/link_controller.h"
#include "tests/sim/capacity.h"

namespace sluice::sim {

/// One TCP connection over one bottleneck, as far as it decides when bytes arrive.
///
/// Modelled: the kernel's send queue with its buffer limit, a CUBIC-like congestion window with
/// slow start, segments of 1448 bytes, a drop-tail queue in front of a link whose rate changes,
/// random and bursty loss, in-order delivery (what lies behind a hole waits), fast retransmission
/// by selective acknowledgement, delayed acknowledgements (with Linux's way of measuring them: the
/// smoothed round trip has the delay in it, the smallest does not), retransmission timeouts with
/// back-off, a receiver that reads at a limited rate behind a receive buffer. Not modelled: pacing,
/// BBR.
/// Deterministic: the same calls and the same seed give the same moments.
class TcpLink {
 public:
  struct Settings {
    Capacity capacity = Capacity::constant(1e6);
    Duration round_trip = std::chrono::milliseconds{40};  ///< without any queue
    std::size_t queue_bytes = 128 * 1024;                 ///< of the bottleneck
    double loss = 0;                                      ///< probability for each segment
    double loss_burst = 1;                                ///< mean length of a run of losses
    std::size_t receive_buffer = 4 * 1024 * 1024;
    double read_bits_per_second = 0;  ///< 0: the receiver reads at once
    /// When its application is at something else, and reads nothing.
    struct Busy {
      Time from{};
      Duration length{};
    };
    std::vector<Busy> reader_busy;
    /// The kernel takes no more while so much is unsent (TCP_NOTSENT_LOWAT); 0: no such mark.
    std::size_t notsent_low_water = 0;
    /// The longest retransmission timeout (TCP_RTO_MAX_MS, Linux 6.15 and later).
    Duration timeout_most = std::chrono::seconds{120};
    std::uint64_t seed = 1;
  };

  explicit TcpLink(Settings settings);

  /// Gives bytes to the kernel; returns how many it took.
  std::size_t write(std::size_t bytes, Time now);
  /// Runs all that happens up to and including `now`.
  void advance(Time now);
  /// The next moment at which something happens by itself.
  [[nodiscard]] Time next_event() const;

  /// Bytes, in order, that the receiving application has read.
  [[nodiscard]] std::uint64_t delivered() const { return read_; }
  [[nodiscard]] media::SendQueueFacts send_queue() const;
  [[nodiscard]] media::PathFacts path() const;
  [[nodiscard]] Duration round_trip() const { return settings_.round_trip; }

 private:
  struct Segment {
    std::uint64_t end = 0;
    std::uint32_t bytes = 0;
    Time sent{};
    bool retransmitted = false;
    bool sacked = false;
    bool lost = false;  ///< known to the sender
  };
  struct Event {
    enum class Kind : std::uint8_t { kArrive, kAck } kind{};
    std::uint64_t begin = 0;  ///< of the segment
    std::uint64_t cumulative = 0;
    Time sent{};         ///< of the first segment that an acknowledgement covers
    Time newest_sent{};  ///< of the last
    bool retransmitted = false;
  };

  void transmit(Time now);
  void send_segment(std::uint64_t begin, Segment& segment, Time now);
  void arrive(const Event& event, Time now);
  void send_acknowledgement(Time now);
  void acknowledge(const Event& event, Time now);
  void detect_losses(Time now);
  void on_loss(Time now);
  void timeout(Time now);
  void read(Time now);
  /// When the application that is at something else at `now` comes back.
  [[nodiscard]] std::optional<Time> reader_back(Time now) const;
  [[nodiscard]] bool lose();
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t send_buffer() const;
  [[nodiscard]] Duration retransmission_timeout() const;
  void grow_window(std::size_t acked, Time now);

  Settings settings_;
  std::mt19937_64 random_;
  bool losing_ = false;

  // Sender.
  std::uint64_t written_ = 0;
  std::uint64_t next_ = 0;  ///< first byte never sent
  std::uint64_t acked_ = 0;
  std::map<std::uint64_t, Segment> segments_;  ///< sent, not acknowledged, by first byte
  double window_ = 10 * 1448.0;
  double slow_start_threshold_ = 1e12;
  double window_max_ = 0;
  Time epoch_ = Time::min();
  std::uint64_t recovery_until_ = 0;
  Duration smoothed_;  ///< this and the next two: as the handshake left them, to begin with
  Duration variation_;
  Duration minimum_;
  int backoff_ = 0;
  std::uint32_t retransmitted_ = 0;  ///< segments, in all
  Time timer_ = Time::max();

  // Bottleneck and receiver.
  Time link_free_{};
  std::deque<std::pair<Time, std::uint32_t>> queued_;  ///< departure, bytes
  std::size_t queued_bytes_ = 0;
  std::map<std::uint64_t, std::uint64_t> held_;  ///< out of order: begin -> end
  std::uint64_t in_order_ = 0;
  std::uint64_t read_ = 0;
  double read_credit_ = 0;
  Time read_at_{};
  Time read_next_ = Time::max();  ///< when it reads on, if something waits

  std::optional<Event> unacknowledged_;  ///< what the next acknowledgement says
  std::size_t unacknowledged_bytes_ = 0;
  Time acknowledge_at_ = Time::max();

  std::multimap<Time, Event> events_;
};

}  // namespace sluice::sim
