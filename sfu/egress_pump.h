#pragma once

#include <cstdint>

#include "media/egress.h"
#include "media/flight_recorder.h"
#include "media/link_controller.h"
#include "metrics/shard_metrics.h"
#include "sfu/congestion_control.h"
#include "sfu/message_framing.h"
#include "sfu/outbox.h"
#include "sfu/transport.h"

namespace sluice::sfu {

/// Moves what a subscriber's egress chooses into its socket, as late as it can.
///
/// The choice of what goes next is the egress's, the choice of when is the link controller's; this
/// only asks the kernel what they want to know, and writes. While the link is not congested, all
/// that waits goes out in one gathered write and the kernel is asked next to nothing
/// (`LinkController::needs_look`); while it is, every chunk is written on its own, after a look,
/// but for packets of sound that wait together. Bound: `kStepsMax` writes in one run, so that one
/// connection cannot hold the shard up.
class EgressPump {
 public:
  enum class Outcome : std::uint8_t {
    kIdle,           ///< nothing waits
    kAwaitWritable,  ///< the kernel took less than it was given
    kAwaitTick,      ///< something is held back: run again at `LinkController::next_look`
    kLost,           ///< the connection is of no more use
  };

  /// `controls`, `metrics` and `recorder` outlive the pump. `descriptor` is the socket under the
  /// transport.
  EgressPump(MessageFraming framing, int descriptor, const CongestionControls& controls,
             metrics::ShardMetrics& metrics, media::FlightRecorder& recorder)
      : framing_{framing},
        descriptor_{descriptor},
        metrics_{metrics},
        recorder_{recorder},
        congestion_{descriptor, controls, metrics.lossy_paths} {}

  [[nodiscard]] Outcome run(media::Egress& egress, Outbox& outbox, Transport& transport,
                            media::Time now);
  /// Moves the control messages that wait to `outbox`: the last words of a connection that ends.
  void take_control(media::Egress& egress, Outbox& outbox, media::Time now);

  /// A whole frame went to the socket at `at`, past this (`media::InStep`).
  void sent_in_step(const media::FrameDescription& frame, media::Time at);
  /// See `LinkController::headroom`.
  [[nodiscard]] media::InStep::Headroom headroom() const { return link_.headroom(); }
  [[nodiscard]] MessageFraming framing() const { return framing_; }

  /// See `LinkController::strained`.
  void strained(bool is) { link_.strained(is); }
  /// What is believed of the link now.
  [[nodiscard]] media::LinkEstimate link() const { return link_.estimate(); }
  /// The receiver says how much media it has read; false when it claims what cannot be.
  [[nodiscard]] bool reported(std::uint64_t received_bytes, media::Time now);

  /// The receiver answered a ping, of ours or of the protocol's.
  void answered(std::uint64_t ping, media::Time now);

  /// See `ReaderWatch`.
  void ask_for_rare_reports(bool rare) { link_.ask_for_rare_reports(rare); }
  [[nodiscard]] bool reports_often() const { return link_.reports_often(); }

  /// More waits than leaves at once.
  [[nodiscard]] bool congested() const { return link_.congested(); }
  /// Nothing is acknowledged any more (`LinkController::outage`).
  [[nodiscard]] bool outage(media::Time now) const { return link_.outage(now); }

  /// Since when something waits and nothing at all moves; `now` while all is well.
  [[nodiscard]] media::Time stuck_since(media::Time now) const {
    return waiting_ ? last_progress_ : now;
  }

 private:
  static constexpr int kStepsMax = 64;

  enum class Fill : std::uint8_t { kNothingWaits, kHeldBack, kMore };

  [[nodiscard]] Outcome finish(Transport& transport);
  void look(media::Time now);
  void sample(media::Time now);
  void record_link(media::Time now);
  [[nodiscard]] Fill fill(media::Egress& egress, Outbox& outbox, media::Time now);
  /// More sound that waits already goes in the same segment, up to a chunk: on a slow link the
  /// headers of one packet each are a third of what several microphones take.
  void gather_sound(media::Egress& egress, Outbox& outbox, media::Time now);
  void depart(media::Departure departure, Outbox& outbox, media::Time now);
  void probe(Outbox& outbox, media::Time now);
  /// When what is being read now came: a server that is late to read sees its own lateness, not a
  /// queue on the way.
  [[nodiscard]] media::Time arrival(media::Time now) const;
  void count(const media::Departure& departure, std::size_t bytes, media::Time now);

  MessageFraming framing_;
  int descriptor_;
  metrics::ShardMetrics& metrics_;
  media::FlightRecorder& recorder_;
  media::LinkController link_;
  CongestionControlSwitch congestion_;
  std::uint64_t bytes_acked_ = 0;      ///< at the last look of `read_tcp_facts`
  std::size_t outstanding_bytes_ = 0;  ///< at the last look
  media::Time last_progress_{};
  bool waiting_ = false;
};

}  // namespace sluice::sfu
