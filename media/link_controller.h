#pragma once

#include <cstddef>
#include <cstdint>

#include "media/acknowledgement_watch.h"
#include "media/bandwidth_estimator.h"
#include "media/in_flight_cap.h"
#include "media/in_step.h"
#include "media/link_estimate.h"
#include "media/path_facts.h"
#include "media/reader_watch.h"

namespace sluice::media {

/// What the kernel says of a connection's send side in a moment; one ioctl each.
struct SendQueueFacts {
  std::size_t outstanding_bytes = 0;  ///< SIOCOUTQ: unsent and unacknowledged
  std::size_t unsent_bytes = 0;       ///< SIOCOUTQNSD
};

/// Decides when a connection may write and how much: late binding, twice (delivery.md).
///
/// Use: before a write, `needs_look(now)` says whether to read `SendQueueFacts` first, and
/// `needs_sample(now)` whether also `PathFacts`; then `may_send_*`; after it `wrote`. While
/// something waits that may not leave, look again at `next_look()`, or earlier when the socket
/// turns writable.
///
/// Between two looks all that was written counts as on its way. So an unloaded link pays a look
/// only when that could be half of the cap, or the last look is long ago (`kBlindTime`). On a LAN
/// whose last look found everything acknowledged, twice of what was written before it goes without
/// another one, up to `kTrustMost`: a look costs as much as a tenth of a write. One between two
/// chunks of a keyframe holds its rest back for nothing that the same moment wrote. A congested one
/// is looked at before each write: at most one chunk lies unsent in the kernel, and what is on its
/// way stays under the cap. Look before a write, not after one: what an idle link still has then is
/// a queue. Owner: the connection; not safe to share between threads.
class LinkController {
 public:
  /// Without a look for so long a link may have turned slow: 100 ms of 1 Mbit/s are 12 kB.
  static constexpr Duration kBlindTime = std::chrono::milliseconds{100};
  /// The same on the round trip of a LAN, where nothing is steered while nothing queues.
  static constexpr Duration kBlindTimeOnLan = std::chrono::seconds{1};
  /// And so many bytes: what a cap that is off on a LAN lets go between two looks.
  static constexpr std::size_t kTrustMost = InFlightCap::kProven / 2;

  [[nodiscard]] bool needs_look(Time now) const;
  [[nodiscard]] bool needs_sample(Time now) const;
  void looked(const SendQueueFacts& facts, Time now);
  void sampled(const PathFacts& facts, Time now);

  /// `wire_bytes` went to the kernel, `media_bytes` of them in media messages.
  void wrote(std::size_t wire_bytes, std::size_t media_bytes, Time now);
  /// The kernel took less than it was given.
  void blocked();
  /// Something waits that `may_send_*` did not let through.
  void held_back();
  /// The choice of what goes next was asked, and nothing more waits.
  void drained();
  /// A receiver report; false when it claims what cannot be.
  [[nodiscard]] bool reported(std::uint64_t received_bytes, Time now);

  /// A ping is to go behind what was just written: the receiver does not report, and may lag.
  [[nodiscard]] bool wants_probe(Time now) const { return reader_.wants_probe(sending(), now); }
  /// It goes, with this number.
  std::uint64_t probe(Time now) { return reader_.probe(sending(), in_flight_bytes(), now); }
  /// Says whether what is measured of short ways is of the sender's own making, or of something
  /// that all its receivers share: to schedule finely for everybody would make that worse. On a LAN
  /// nothing is believed of a queue meanwhile, but of a reader that was seen to be slow before.
  void strained(bool is) { strained_ = is; }
  /// See `ReaderWatch::ask_for_rare_reports`.
  void ask_for_rare_reports(bool rare) { reader_.ask_for_rare_reports(rare); }
  /// See `ReaderWatch::reports`.
  [[nodiscard]] bool reports_often() const { return reader_.reports(); }
  /// A pong came, to whichever ping.
  void answered(std::uint64_t id, Time now);

  [[nodiscard]] bool may_send_video() const;
  [[nodiscard]] bool may_send_audio() const;

  /// So much may be written in whole frames of up to `InStep::kFrameBytesMost`, with neither a
  /// look nor a question before each: those would have let all of it through.
  [[nodiscard]] InStep::Headroom headroom() const;

