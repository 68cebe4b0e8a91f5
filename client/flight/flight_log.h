#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/flight_record.h"
#include "media/left_out.h"

namespace sluice::client {

/// What the server's flight recorder remembered of one session (`/flight/SESSION` of its admin
/// address; docs/operating.md has the format). All times are milliseconds from the log's begin, all
/// lists in the order of time.
struct FlightLog {
  /// A frame as its publisher offered it.
  struct Offered {
    double at_ms = 0;
    unsigned encoding = 0;
    std::uint32_t number = 0;
    unsigned layer = 0;  ///< temporal
    std::uint32_t bytes = 0;
    double late_ms = 0;  ///< behind the quickest frames of its track
    bool keyframe = false;
    bool discardable = false;
    std::vector<std::uint32_t> needs;  ///< numbers of the frames it depends on
  };
  enum class Deed : std::uint8_t { kBegun, kSent, kLeftOut };
  /// What was done with a frame for this subscriber.
  struct Fate {
    double at_ms = 0;
    Deed deed{};
    unsigned encoding = 0;
    std::uint32_t number = 0;
    unsigned layer = 0;
    double waited_ms = 0;       ///< kBegun, kSent
    media::LeftOut reason{};    ///< kLeftOut, and so are the next two
    double to_deadline_ms = 0;  ///< negative: past it
    std::uint32_t queued_bytes = 0;
  };
  struct EncodingChange {
    double at_ms = 0;
    media::EncodingStep step{};
    unsigned from = 0;
    unsigned to = 0;
  };
  struct SubscriptionChange {
    double at_ms = 0;
    bool was_hidden = false;
    bool hidden = false;
    unsigned was_max_layer = 15;
    unsigned max_layer = 15;
  };
  struct Starved {
    double at_ms = 0;
    bool starved = false;
  };
  struct KeyframeAsked {
    double at_ms = 0;
    unsigned encoding = 0;
  };
  struct Encoding {
    unsigned encoding = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint64_t bitrate_bps = 0;
  };
  struct Track {
    unsigned handle = 0;
    std::string source;  ///< `camera`, `microphone`, `screen`, `screen_audio`
    bool video = false;
    bool muted = false;
    std::vector<Encoding> encodings;  ///< empty: the one encoding 0
    double subscribed_ms = 0;
    double offered_from_ms = 0;  ///< before it nothing is known of what was offered
    double latency_budget_ms = 0;
    // As it was at the end of the log:
    unsigned max_layer = 15;
    bool hidden = false;
    bool simulcast = false;
    unsigned largest_encoding = 0;
    unsigned shown_encoding = 0;

    std::vector<Offered> offered;
    std::vector<Fate> fates;
    std::vector<EncodingChange> encoding_changes;
    std::vector<SubscriptionChange> subscription_changes;
    std::vector<Starved> starved;
    std::vector<KeyframeAsked> keyframes_asked;
  };
  struct Socket {
    double at_ms = 0;
    std::uint32_t outstanding_bytes = 0;
    std::uint32_t unsent_bytes = 0;
    std::uint32_t acked_bytes = 0;  ///< modulo 2^32: only differences mean something
    double round_trip_ms = 0;
    double min_round_trip_ms = 0;
  };
  struct Link {
    double at_ms = 0;
    std::optional<std::uint64_t> bits_per_second;
    std::optional<std::uint32_t> cap_bytes;  ///< absent: off, as on a LAN
    std::uint32_t in_flight_bytes = 0;
    double queueing_delay_ms = 0;
    bool congested = false;
    bool outage = false;
  };

  std::string session;
  std::string begins_utc;
  double length_ms = 0;
  double known_from_ms = 0;  ///< before it only what was offered is known
  std::vector<Track> tracks;
  std::vector<Socket> sockets;
  std::vector<Link> links;

  [[nodiscard]] const Track* track(unsigned handle) const;
};

/// Reads a log from anywhere, as careful as if a stranger had written it.
///
/// Unknown members and kinds of lines are skipped, as are lines on tracks that are not subscribed
/// any more. Error: one sentence with the number of the line.
/// Bound: `kFlightLogBytesMax` of text.
[[nodiscard]] std::expected<FlightLog, std::string> parse_flight_log(std::string_view text);

inline constexpr std::size_t kFlightLogBytesMax = std::size_t{256} * 1024 * 1024;

}  // namespace sluice::client
