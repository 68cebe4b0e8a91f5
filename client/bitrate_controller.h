#pragma once

#include <cstdint>
#include <optional>

#include "media/time.h"

namespace sluice::client {

/// Chooses an encoder's bitrate from how its uplink fares.
///
/// Thinning helps at once but costs smoothness, so it is followed by a lower bitrate; the way back
/// up is slow, since each step up may bring the queue back.
class BitrateController {
 public:
  /// `target_bps` is what the user wants, and never exceeded.
  explicit BitrateController(std::uint32_t target_bps);
  /// The user wants something else. What had all that was wanted before has so now too; what was
  /// held down by its link comes up from there.
  void set_target(std::uint32_t target_bps);

  struct Observation {
    bool left_out = false;             ///< frames were left out since the last observation
    media::Duration queueing_delay{};  ///< on the way to the server
    std::optional<double> link_bytes_per_second;
  };

  /// Learns; call every 100 ms or so. Gives a bitrate when it should change.
  [[nodiscard]] std::optional<std::uint32_t> observe(const Observation& observation,
                                                     media::Time now);

  [[nodiscard]] std::uint32_t bitrate_bps() const { return bitrate_bps_; }

 private:
  static constexpr media::Duration kDelayMax = std::chrono::milliseconds{100};
  static constexpr media::Duration kStepDown = std::chrono::milliseconds{500};
  static constexpr media::Duration kStepUp = std::chrono::seconds{1};
  static constexpr media::Duration kProven = std::chrono::seconds{3};

  std::uint32_t target_bps_ = 0;
  std::uint32_t floor_bps_ = 0;
  std::uint32_t bitrate_bps_ = 0;
  std::optional<media::Time> last_trouble_;
  std::optional<media::Time> last_change_;
};

}  // namespace sluice::client
