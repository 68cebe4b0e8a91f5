#include "client/bitrate_controller.h"

#include <algorithm>

namespace sluice::client {
namespace {

// Under this no picture of a face is worth looking at; above a tenth the encoder's pattern holds.
constexpr std::uint32_t kLeastBps = 50'000;
constexpr double kDown = 0.8;
constexpr double kUp = 1.08;
// Of what the link carries: audio and the way back to an empty queue need the rest.
constexpr double kShareOfLink = 0.8;

}  // namespace

BitrateController::BitrateController(std::uint32_t target_bps) { set_target(target_bps); }

void BitrateController::set_target(std::uint32_t target_bps) {
  const bool had_all = bitrate_bps_ >= target_bps_;
  target_bps_ = target_bps;
  floor_bps_ = std::min(target_bps, std::max(kLeastBps, target_bps / 10));
  bitrate_bps_ = had_all ? target_bps : std::clamp(bitrate_bps_, floor_bps_, target_bps);
}

std::optional<std::uint32_t> BitrateController::observe(const Observation& observation,
                                                        media::Time now) {
  const bool trouble = observation.left_out || observation.queueing_delay > kDelayMax;
  if (trouble) last_trouble_ = now;
  std::uint32_t wanted = bitrate_bps_;
  if (trouble) {
    if (last_change_ && now - *last_change_ < kStepDown) return std::nullopt;
    double lower = bitrate_bps_ * kDown;
    if (observation.link_bytes_per_second) {
      lower = std::min(lower, *observation.link_bytes_per_second * 8 * kShareOfLink);
    }
    wanted = static_cast<std::uint32_t>(std::max<double>(lower, floor_bps_));
  } else if (bitrate_bps_ < target_bps_) {
    if (last_trouble_ && now - *last_trouble_ < kProven) return std::nullopt;
    if (last_change_ && now - *last_change_ < kStepUp) return std::nullopt;
    wanted = static_cast<std::uint32_t>(std::min<double>(bitrate_bps_ * kUp, target_bps_));
  }
  if (wanted == bitrate_bps_) return std::nullopt;
  bitrate_bps_ = wanted;
  last_change_ = now;
  return wanted;
}

}  // namespace sluice::client