  [[nodiscard]] LinkEstimate estimate() const;
  [[nodiscard]] bool congested() const { return congested_; }
  /// Nothing has been acknowledged for so long that feeding the kernel only makes things later.
  [[nodiscard]] bool outage(Time now) const;
  /// When to look again while something is held back: so many times rarer than usual.
  [[nodiscard]] static Time next_look(Time now, int coarseness = 1) {
    return now + coarseness * kTick;
  }

  [[nodiscard]] const InFlightCap& cap() const { return cap_; }
  [[nodiscard]] std::size_t in_flight_bytes() const;
  [[nodiscard]] std::size_t unsent_bytes() const { return facts_.unsent_bytes; }
  [[nodiscard]] Duration round_trip() const { return path_.round_trip; }
  [[nodiscard]] Duration min_round_trip() const { return path_.min_round_trip; }
  [[nodiscard]] Duration queueing_delay() const;

 private:
  [[nodiscard]] std::optional<double> bytes_per_second() const;
  [[nodiscard]] Duration predicted_delay() const;
  [[nodiscard]] Duration acknowledgement_delay() const;
  [[nodiscard]] bool slow_link() const;
  [[nodiscard]] bool on_lan() const;
  /// Nothing that is measured of this receiver is its own.
  [[nodiscard]] bool blinded() const {
    return strained_ && on_lan() && last_look_ >= slow_reader_until_;
  }
  /// Bytes on their way to the receiver's application, where that is known and to be believed.
  [[nodiscard]] std::optional<std::uint64_t> unread() const {
    return blinded() ? std::nullopt : reader_.unread();
  }
  /// The kernel holds more of a congested link than is to lie unsent there.
  [[nodiscard]] bool more_unsent_than(std::size_t most, std::size_t most_on_slow_link) const;
  [[nodiscard]] std::size_t in_flight_most() const;
  [[nodiscard]] Duration path_queueing_delay() const;
  [[nodiscard]] Duration blind_time() const;
  /// With so much on its way for all we know, a look is needed.
  [[nodiscard]] std::size_t look_at_bytes() const { return cap_.bytes() / 2; }
  /// Bytes that the peer's kernel has not acknowledged, for all we know.
  [[nodiscard]] std::size_t to_kernel_bytes() const {
    const bool trusted = blind_bytes_ <= trusted_bytes_;
    return facts_.outstanding_bytes + (trusted ? 0 : blind_bytes_);
  }
  /// `fresh_bytes` of what was written since the last look are too new to be acknowledged.
  void learn_trust(std::size_t outstanding_bytes, std::size_t fresh_bytes);
  void note_queue();
  [[nodiscard]] ReaderWatch::Sending sending() const {
    return {.on_lan = on_lan(), .congested = congested_, .held_back = limited_};
  }

  static constexpr Duration kTick = std::chrono::milliseconds{5};

  SendQueueFacts facts_;  ///< of the last look; on a LAN but for what was written in its moment
  PathFacts path_;
  InFlightCap cap_;
  BandwidthEstimator estimator_;  ///< of what the peer's kernel acknowledged
  ReaderWatch reader_;
  std::size_t blind_bytes_ = 0;      ///< written since the last look, or in its moment
  std::size_t written_at_once_ = 0;  ///< at `last_write_`
  Time last_write_ = Time::min();
  std::size_t trusted_bytes_ = 0;  ///< so many of them have arrived, by all experience
  Time last_look_{};
  Time echo_until_ = Time::min();  ///< the smoothed round trip is that of an outage
  Time last_sample_ = Time::min();
  Time last_progress_{};  ///< when something was acknowledged last, or nothing was outstanding
  bool sampled_once_ = false;
  bool congested_ = false;
  bool watched_ = false;  ///< congested at the last look, so that looks follow closely
  bool strained_ = false;
  int congested_samples_ = 0;             ///< without a break, and not strained
  Time slow_reader_until_ = Time::min();  ///< it was held back, and few others
  Time congested_since_{};
  Time last_drain_{};
  bool draining_ = false;  ///< video is held back so that the smallest delay shows
  bool steering_ = false;  ///< congested long enough for the cap to have found its size
  bool limited_ = false;   ///< the cap held something back since the last sample
  bool busy_ = false;      ///< something waited ever since the last sample
  AcknowledgementWatch acknowledgements_;  ///< not on a LAN
};

}  // namespace sluice::media
