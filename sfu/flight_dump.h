#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/egress.h"
#include "media/flight_record.h"
#include "signaling/ids.h"
#include "signaling/track_info.h"

namespace sluice::sfu {

/// One session in the list of those whose flight recorder can be read.
struct FlightSession {
  signaling::SessionId session{};
  std::size_t subscriptions = 0;
  std::size_t published = 0;
  std::size_t records = 0;
  std::optional<media::Duration> last_record_ago;  ///< absent without records
  bool congested = false;                          ///< now
  media::EgressCounters totals;                    ///< since the session began
};

/// All that the flight recorder of a session remembers, and how things are now.
///
/// Numbers only: no byte of media, no name of a person or of a room, no address.
struct FlightDump {
  struct Track {
    signaling::RoomId room{};  ///< to find its route; not told
    signaling::TrackHandle handle{};
    signaling::TrackSource source{};
    bool muted = false;
    std::uint8_t temporal_layers = 1;
    std::vector<signaling::EncodingInfo> encodings;  ///< empty: the one encoding 0
    media::Time since{};                             ///< when it was subscribed
    media::SubscriptionSettings settings;
    media::EncodingId largest{};  ///< of use to the subscriber
    media::EncodingId shown{};
    bool starved = false;
    std::vector<media::OfferedFrame> offered;  ///< oldest first
    bool offered_overwritten = false;
  };

  FlightSession summary;
  media::Time now{};
  std::chrono::system_clock::time_point wall_now;
  media::Duration kept{};
  std::vector<media::FlightRecord> records;  ///< oldest first
  bool records_overwritten = false;
  std::vector<Track> tracks;
};

/// The version of the format below; it changes when a reader of the old one would go wrong.
inline constexpr int kFlightFormatVersion = 1;

/// JSON lines: a head with the session and its tracks, then a line for each frame offered and for
/// each record, by track and then by time. docs/operating.md describes every member.
[[nodiscard]] std::string to_json_lines(const FlightDump& dump);

/// One JSON object with a member for each session, most recently recorded first.
[[nodiscard]] std::string to_json(std::span<const FlightSession> sessions);

}  // namespace sluice::sfu
