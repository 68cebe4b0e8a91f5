#include "client/simulcast_plan.h"

#include <algorithm>

#include "media/invariant.h"

namespace sluice::client {
namespace {

constexpr int kTwoFrom = 360;
constexpr int kThreeFrom = 720;
// A picture of a quarter of the pixels has relatively more detail in each.
constexpr double kSmallerShare = 0.3;
// Below half of its bitrate an encoding looks worse than the next smaller one scaled up; one that
// was turned off needs a keyframe to return, so it waits until there is clearly room.
constexpr double kOffBelow = 0.5;
constexpr double kOnAbove = 0.7;

}  // namespace

int encodings_for(int height) { return height >= kThreeFrom ? 3 : height >= kTwoFrom ? 2 : 1; }

std::vector<PlannedEncoding> plan_encodings(int width, int height, int count,
                                            std::uint32_t bitrate_bps) {
  invariant(count >= 1 && count <= 3, "a camera has one to three encodings");
  std::vector<PlannedEncoding> plan;
  for (int index = 0; index < count; ++index) {
    plan.push_back({.width = width, .height = height, .bitrate_bps = bitrate_bps});
    width = (width + 1) / 2;
    height = (height + 1) / 2;
    bitrate_bps = static_cast<std::uint32_t>(bitrate_bps * kSmallerShare);
  }
  std::ranges::reverse(plan);
  return plan;
}

SimulcastBudget::SimulcastBudget(const std::vector<PlannedEncoding>& plan) {
  invariant(!plan.empty(), "a camera has an encoding");
  for (const PlannedEncoding& encoding : plan) nominal_.push_back(encoding.bitrate_bps);
  on_.assign(nominal_.size(), true);
}

std::uint32_t SimulcastBudget::full_bps(const std::vector<bool>& wanted) const {
  std::uint32_t sum = 0;
  for (std::size_t index = 0; index < nominal_.size(); ++index) {
    if (wanted[index]) sum += nominal_[index];
  }
  return sum;
}

std::vector<std::uint32_t> SimulcastBudget::divide(const std::vector<bool>& wanted,
                                                   std::uint32_t total_bps) {
  std::vector<std::uint32_t> shares(nominal_.size(), 0);
  std::uint32_t left = total_bps;
  bool first = true;
  for (std::size_t index = 0; index < nominal_.size(); ++index) {
    if (!wanted[index]) continue;
    const double least = nominal_[index] * (on_[index] ? kOffBelow : kOnAbove);
    // Something is always sent: the smallest makes do with whatever there is.
    on_[index] = first || left >= least;
    first = false;
    if (!on_[index]) {
      // What is larger than one that does not fit, does not fit either.
      for (std::size_t rest = index; rest < nominal_.size(); ++rest) on_[rest] = false;
      break;
    }
    shares[index] = std::min(left, nominal_[index]);
    left -= shares[index];
  }
  return shares;
}

}  // namespace sluice::client
