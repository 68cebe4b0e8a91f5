#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/flight/flight_log.h"

namespace sluice::client {

/// What became of a frame that was offered to one subscriber.
enum class FrameEnd : std::uint8_t {
  kAtOnce,     ///< sent whole within 20 ms
  kLater,      ///< sent, after it had waited
  kLeftOut,    ///< for one of `media::LeftOut`'s reasons
  kOther,      ///< of another encoding than the one shown, or of a layer not asked for
  kNotWanted,  ///< the track was hidden, or not subscribed yet
  kUnderWay,   ///< begun or waiting when the log ends
  kUnknown,    ///< from before what is remembered
};

struct FrameStory {
  const FlightLog::Offered* offered = nullptr;
  FrameEnd end{};
  const FlightLog::Fate* begun = nullptr;  ///< when it took several writes
  const FlightLog::Fate* fate = nullptr;   ///< of kLater and kLeftOut
  /// When its last byte went to the kernel; of kAtOnce and kLater.
  [[nodiscard]] double sent_ms() const { return fate == nullptr ? offered->at_ms : fate->at_ms; }
};

/// How many frames of what kind of end.
struct FrameTally {
  std::uint64_t at_once = 0;
  std::uint64_t later = 0;
  /// Of another encoding than the one shown, fetched in the background and dropped: no loss.
  std::uint64_t background = 0;
  std::array<std::uint64_t, media::kLeftOutReasons> left_out{};

  void add(const FrameStory& frame);
  void add(const FrameTally& other);
  [[nodiscard]] std::uint64_t sent() const { return at_once + later; }
  [[nodiscard]] std::uint64_t all_left_out() const;
  [[nodiscard]] std::uint64_t all() const { return sent() + all_left_out(); }
};

/// What was left out: `5 thinned, 1 expired`; empty when nothing was.
[[nodiscard]] std::string reasons_text(const FrameTally& tally);

/// A pause of over `kFreezeMs` between two pictures of a track, while its publisher offered some.
struct Freeze {
  static constexpr double kFreezeMs = 200;
  unsigned track = 0;
  double from_ms = 0;
  double to_ms = 0;
  bool over = true;  ///< false: it lasts until the log's end
  FrameTally offered;
  std::string because;  ///< a sentence's second half
};

/// A time in which more waited than the link took at once.
struct Congestion {
  double from_ms = 0;
  double to_ms = 0;
  std::optional<double> delivered_bps;  ///< acknowledged; nothing when it is too short to tell
  double offered_bps = 0;               ///< by the tracks, in the best encoding asked for
  double queueing_delay_most_ms = 0;
  bool outage = false;
};

struct TrackStory {
  const FlightLog::Track* track = nullptr;
  std::vector<FrameStory> frames;  ///< as they were offered
  FrameTally tally;
  std::vector<Freeze> freezes;
};

/// A flight log, understood. Points into the log, which outlives it.
struct FlightStory {
  const FlightLog* log = nullptr;
  double begin_ms = 0;  ///< when the participant had its first subscription; 0: before the log
  std::vector<TrackStory> tracks;  ///< those with frames first, videos before sound
  std::vector<Congestion> congestions;
};

[[nodiscard]] FlightStory tell(const FlightLog& log);

/// What was known of the link last before a moment; null before the first.
[[nodiscard]] const FlightLog::Link* link_at(const FlightLog& log, double at_ms);
[[nodiscard]] const FlightLog::Socket* socket_at(const FlightLog& log, double at_ms);
/// What was acknowledged between two moments, in bits a second, as far as looks tell.
[[nodiscard]] std::optional<double> delivered_bps(const FlightLog& log, double from_ms,
                                                  double to_ms);

}  // namespace sluice::client
